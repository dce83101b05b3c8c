"""One coefficient with the uncertainty that its method claims for it."""

from dataclasses import dataclass

from scipy.special import stdtr, stdtrit


@dataclass(frozen=True)
class Coefficient:
    """An estimate, its standard error, and the test of zero and interval that go with it.

    Units are those of the response per unit of the covariate. ``df`` is infinite where the
    method refers to the normal distribution. ``low`` and ``high`` bound the interval at
    ``level``.
    """

    method: str
    estimate: float
    se: float
    df: float
    statistic: float
    p: float
    low: float
    high: float
    level: float = 0.95


def t_coefficient(
    method: str, estimate: float, se: float, df: float, level: float = 0.95
) -> Coefficient:
    """Coefficient tested and bounded by Student's t with ``df`` degrees of freedom.

    ``df`` may be infinite (normal distribution). The distribution functions are called as scipy's
    ``stats.t`` calls them; making that distribution first would take a hundred times as long.

    Raises:
        ValueError: when ``se`` or ``df`` is not positive.
    """
    if not se > 0:
        raise ValueError(f"{method}: the standard error is {se}; nothing varies to test against")
    if not df > 0:
        raise ValueError(f"{method}: {df} degrees of freedom; too few groups for this test")
    statistic = estimate / se
    half = float(stdtrit(df, 0.5 + level / 2)) * se
    return Coefficient(
        method=method,
        estimate=float(estimate),
        se=float(se),
        df=float(df),
        statistic=float(statistic),
        p=float(2 * stdtr(df, -abs(statistic))),
        low=float(estimate - half),
        high=float(estimate + half),
        level=level,
    )


def undecided(method: str, estimate: float) -> Coefficient:
    """Coefficient whose error cannot be known: everything but the estimate is nan."""
    nan = float("nan")
    return Coefficient(method, float(estimate), nan, nan, nan, nan, nan, nan)
