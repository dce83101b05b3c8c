"""Where the promise of a printed method is shown that the page does not simulate itself."""

import tomllib
from importlib import resources

import pandas as pd

_SHOWN = {
    "simulated": "simulated worlds, in the tests",
    "published": "a published answer, in the tests",
    "by hand": "agrees with another program or a calculation by hand; not simulated",
}


def table() -> pd.DataFrame:
    """One row per method: page (two digits), words, shown (how), test (file and name)."""
    text = resources.files("ics_maturity.stress").joinpath("elsewhere.toml").read_text("utf-8")
    found = pd.DataFrame(tomllib.loads(text)["method"])
    return found.assign(shown=found["shown"].map(_SHOWN))[["page", "words", "shown", "test"]]
