"""What a test needs that not every machine has."""

import os
from typing import NoReturn

import pytest


def unavailable(what: str, reason: str) -> NoReturn:
    """Skip with the reason, or fail where ICS_MATURITY_REQUIRE lists ``what``.

    Args:
        what: sources, reference, browser or fuzz.
        reason: what is missing and how to get it.
    """
    if what in os.environ.get("ICS_MATURITY_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required here: {reason}")
    pytest.skip(reason)
