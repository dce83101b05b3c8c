"""Do probabilities keep their word: of what is given 70 to 80%, does that share come true?"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

_FEWEST = 2  # worlds with a case, for a standard error


def reliability(probabilities: ArrayLike, happened: ArrayLike, bins: int = 10) -> pd.DataFrame:
    """Stated probabilities against what came true, in bins of equal width.

    Cases of one world are not independent (there are only so many places), so the standard error
    takes whole worlds as the unit.

    Args:
        probabilities, happened: (worlds, cases); ``happened`` is true or false.
        bins: how many; bins without cases are left out.

    Returns:
        low, high (ends of the bin), cases, stated (mean probability), happened (share), se (Monte
        Carlo standard error of happened less stated; missing with cases of one world only).

    Source: Murphy & Winkler 1977, Applied Statistics 26:41-47.
    """
    p, truth = np.asarray(probabilities, np.float64), np.asarray(happened, np.float64)
    if p.shape != truth.shape or p.ndim != 2:
        raise ValueError(f"reliability: shapes {p.shape} and {truth.shape} are not worlds by cases")
    which = np.minimum((p * bins).astype(np.int64), bins - 1)
    rows = []
    for number in np.unique(which):
        inside = which == number
        cases = int(inside.sum())
        gaps = np.where(inside, truth - p, 0.0)
        clustered = np.sqrt(np.sum((gaps.sum(axis=1) - gaps.sum() / len(p)) ** 2)) / cases
        enough = inside.any(axis=1).sum() >= _FEWEST
        rows.append((number / bins, (number + 1) / bins, cases, p[inside].mean(),
                     truth[inside].mean(), clustered if enough else np.nan))  # fmt: skip
    return pd.DataFrame(rows, columns=["low", "high", "cases", "stated", "happened", "se"])
