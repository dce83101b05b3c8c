"""Variance components of the random-intercept model, exactly, and guarded.

The exact fit stands beside statsmodels' because a general-purpose optimiser can stop away
from the optimum and still say that it converged; two independent answers that agree are the
guard against both kinds of mistake.
"""

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ics_maturity.models.design import (
    FloatArray,
    columns,
    full_rank,
    group_codes,
    group_sums,
    vector,
)
from ics_maturity.models.estimate import Coefficient, t_coefficient
from ics_maturity.models.spectral import group_spectrum


@dataclass(frozen=True)
class RandomIntercept:
    """Fit of y = X b + u_group + e by restricted maximum likelihood.

    Variances are in squared units of the response. Per group, in the order of ``groups``:
    ``blup`` is the predicted effect u, ``blup_variance`` its variance given the coefficients
    (lme4's ``postVar``), ``prediction_variance`` the same with the uncertainty of the
    coefficients added. Both take tau2 as known, which is too sure where tau2 is small.
    """

    beta: FloatArray
    covariance: FloatArray
    tau2: float
    sigma2: float
    log_likelihood: float
    groups: NDArray
    group_sizes: FloatArray
    blup: FloatArray
    blup_variance: FloatArray
    prediction_variance: FloatArray
    n: int

    @property
    def se(self) -> FloatArray:
        """Standard errors of ``beta``."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def icc(self) -> float:
        """Share of the variance that lies between groups, 0 to 1."""
        return self.tau2 / (self.tau2 + self.sigma2)

    @property
    def reml_criterion(self) -> float:
        """-2 times the restricted log likelihood."""
        return -2 * self.log_likelihood


class Disagreement(Exception):  # noqa: N818 - the word the report uses for it
    """The exact fit and statsmodels' fit of the same model differ; both are held here."""

    def __init__(self, exact: RandomIntercept, library: dict[str, Any], largest: float) -> None:
        self.exact = exact
        self.library = library
        super().__init__(
            "two fits of the random-intercept model disagree (largest relative difference "
            f"{largest:.2g}). Exact: tau2 {exact.tau2:.6g}, sigma2 {exact.sigma2:.6g}, "
            f"coefficients {exact.beta.tolist()}. statsmodels: {library}. "
            "Do not report either until the cause is known."
        )


def random_intercept(y: ArrayLike, X: ArrayLike, groups: ArrayLike) -> RandomIntercept:
    """Exact REML fit, unbalanced groups allowed, tau2 = 0 included as a possible answer.

    Args:
        y: responses (n,).
        X: design matrix (n, p), with its intercept column.
        groups: group label per row (n,).

    Raises:
        ValueError: for values that are not finite, a dependent design, or groups that leave
            nothing to estimate.

    Source: Patterson & Thompson 1971, Biometrika 58:545-554; predictions after Henderson
    1975, Biometrics 31:423-447.
    """
    response = vector(y, "response")
    design = full_rank(X, response.size)
    names, codes = group_codes(np.asarray(groups), response.size)
    spectrum = group_spectrum(response[:, None], design, codes, len(names))
    profile = spectrum.reml()
    ratio = profile.best_ratio()
    lam = float(ratio[0])
    df = spectrum.df
    sigma2 = float(profile.residual_ss(ratio)[0]) / df
    beta, unscaled = spectrum.gls(ratio)
    covariance = sigma2 * unscaled[0]
    log_determinant = float(np.log1p(spectrum.eigenvalues * lam).sum()) + spectrum.log_det_xx
    shrunk = lam / (1 + lam * spectrum.weights)
    design_sums = group_sums(design, codes, len(names)) * shrunk[:, None]
    return RandomIntercept(
        beta=beta[0],
        covariance=covariance,
        tau2=lam * sigma2,
        sigma2=sigma2,
        log_likelihood=-0.5 * (df * (math.log(2 * math.pi * sigma2) + 1) + log_determinant),
        groups=names,
        group_sizes=spectrum.weights,
        blup=shrunk * group_sums(response - design @ beta[0], codes, len(names)),
        blup_variance=sigma2 * shrunk,
        prediction_variance=sigma2 * shrunk
        + np.einsum("gp,pq,gq->g", design_sums, covariance, design_sums),
        n=response.size,
    )


@dataclass(frozen=True)
class ManyFits:
    """REML fits of B responses that share one design: arrays (B, p) and (B,)."""

    beta: FloatArray
    se: FloatArray
    tau2: FloatArray
    sigma2: FloatArray


def random_intercept_many(Y: ArrayLike, X: ArrayLike, groups: ArrayLike) -> ManyFits:
    """The fit of :func:`random_intercept` for every column of ``Y`` (n, B) at once.

    For simulations: 2,000 responses take less than a second.
    """
    array = np.asarray(Y)
    responses = columns(array, "responses", array.shape[0])
    design = full_rank(X, responses.shape[0])
    names, codes = group_codes(np.asarray(groups), responses.shape[0])
    spectrum = group_spectrum(responses, design, codes, len(names))
    profile = spectrum.reml()
    ratio = profile.best_ratio()
    sigma2 = profile.residual_ss(ratio) / spectrum.df
    beta, unscaled = spectrum.gls(ratio)
    variances = np.diagonal(unscaled, axis1=1, axis2=2) * sigma2[:, None]
    return ManyFits(beta=beta, se=np.sqrt(variances), tau2=ratio * sigma2, sigma2=sigma2)


def group_level_coefficient(
    fit: RandomIntercept, position: int, level: float = 0.95, group_columns: int = 2
) -> Coefficient:
    """Coefficient of a covariate that is constant within groups: t with G - 2 df.

    ``group_columns`` counts the columns of X that are constant within groups (the intercept
    and the covariate itself): they are what the G group means have to pay for.

    Source: the between-within rule, Pinheiro & Bates 2000, Mixed-Effects Models, section 2.4.2.
    """
    return t_coefficient(
        "REML, t(G-2)" if group_columns == 2 else f"REML, t(G-{group_columns})",
        float(fit.beta[position]),
        float(fit.se[position]),
        fit.groups.size - group_columns,
        level,
    )


def guarded(
    y: ArrayLike, X: ArrayLike, groups: ArrayLike, tolerance: float = 1e-4
) -> RandomIntercept:
    """The exact fit, returned only if statsmodels' fit of the same model agrees with it.

    ``tolerance`` bounds the difference of the two variances relative to the total variance
    and of each coefficient relative to its standard error. Powell's search is the statsmodels
    method that reaches the optimum reliably; it stops within about 1e-6 of it, and a wrong
    optimum is off by far more than 1e-4. Standard errors are not compared: statsmodels takes
    them from the curvature in all parameters together, lme4 and the exact fit from the
    generalised least squares formula, and these differ a little in unbalanced data.

    Raises:
        Disagreement: with both answers.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM

    exact = random_intercept(y, X, groups)
    with warnings.catch_warnings():
        # Agreement is checked below; the library's own warnings about the boundary say less.
        warnings.simplefilter("ignore")
        model = MixedLM(np.asarray(y, float), np.asarray(X, float), groups=np.asarray(groups))
        result = model.fit(reml=True, method=["powell"], xtol=1e-10, ftol=1e-12)
    library = {
        "tau2": float(np.asarray(result.cov_re)[0, 0]),
        "sigma2": float(result.scale),
        "beta": np.asarray(result.fe_params, float).tolist(),
    }
    spread = exact.tau2 + exact.sigma2
    differences = [
        abs(library["tau2"] - exact.tau2) / spread,
        abs(library["sigma2"] - exact.sigma2) / spread,
        *(np.abs(np.array(library["beta"]) - exact.beta) / exact.se),
    ]
    largest = float(np.max(differences))
    if not largest <= tolerance:
        raise Disagreement(exact, library, largest)
    return exact


def rankability(tau2: float, sampling_variances: ArrayLike) -> float:
    """Share of the spread of group estimates that is not noise, 0 to 1.

    tau2 / (tau2 + median sampling variance of the groups' estimates). Unlike the ICC it
    depends on how many providers each group has.

    Source: van Houwelingen, Brand & Louis 2000; Lingsma et al. 2010, QJM 103:99-108.
    """
    variances = vector(sampling_variances, "sampling variances")
    if tau2 < 0 or np.any(variances <= 0):
        raise ValueError("rankability: variances must be positive, tau2 not negative")
    return float(tau2 / (tau2 + np.median(variances)))
