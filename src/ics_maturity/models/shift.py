"""Mean shift between two rounds of the same organisations, with systems as clusters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ics_maturity.models.design import FloatArray, IntArray, vector, with_intercept
from ics_maturity.models.estimate import Coefficient, t_coefficient
from ics_maturity.models.inference import cr2
from ics_maturity.models.nested import nested_components
from ics_maturity.models.pairs import Clusters, cluster_codes, paired


@dataclass(frozen=True)
class Shift:
    """Mean of after less before, in the scores' units.

    change: estimate, CR2 standard error and t-interval with Satterthwaite degrees of freedom;
    sd_change and sd_before: between organisations (n - 1); n: organisations; systems: ICSs.
    """

    change: Coefficient
    sd_change: float
    sd_before: float
    n: int
    systems: int


def paired_shift(before: ArrayLike, after: ArrayLike, ics: Clusters) -> Shift:
    """Mean paired change with a cluster-robust interval; the primary estimate.

    The mean over organisations of their change, with CR2 by ICS: Bell and McCaffrey (2002),
    Survey Methodology 28, 169-181; Pustejovsky and Tipton (2018). ValueError where fewer than
    two ICSs are present or nobody's change differs.
    """
    first, second = paired(before, after)
    codes = cluster_codes(ics, first.size)
    change = second - first
    return Shift(
        clustered(np.ones((change.size, 1)), change, codes, 0),
        float(change.std(ddof=1)),
        float(first.std(ddof=1)),
        change.size,
        int(codes.max()) + 1,
    )


def mixed_shift(
    score: ArrayLike, later: ArrayLike, organisation: ArrayLike, ics: ArrayLike
) -> Coefficient:
    """Shift from a mixed model with ICS and organisation intercepts, on one row per score.

    score: both rounds below each other; later: 0 or 1; organisations seen in one round only
    may stay in. Where all are seen twice the estimate is the mean paired change and its
    standard error the ordinary paired one, because intercepts cancel in a change: it takes
    changes as independent within an ICS, which paired_shift does not. Laird and Ware (1982),
    Biometrics 38, 963-974. t with (organisations seen twice - 1) degrees of freedom.
    """
    response = vector(score, "score")
    round_ = vector(later, "later", response.size)
    if set(np.unique(round_)) != {0.0, 1.0}:
        raise ValueError("later must be 0 for the earlier and 1 for the later round")
    codes = cluster_codes(np.asarray(organisation), response.size)
    seen = np.array([np.bincount(codes[round_ == r], minlength=codes.max() + 1) for r in (0, 1)])
    if seen.max() > 1:
        raise ValueError("an organisation has two scores in one round; average them first")
    fit = nested_components(response, with_intercept(round_), np.asarray(ics), codes)
    twice = int(seen.min(axis=0).sum())
    return t_coefficient("mixed", float(fit.beta[1]), float(fit.se[1]), twice - 1)


def clustered(
    design: FloatArray, response: FloatArray, codes: IntArray, column: int
) -> Coefficient:
    """Least-squares coefficient of one design column with CR2 by cluster."""
    return cr2(response, design, codes)[column]
