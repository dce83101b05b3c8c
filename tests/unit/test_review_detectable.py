"""The smallest loss of rank order that would be found is found as often as it says."""

import numpy as np
import pytest

from ics_maturity.models.change import expected_spearman
from ics_maturity.models.many_pairs import spearman_bca_many
from ics_maturity.review.detectable import detectable_reordering

ICS = np.repeat(np.arange(20), 5)


def share_found(fall: float, reliability: float, rng: np.random.Generator, worlds: int) -> float:
    """Of new worlds, drawn from the correlation of the readings alone."""
    r = reliability * (1 - fall)
    first = rng.standard_normal((ICS.size, worlds))
    second = r * first + np.sqrt(1 - r**2) * rng.standard_normal((ICS.size, worlds))
    found = spearman_bca_many(first, second, ICS, rng, 199)
    return float(np.mean(found.high < expected_spearman(reliability)))


def test_it_is_found_four_times_out_of_five():
    least = detectable_reordering(ICS, 0.8, np.random.default_rng(1), worlds=200)
    assert least is not None
    rng = np.random.default_rng(2)
    assert share_found(least.value, 0.8, rng, 400) == pytest.approx(0.8, abs=0.08)
    assert share_found(0.0, 0.8, rng, 400) < 0.08
    assert least.se < 0.2 * least.value


def test_a_better_instrument_finds_less():
    rough, fine = (
        detectable_reordering(ICS, reliability, np.random.default_rng(1), worlds=60)
        for reliability in (0.7, 0.9)
    )
    assert rough is not None
    assert fine is not None
    assert fine.value < rough.value


def test_few_organisations_find_nothing():
    few = np.repeat(np.arange(6), 2)
    assert detectable_reordering(few, 0.8, np.random.default_rng(1), worlds=40) is None
