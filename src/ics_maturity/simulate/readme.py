"""The page that goes with the simulated returns, written from the truth itself."""

from collections.abc import Mapping
from typing import Any

from ics_maturity.simulate.design import Design
from ics_maturity.simulate.truth import Truth

_TEXT = """\
# Demo returns

**Every organisation, system and score in this folder is invented.** Nothing here says anything
about a real organisation. The files have the layouts of the officially published ones, so that
the very same readers read them, and hold rounds that were never published at provider level.

Written by `python -m ics_maturity.simulate --out data/raw/demo` (seed {seed}); do not edit by
hand. The same seed gives the same bytes.

| file | what |
|---|---|
{files}
| `reference/` | systems, providers, geography, successions; format as in `data/raw/reference` |
| `reference/incentives.csv` | which providers had funding at stake in 2019 |
| `reference/sizes.csv` | staff of the organisations of 2016, 2017 and 2019 |
| `published/` | invented claims, some of them false; format as in `data/raw/published` |
| `truth.json` | the planted values, what the estimators should find, what each claim deserves |
| `profile.yaml` | which file holds which round in which layout |

## How it is drawn

{systems} systems, {providers} providers and {returns} returns, with care settings, numbers per
system and rural shares spread like the real ones. To keep the files small fewer than half of
the providers have returns of 2016, 2017 and 2019; the organisations of those rounds merged,
split, changed code or closed on the way to 2025, as `reference/successions.csv` says.

From 2023 a domain scores one plus the number of four steps taken, each with a probability that
the effects below set, so that effects on the expected score are linear; pillars are means of
whole-number domains, rounded half up to one decimal. Returns of one provider, rounds of one
return, and the self-assessed and moderated score share most of their draws. Before 2023 an
answer takes the steps of its scale with a probability on the probit scale; sections are means
of answers and themes means of rounded sections.

In 2019 organisations with funding at stake reported some answers at the bottom of the scale.
The incentive groups were assigned at random, so that only this can make them differ. In 2023
reviewers lowered scores on average, alike in every setting and group. No peer review took
place before 2023. Nothing else differs between the rounds but the drift, the scoring rule and
the levels stated here; the change between 2019 and 2023 is therefore a change of instrument,
rule, reviewer and time at once, as it was in reality.

## What is planted

| value | unit | meaning | basis |
|---|---|---|---|
{planted}

## What the estimators should find

`truth.json` holds under `expected` what holds over all worlds of this design, under
`this_world` what holds for the effects that this seed drew. The primary estimators' 95%
intervals cover the planted values in these files; a test holds this.
"""


def readme(truth: Truth, design: Design, seed: int, files: Mapping[str, str]) -> str:
    """The README of a demo folder; ``files`` says in words what each file holds."""
    return _TEXT.format(
        seed=seed,
        files="\n".join(f"| `{name}` | {what} |" for name, what in files.items()),
        systems=len(design.ics_codes),
        providers=len(design.provider_codes),
        returns=len(design.roster),
        planted="\n".join(_row(name, about) for name, about in truth.documented().items()),
    )


def _row(name: str, about: Mapping[str, Any]) -> str:
    value = _value(about["value"])
    return f"| `{name}` {value} | {about['unit']} | {about['meaning']} | {about['basis']} |"


def _value(value: Any) -> str:
    """A number as it is; a table as 'key value' pairs."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} {_value(inner)}" for key, inner in value.items())
    return f"{value:g}"
