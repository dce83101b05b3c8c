"""Equal but for rounding error: what is put in order must not depend on a processor's last digit.

Means of the same numbers, summed another way, differ in their last digit, and which way a processor
sums is its own affair.
"""

import numpy as np
from numpy.typing import ArrayLike

from ics_maturity.models.design import FloatArray

_DIGITS = 10  # after the point; scores go to 5 or to 100, so four or more are left for the error


def join_ties(values: ArrayLike) -> FloatArray:
    """Scores, of any shape, with those made equal that differ by rounding error alone."""
    return np.asarray(values, np.float64).round(_DIGITS) + 0.0  # and minus nought is nought
