"""How scores differ between care settings, and between providers of different types.

Care settings answer different instruments, and many providers return several near-identical
assessments. So a difference between settings is split into what providers with both settings
report (within) and how providers with different settings differ (between), and tests treat the
provider, not the return, as the unit.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ics_maturity.models.design import group_codes, group_sums, indicators, vector, with_intercept
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.inference import cr2
from ics_maturity.models.permutation import PermutationTest, freedman_lane


@dataclass(frozen=True)
class SettingDifferences:
    """Differences from the reference setting, by setting, in score units.

    ``within`` compares returns of the same provider; ``between`` compares providers that
    return only the setting with providers that return only the reference. ``mixed`` counts the
    providers that return the setting beside another one: ``within`` rests on them alone, and
    holds only settings with at least two.
    """

    reference: str
    within: dict[str, Coefficient]
    between: dict[str, Coefficient]
    mixed: dict[str, int]


def setting_differences(
    scores: ArrayLike,
    settings: ArrayLike,
    providers: ArrayLike,
    reference: str = "acute",
    clusters: ArrayLike | None = None,
) -> SettingDifferences:
    """Within- and between-provider differences of care settings, one row per return.

    Each setting's indicator enters twice: as the provider's share of returns in that setting,
    and as the deviation from that share. Errors are CR2, clustered by provider unless
    ``clusters`` names others. With one setting only there is nothing to compare.

    Source: Mundlak 1978, Econometrica 46:69-85.
    """
    response = vector(scores, "scores")
    names = np.unique(np.asarray(settings))
    membership = indicators(np.asarray(settings), reference=reference)
    others = [str(name) for name in names if name != reference]
    if not others:
        return SettingDifferences(reference, {}, {}, {})
    labels, codes = group_codes(np.asarray(providers), response.size)
    sizes = np.bincount(codes)
    share = (group_sums(membership, codes, len(labels)) / sizes[:, None])[codes]
    deviation = membership - share
    varies = np.abs(deviation).max(axis=0) > 0
    partly = (share > 0) & (share < 1)
    mixed = [np.unique(codes[column]).size for column in partly.T]
    fit = cr2(
        response,
        with_intercept(share, deviation[:, varies]),
        codes if clusters is None else clusters,
    )
    moving = [name for name, some in zip(others, varies, strict=True) if some]
    return SettingDifferences(
        reference=reference,
        between=dict(zip(others, fit[1 : 1 + len(others)], strict=True)),
        within={
            name: coefficient
            for name, coefficient in zip(moving, fit[1 + len(others) :], strict=True)
            if mixed[others.index(name)] >= 2
        },
        mixed=dict(zip(others, mixed, strict=True)),
    )


def provider_types(
    settings: ArrayLike, providers: ArrayLike, smallest: int = 5, pooled: str = "other combination"
) -> pd.Series:
    """Type of each provider: the settings it returns, joined by ``+`` in alphabetical order.

    Types with fewer than ``smallest`` providers become ``pooled``. Index: provider, sorted.
    """
    frame = pd.DataFrame({"provider": np.asarray(providers), "setting": np.asarray(settings)})
    types = frame.groupby("provider")["setting"].agg(lambda s: "+".join(sorted(set(s))))
    rare = types.map(types.value_counts()) < smallest
    return types.mask(rare, pooled).rename("type")


def type_test(
    scores: ArrayLike,
    types: ArrayLike,
    ics: ArrayLike,
    rng: np.random.Generator,
    draws: int = 9_999,
) -> PermutationTest:
    """Do provider types differ inside Integrated Care Systems? One row per provider.

    System means are held in place and residuals permuted within systems, so differences
    between systems cannot pose as differences between types. With providers of one type only no
    permutation differs from what was observed, and p is 1.

    Source: :func:`~ics_maturity.models.permutation.freedman_lane`.
    """
    systems = np.asarray(ics)
    if np.unique(np.asarray(types)).size == 1:
        return PermutationTest(0.0, (0, 0), 1.0, 0)
    return freedman_lane(
        scores,
        indicators(np.asarray(types))[:, 1:],
        indicators(systems),
        rng,
        blocks=systems,
        draws=draws,
    )
