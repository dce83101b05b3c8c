"""Simulated returns with a known truth: the demo data, and worlds for testing estimators."""

from ics_maturity.simulate.answers import draw_answers, early_world
from ics_maturity.simulate.demo import DEMO_SEED, write_demo
from ics_maturity.simulate.design import Design, demo_design, design_from
from ics_maturity.simulate.profile_returns import PROFILE_SEED, write_profile_returns
from ics_maturity.simulate.returns import draw, world
from ics_maturity.simulate.truth import Truth, regression_only

__all__ = [
    "DEMO_SEED",
    "PROFILE_SEED",
    "Design",
    "Truth",
    "demo_design",
    "design_from",
    "draw",
    "draw_answers",
    "early_world",
    "regression_only",
    "world",
    "write_demo",
    "write_profile_returns",
]
