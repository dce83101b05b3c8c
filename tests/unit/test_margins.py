"""Margins of equivalence: fixed, dated, and the same wherever they are used."""

from datetime import date

import pytest
from pydantic import ValidationError

from ics_maturity.margins import Margin, margin
from ics_maturity.models import moderation


@pytest.mark.parametrize("name", ["rurality", "moderation"])
def test_a_margin_says_when_and_why_it_was_fixed(name: str) -> None:
    found = margin(name)
    assert found.name == name
    assert found.margin > 0
    assert "points" in found.unit
    assert date.fromisoformat(found.fixed_on) >= date(2026, 1, 1)
    assert len(found.reason.split()) > 5


def test_margins_are_those_that_were_fixed() -> None:
    """A margin moved after the results are known is no margin: moving one must be noticed."""
    assert margin("rurality").margin == 0.5
    assert margin("moderation").margin == 0.1


def test_the_moderation_test_uses_the_margin_on_file() -> None:
    assert margin("moderation").margin == moderation.MARGIN


def test_an_unknown_margin_is_an_error() -> None:
    with pytest.raises(KeyError, match="mix"):
        margin("mix")


@pytest.mark.parametrize("size", [0.0, -0.1])
def test_a_margin_has_a_size(size: float) -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        Margin(name="x", margin=size, unit="points", fixed_on="2026-01-01", reason="because")
