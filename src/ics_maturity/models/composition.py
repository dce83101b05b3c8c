"""How much of a difference in scores is composition: who is in the system, not how they score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ics_maturity.models.design import (
    FloatArray,
    columns,
    group_codes,
    group_sums,
    vector,
)


@dataclass(frozen=True)
class Kitagawa:
    """Each group's difference from the national mean, split by setting.

    ``composition`` and ``within`` have a row per group and a column per setting; their sums
    over settings add up to ``difference``.
    """

    groups: NDArray
    settings: NDArray
    difference: FloatArray
    composition: FloatArray
    within: FloatArray

    @property
    def share_of_variance(self) -> float:
        """Variance of the composition part over the variance of the group means.

        It can exceed 1 when the two parts pull in opposite directions.
        """
        return float(np.var(self.composition.sum(axis=1)) / np.var(self.difference))


@dataclass(frozen=True)
class _Cells:
    groups: NDArray
    settings: NDArray
    share: FloatArray  # (G, S), rows sum to 1
    mean: FloatArray  # (G, S), 0 in empty cells
    national_share: FloatArray  # (S,)
    national_mean: FloatArray  # (S,)


def kitagawa_reference(
    scores: ArrayLike, ics: ArrayLike, settings: ArrayLike, weights: ArrayLike | None = None
) -> Kitagawa:
    """Composition priced at national setting means; defined however many cells are empty.

    composition_js = (w_js - w_s) mu_s, within_js = w_js (y_js - mu_s). An empty cell has
    w_js = 0 and so needs no made-up score.

    Source: Kitagawa 1955, JASA 50:1168-1194, with the nation as the reference.
    """
    cells = _cells(scores, ics, settings, weights)
    composition = (cells.share - cells.national_share) * cells.national_mean
    within = cells.share * (cells.mean - cells.national_mean)
    return Kitagawa(cells.groups, cells.settings, _differences(cells), composition, within)


def kitagawa_symmetric(
    scores: ArrayLike, ics: ArrayLike, settings: ArrayLike, weights: ArrayLike | None = None
) -> Kitagawa:
    """Kitagawa's symmetric split, empty cells filled with setting mean plus group effect.

    Filling with the setting mean alone would count a good group's missing settings as
    average, and so move part of the group's effect into composition.
    """
    cells = _cells(scores, ics, settings, weights)
    effect = np.sum(cells.share * (cells.mean - cells.national_mean), axis=1)
    filled = np.where(cells.share > 0, cells.mean, cells.national_mean + effect[:, None])
    composition = (cells.share - cells.national_share) * (filled + cells.national_mean) / 2
    within = (cells.share + cells.national_share) / 2 * (filled - cells.national_mean)
    return Kitagawa(cells.groups, cells.settings, _differences(cells), composition, within)


@dataclass(frozen=True)
class OaxacaBlinder:
    """Difference of two group means, first less second, split by two regressions.

    ``explained`` and ``unexplained`` are given for either group's coefficients as the price
    and for those of a pooled regression with a group indicator. ``endowments``,
    ``coefficients`` and ``interaction`` are the threefold split.
    """

    gap: float
    explained_by_first: float
    explained_by_second: float
    explained_pooled: float
    endowments: float
    coefficients: float
    interaction: float

    def unexplained(self, explained: float) -> float:
        """What a given explained part leaves of the gap."""
        return self.gap - explained


def oaxaca_blinder(y: ArrayLike, X: ArrayLike, second: ArrayLike) -> OaxacaBlinder:
    """Split the gap between rows where ``second`` is false and rows where it is true.

    ``X`` (n, k) holds covariates without an intercept.

    Source: Jann 2008, The Stata Journal 8:453-479; computed by statsmodels.
    """
    from statsmodels.stats.oaxaca import OaxacaBlinder as Library

    response = vector(y, "response")
    group = vector(np.asarray(second, float), "group", response.size)
    covariates = columns(X, "covariates", response.size)
    design = np.column_stack([group, covariates])
    model = Library(response, design, 0, hasconst=False, swap=False)
    endowments, coefficients, interaction, gap = model.three_fold().params

    def explained(weight: float) -> float:
        fit = model.two_fold(two_fold_type="self_submitted", submitted_weight=weight)
        return float(fit.params[1])

    return OaxacaBlinder(
        gap=float(gap),
        explained_by_first=explained(1.0),
        explained_by_second=explained(0.0),
        explained_pooled=float(model.two_fold(two_fold_type="pooled").params[1]),
        endowments=float(endowments),
        coefficients=float(coefficients),
        interaction=float(interaction),
    )


def _differences(cells: _Cells) -> FloatArray:
    own = np.sum(cells.share * cells.mean, axis=1)
    return own - float(cells.national_share @ cells.national_mean)


def _cells(
    scores: ArrayLike, ics: ArrayLike, settings: ArrayLike, weights: ArrayLike | None
) -> _Cells:
    response = vector(scores, "scores")
    w = np.ones(response.size) if weights is None else vector(weights, "weights", response.size)
    groups, g = group_codes(np.asarray(ics), response.size)
    names, s = group_codes(np.asarray(settings), response.size)
    shape = (len(groups), len(names))
    cell = g * len(names) + s
    weight = group_sums(w, cell, shape[0] * shape[1]).reshape(shape)
    total = group_sums(w * response, cell, shape[0] * shape[1]).reshape(shape)
    return _Cells(
        groups=groups,
        settings=names,
        share=weight / weight.sum(axis=1, keepdims=True),
        mean=np.divide(total, weight, out=np.zeros(shape), where=weight > 0),
        national_share=weight.sum(axis=0) / weight.sum(),
        national_mean=total.sum(axis=0) / weight.sum(axis=0),
    )
