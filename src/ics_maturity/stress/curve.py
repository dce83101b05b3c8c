"""Many analyses of one question at once: their slopes, and what they say together.

Every analysis here ends in a weighted regression of system scores on rural share, so all of
them are rows of three matrices (scores, weights, rural shares), and an exchange of the systems'
labels, the same one for all analyses, costs a few products of these. The analyses share their
data, so that no p-value of a single one, nor their number, says anything by itself: only
against what the same set of analyses gives under exchanged labels.

Source: Simonsohn, Simmons & Nelson 2020, Nature Human Behaviour 4:1208-1214.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import special

from ics_maturity.models.design import FloatArray, IntArray
from ics_maturity.stress.specifications import Family

ALPHA = 0.05


@dataclass(frozen=True, eq=False)
class Analyses:
    """S analyses of G systems.

    ``scores`` and ``weights`` (S, G), weight 0 where an analysis has no score; ``rural`` (D, G)
    shares by definition and ``definition`` (S,) which one an analysis takes; ``robust`` (S,)
    whether its errors are HC3 (else the model's); ``predicted`` the sign foretold, or 0.
    """

    scores: FloatArray
    weights: FloatArray
    rural: FloatArray
    definition: IntArray
    robust: np.ndarray
    predicted: int

    def shares(self, order: IntArray | None = None) -> FloatArray:
        """Rural share (S, G) that each analysis takes, after an exchange of labels."""
        rural = self.rural if order is None else self.rural[:, order]
        return rural[self.definition]

    # What no exchange of labels changes.

    @cached_property
    def total(self) -> FloatArray:
        """Sum of an analysis' weights (S, 1)."""
        return np.asarray(self.weights.sum(axis=1, keepdims=True))

    @cached_property
    def centred(self) -> FloatArray:
        """Scores (S, G) less the mean of their analysis."""
        sums = (self.weights * self.scores).sum(axis=1, keepdims=True)
        return np.asarray(self.scores - sums / self.total)

    @cached_property
    def df(self) -> FloatArray:
        """Degrees of freedom (S,)."""
        return np.asarray((self.weights > 0).sum(axis=1) - 2.0)


@dataclass(frozen=True)
class Slopes:
    """Slope, standard error, degrees of freedom and two-sided p of each analysis, all (S,)."""

    estimate: FloatArray
    se: FloatArray
    df: FloatArray
    p: FloatArray

    @property
    def interval(self) -> tuple[FloatArray, FloatArray]:
        half = special.stdtrit(self.df, 1 - ALPHA / 2) * self.se
        return self.estimate - half, self.estimate + half


def slopes(analyses: Analyses, order: IntArray | None = None) -> Slopes:
    """The slope of every analysis, optionally with the systems' labels exchanged.

    The model's errors are those of weighted least squares; HC3 as in MacKinnon & White 1985.
    """
    w, x, dy, df = analyses.weights, analyses.shares(order), analyses.centred, analyses.df
    dx = x - (w * x).sum(axis=1, keepdims=True) / analyses.total
    pull = w * dx
    spread = np.einsum("sg,sg->s", pull, dx)
    estimate = np.einsum("sg,sg->s", pull, dy) / spread
    residual = dy - estimate[:, None] * dx
    variance = np.einsum("sg,sg,sg->s", w, residual, residual) / df / spread
    hc = analyses.robust
    if hc.any():
        own = w[hc] / analyses.total[hc] + pull[hc] * dx[hc] / spread[hc, None]
        part = pull[hc] * residual[hc] / (1 - own)
        variance[hc] = np.einsum("sg,sg->s", part, part) / spread[hc] ** 2
    se = np.sqrt(variance)
    return Slopes(estimate, se, df, 2 * special.stdtr(df, -np.abs(estimate) / se))


@dataclass(frozen=True)
class Together:
    """What the analyses say as a set, with p-values under exchanged labels.

    ``median``: of their slopes. ``share``: of them significant in the foretold direction (in
    either, where none is foretold). ``stouffer``: sum of signed z over the root of their number.
    The p of median and Stouffer are two-sided, that of the share one-sided.
    """

    median: float
    median_p: float
    share: float
    share_p: float
    stouffer: float
    stouffer_p: float
    analyses: int
    draws: int


def together(analyses: Analyses, rng: np.random.Generator, draws: int) -> Together:
    """All analyses at once against ``draws`` exchanges of the systems' labels.

    Rural shares move from system to system as wholes, every definition with them, while scores
    and weights stay: the null hypothesis is that the shares are unrelated to both.
    """
    observed = _summary(slopes(analyses), analyses.predicted)
    systems = analyses.rural.shape[1]
    null = np.array([
        _summary(slopes(analyses, rng.permutation(systems)), analyses.predicted)
        for _ in range(draws)
    ])  # fmt: skip
    two_sided = np.array([True, False, True])
    far = np.where(two_sided, np.abs(null), null)
    seen = np.where(two_sided, np.abs(observed), observed)
    p = (1 + np.sum(far >= seen - 1e-12, axis=0)) / (draws + 1)
    return Together(observed[0], p[0], observed[1], p[1], observed[2], p[2],
                    len(analyses.scores), draws)  # fmt: skip


def _summary(found: Slopes, predicted: int) -> FloatArray:
    """Median, share significant as foretold, Stouffer's z."""
    significant = found.p <= ALPHA
    if predicted:
        significant &= np.sign(found.estimate) == predicted
    z = np.sign(found.estimate) * -special.ndtri(np.maximum(found.p, 1e-300) / 2)
    return np.array([np.median(found.estimate), significant.mean(), z.sum() / np.sqrt(z.size)])


def curve_table(choices: pd.DataFrame, found: Slopes) -> pd.DataFrame:
    """One row per analysis, smallest slope first: place, its choices, estimate, low, high, p."""
    low, high = found.interval
    table = choices.assign(estimate=found.estimate, low=low, high=high, p=found.p)
    table = table.sort_values(["estimate", *choices.columns], kind="stable", ignore_index=True)
    table.insert(0, "place", np.arange(1, len(table) + 1))
    return table


def by_option(table: pd.DataFrame, family: Family) -> pd.DataFrame:
    """How much each choice moves the result, one row per option that occurs.

    Returns:
        choice, option, analyses, median, lowest, highest, significant (share).
    """
    rows = []
    for choice in family.choice:
        for option in choice.options:
            own = table[table[choice.id] == option.id]
            if len(own):
                e = own["estimate"]
                rows.append((choice.words, option.words, len(own), e.median(), e.min(), e.max(),
                             (own["p"] <= ALPHA).mean()))  # fmt: skip
    names = ["choice", "option", "analyses", "median", "lowest", "highest", "significant"]
    return pd.DataFrame(rows, columns=names)
