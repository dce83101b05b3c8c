"""Arrays that estimators trust: what is accepted, and what is refused in words."""

import numpy as np
import pytest

from ics_maturity.models.design import (
    full_rank,
    group_codes,
    group_sums,
    indicators,
    vector,
    with_intercept,
)
from ics_maturity.models.estimate import t_coefficient


def test_vector_names_the_first_bad_row():
    with pytest.raises(ValueError, match=r"score: 2 missing .* row 1"):
        vector([1.0, np.nan, 2.0, np.inf], "score")
    with pytest.raises(ValueError, match="one dimension"):
        vector([[1.0]], "score")
    with pytest.raises(ValueError, match="expected 3 values, found 2"):
        vector([1.0, 2.0], "score", 3)


def test_indicators_leave_out_the_reference():
    labels = ["acute", "community", "acute", "ambulance"]
    assert indicators(labels).tolist() == [[1, 0, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0]]
    assert indicators(labels, reference="acute").tolist() == [[0, 0], [0, 1], [0, 0], [1, 0]]
    with pytest.raises(ValueError, match="does not occur"):
        indicators(labels, reference="hospice")


def test_missing_labels_are_refused():
    with pytest.raises(ValueError, match="a label is missing"):
        group_codes(np.array(["a", None], dtype=object))
    with pytest.raises(ValueError, match="missing"):
        group_codes(np.array([1.0, np.nan]))


def test_group_sums_by_column():
    sums = group_sums(np.array([[1.0, 2], [3, 4], [5, 6]]), np.array([1, 0, 1]), 2)
    assert sums.tolist() == [[3, 4], [6, 8]]


def test_group_sums_of_a_group_without_rows_are_zero():
    values, codes = np.array([[1.0, 2.0], [10.0, 20.0], [100.0, 200.0]]), np.array([3, 0, 3])
    sums = group_sums(values, codes, 5)
    assert sums.tolist() == [[10, 20], [0, 0], [0, 0], [101, 202], [0, 0]]
    assert group_sums(values[:, :1], codes, 5).tolist() == sums[:, :1].tolist()


def test_full_rank_refuses_what_cannot_be_attributed():
    with pytest.raises(ValueError, match="linearly dependent"):
        full_rank(np.ones((5, 2)), 5)
    with pytest.raises(ValueError, match="linearly dependent"):
        full_rank(np.zeros((5, 1)), 5)
    with pytest.raises(ValueError, match="need more than 2 observations"):
        full_rank(np.eye(2), 2)
    assert full_rank(with_intercept([1e-9, 2e-9, 4e-9]), 3).shape == (3, 2)


def test_coefficient_by_t_and_by_normal():
    by_t = t_coefficient("m", 2.0, 1.0, 10)
    assert (by_t.low, by_t.high) == pytest.approx((2 - 2.228138852, 2 + 2.228138852))
    by_normal = t_coefficient("m", 1.959963985, 1.0, np.inf)
    assert by_normal.p == pytest.approx(0.05)
    with pytest.raises(ValueError, match="nothing varies"):
        t_coefficient("m", 1.0, 0.0, 5)
    with pytest.raises(ValueError, match="too few groups"):
        t_coefficient("m", 1.0, 1.0, 0)
