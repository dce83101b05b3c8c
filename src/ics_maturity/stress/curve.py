"""Many analyses of one question at once: their slopes, and what they say together.

Every analysis here ends in a weighted regression of system scores on rural share, so all of
them are columns of three matrices (scores, weights, rural shares), and an exchange of the systems'
labels, the same one for all analyses, costs a few products of these. The analyses share their
data, so that no p-value of a single one, nor their number, says anything by itself: only
against what the same set of analyses gives under exchanged labels.

Source: Simonsohn, Simmons & Nelson 2020, Nature Human Behaviour 4:1208-1214.
"""

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import special

from ics_maturity.models.design import FloatArray, IntArray
from ics_maturity.stress.specifications import Family

ALPHA = 0.05
_BLOCK = 400  # analyses worked out together: more of them leave the processor's cache


@dataclass(frozen=True, eq=False)
class Analyses:
    """S analyses of G systems, a column each.

    ``scores`` and ``weights`` (G, S), weight 0 where an analysis has no score; ``rural`` (G, D)
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
        """Rural share (G, S) that each analysis takes, after an exchange of labels."""
        rural = self.rural if order is None else self.rural[order]
        return np.take(rural, self.definition, axis=1)

    @cached_property
    def blocks(self) -> list["Analyses"]:
        """The same, some analyses at a time."""
        cuts = [slice(at, at + _BLOCK) for at in range(0, self.definition.size, _BLOCK)]
        return [
            replace(self, scores=self.scores[:, cut].copy(), weights=self.weights[:, cut].copy(),
                    definition=self.definition[cut], robust=self.robust[cut])
            for cut in cuts
        ]  # fmt: skip

    # What no exchange of labels changes.

    @cached_property
    def parts(self) -> FloatArray:
        """Weights (G, S) as parts of the sum of an analysis' weights."""
        return np.asarray(self.weights / self.weights.sum(axis=0))

    @cached_property
    def centred(self) -> FloatArray:
        """Scores (G, S) less the mean of their analysis."""
        return np.asarray(self.scores - np.sum(self.parts * self.scores, axis=0))

    @cached_property
    def df(self) -> FloatArray:
        """Degrees of freedom (S,)."""
        return np.asarray(np.sum(self.weights > 0, axis=0) - 2.0)


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
    found = [_slopes(block, order) for block in analyses.blocks]
    return Slopes(*(np.concatenate([getattr(one, field.name) for one in found])
                    for field in fields(Slopes)))  # fmt: skip


def _slopes(analyses: Analyses, order: IntArray | None) -> Slopes:
    w, x, dy, df = analyses.weights, analyses.shares(order), analyses.centred, analyses.df
    dx = x - np.sum(analyses.parts * x, axis=0)
    pull = w * dx
    squares = pull * dx
    spread = squares.sum(axis=0)
    estimate = np.sum(pull * dy, axis=0) / spread
    residual = dy - estimate * dx
    of_model = np.sum(w * residual**2, axis=0) / df / spread
    leverage = analyses.parts + squares / spread
    hc3 = np.sum((pull * residual / (1 - leverage)) ** 2, axis=0) / spread**2
    se = np.sqrt(np.where(analyses.robust, hc3, of_model))
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
    systems = len(analyses.rural)
    null = np.array([
        _summary(slopes(analyses, rng.permutation(systems)), analyses.predicted)
        for _ in range(draws)
    ])  # fmt: skip
    two_sided = np.array([True, False, True])
    far = np.where(two_sided, np.abs(null), null)
    seen = np.where(two_sided, np.abs(observed), observed)
    p = (1 + np.sum(far >= seen - 1e-12, axis=0)) / (draws + 1)
    return Together(observed[0], p[0], observed[1], p[1], observed[2], p[2],
                    analyses.definition.size, draws)  # fmt: skip


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
