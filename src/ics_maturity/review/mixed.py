"""Mean shift by two models: the paired mean, and a mixed model that keeps everybody.

The paired mean uses organisations that have both scores and lets changes go together within a
system. The mixed model has intercepts for organisations and systems and also uses those that have
one score only; it takes changes as independent within a system. They answer the same question, so
that a difference between them shows what the choice is worth.
"""

import pandas as pd

from ics_maturity import comparison, frames
from ics_maturity.comparison import Linked
from ics_maturity.models.estimate import Coefficient
from ics_maturity.models.shift import mixed_shift, paired_shift
from ics_maturity.page import Page
from ics_maturity.review.repeats import Repeat

_COLUMNS = ["before", "after", "compared", "unit", "model", "n", "shift", "low", "high"]


def shift_models(page: Page, same: list[Repeat], pairs: list[Linked]) -> pd.DataFrame:
    """Shift of every pair of rounds by both models.

    Args:
        page: gives the processed tables.
        same: rounds of one instrument.
        pairs: linked instruments, percent of maximum.

    Returns:
        before, after, compared, unit, model, n (organisations), shift, low, high (95%; CR2 by
        system for the paired mean, t for the mixed model).
    """
    rows: list[tuple] = []
    for repeat in same:
        rows += _both(repeat, repeat.words, repeat.unit, repeat.frame["before"], repeat.frame,
                      _one_round_only(page, repeat))  # fmt: skip
    for pair in pairs:
        later = comparison.later_scores(page.read("returns"), pair.after)
        lone = later[~later["provider_code"].isin(pair.frame["provider_code"])]
        rows += _both(pair, "two instruments, linked", "points of 100", pair.frame["mean"],
                      pair.frame, lone.assign(later=1.0))  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _one_round_only(page: Page, repeat: Repeat) -> pd.DataFrame:
    """Providers with a score in one of the two rounds: provider_code, ics_code, score, later."""
    columns = ["provider_code", "ics_code", "score", "later"]
    if "provider_code" not in repeat.frame:
        return pd.DataFrame(columns=columns)
    returns, none = page.read("returns"), pd.Series(dtype=float)
    parts = []
    for year, later in ((repeat.before, 0.0), (repeat.after, 1.0)):
        one = frames.analysis_round(returns, frames.comparable_domains(year), none).providers
        parts.append(one.assign(later=later)[columns])
    everyone = pd.concat(parts, ignore_index=True)
    return everyone[~everyone["provider_code"].isin(repeat.frame["provider_code"])]


def _both(
    pair: Repeat | Linked,
    compared: str,
    unit: str,
    before: pd.Series,
    frame: pd.DataFrame,
    lone: pd.DataFrame,
) -> list[tuple]:
    paired = paired_shift(before, frame["after"], frame["ics_code"])
    mixed, n = _mixed(before, frame, lone)
    about = (pair.before, pair.after, compared, unit)
    return [
        (*about, "paired mean, CR2 by system", paired.n, *_numbers(paired.change)),
        (*about, "mixed, organisation and system intercepts", n, *_numbers(mixed)),
    ]


def _mixed(before: pd.Series, frame: pd.DataFrame, lone: pd.DataFrame) -> tuple[Coefficient, int]:
    name = "provider_code" if "provider_code" in frame else "organisation"
    known = frame[[name, "ics_code"]].set_axis(["provider_code", "ics_code"], axis=1)
    long = pd.concat(
        [
            known.assign(score=before, later=0.0),
            known.assign(score=frame["after"], later=1.0),
            lone[["provider_code", "ics_code", "score", "later"]],
        ],
        ignore_index=True,
    )
    fit = mixed_shift(
        long["score"].astype(float),
        long["later"].astype(float),
        long["provider_code"].to_numpy(dtype=object),
        long["ics_code"].to_numpy(dtype=object),
    )
    return fit, long["provider_code"].nunique()


def _numbers(found: Coefficient) -> tuple[float, float, float]:
    return found.estimate, found.low, found.high
