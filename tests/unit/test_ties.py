"""Whatever goes by order takes scores for equal that differ by rounding error alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ics_maturity.models import counted, targeting
from ics_maturity.models.change import spearman_r
from ics_maturity.models.linking import equipercentile_link
from ics_maturity.models.ranks import rank_sets
from ics_maturity.models.regression_to_mean import equal_groups
from ics_maturity.models.targeting import Rule
from ics_maturity.models.ties import join_ties
from ics_maturity.stress.analyses import change_of_place

OTHER = np.arange(12.0)
COUNTS = np.array([[1, 2, 0, 1, 1, 0, 1, 3, 1, 0, 1, 1]], float)
BY_ORDER = {
    "rank correlation": lambda x: spearman_r(x, OTHER),
    "ranks in resamples": lambda x: counted.mid_ranks(COUNTS, x),
    "equal groups": lambda x: equal_groups(x, 4),
    "linked earlier scores": lambda x: equipercentile_link(x, OTHER).before,
    "linked later scores": lambda x: equipercentile_link(OTHER, x).before,
    "normal scores of ranks": lambda x: change_of_place(x, OTHER, "ranks"),
    "rank sets": lambda x: (
        rank_sets(x, 0.01 * (1 + OTHER), np.random.default_rng(1), draws=50).rank
    ),
    "the five lowest": lambda x: targeting.assign(x, Rule("lowest", 5)),
    "below a cut": lambda x: targeting.assign(x, Rule("below", cuts=(2.5,))),
    "the edge of a rule": lambda x: targeting.edge(x, Rule("lowest", 5)).tied,
}


@pytest.mark.parametrize("what", BY_ORDER)
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_last_digit_of_a_score_changes_no_order(what, seed):
    rng = np.random.default_rng(seed)
    scores = rng.choice([1.5, 2.0, 2.5, 8 / 3, 3.0], 12)
    other = scores * (1 + rng.choice([-1e-15, 0, 1e-15], 12))
    # To 1e-9: what is worked out from the scores themselves keeps their last digits.
    np.testing.assert_allclose(BY_ORDER[what](scores), BY_ORDER[what](other), rtol=1e-9)


def test_minus_nought_is_nought():
    assert not np.signbit(join_ties([-1e-14, -0.0])).any()


def test_no_more_than_rounding_is_joined():
    assert join_ties([0.1 + 0.2, 0.3, 0.3 + 1e-9]).tolist() == [0.3, 0.3, 0.300000001]
