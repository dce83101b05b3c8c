"""The findings on the published returns, brought into the repository's own front page.

The opening of README.md and its figure come from the last open report, so that they say what the
brief says. A test runs the open profile again and compares.
"""

import re
import textwrap
from pathlib import Path

from ics_maturity import prose
from ics_maturity.errors import InputError, Problem
from ics_maturity.report.folder import write_whole
from ics_maturity.results import Results

FIGURE = Path("docs/figures/systems_open.svg")
_START, _END = "<!-- findings:start -->", "<!-- findings:end -->"
_BRIEF = "09_brief"
_YEAR = 2025

_OPENING = """
**On the returns that NHS England has published, the scores say less than they are used for.** On
the scale from 1 to 5 the mean provider score of $year is {mix.provider_mean_$year:2dp}. The
system accounts for {mix.icc_$year:pct0} of the spread of provider scores; the rest, error of
measurement included, lies between providers of the same system. Provider mix accounts for
{mix.r2_between_$year:pct} of the differences between systems. The score of a wholly rural system
less that of a wholly urban one, {rurality.slope_$year:ci2dp} points, {brief.slope:text}; the design
would find {rurality.mde80:2dp} points four times out of five. With providers taken as draws, the
95% set of a system's rank holds on average {ranks.mean_width_a:1dp} of {ranks.mean_width_a:n}
places.
Whether peer review shifted scores against the earlier self-assessments is **not identified**:
questions, scale, scoring rule and reviewer changed together. The [two-page
brief](reports/open/09_brief.html) has the rest.
"""
_ALT = (
    "One row per system: its like-for-like score in $year with a comparison bar, and beside it the "
    "95% set of its rank."
)


def opening(results: Results) -> str:
    """README's opening as Markdown, filled from the named results of an open report."""
    said = prose.plain(_OPENING.strip(), results, year=_YEAR)
    # A line that ends in a word's hyphen is shown with a blank behind it.
    text = textwrap.fill(said, 100, break_on_hyphens=False)
    alt = prose.plain(_ALT, results, year=_YEAR)
    return f"{text}\n\n![{alt}]({FIGURE.as_posix()})"


def with_opening(readme: str, text: str) -> str:
    """README with the text between its two markers.

    Raises:
        InputError: the markers are not there.
    """
    pattern = re.compile(re.escape(_START) + ".*?" + re.escape(_END), re.DOTALL)
    if not pattern.search(readme):
        raise InputError(
            Problem(f"the markers {_START} and {_END}", file="README.md", fix="put them back")
        )
    return pattern.sub(lambda _: f"{_START}\n{text}\n{_END}", readme)


def first_figure(executed: Path) -> str:
    """The first figure of an executed notebook, as SVG."""
    import nbformat

    notebook = nbformat.read(executed, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/svg+xml" in output.get("data", {}):
                return str(output["data"]["image/svg+xml"]) + "\n"
    raise InputError(Problem("a figure in the executed brief", file=executed.name))


def publish(root: Path) -> list[Path]:
    """Bring the findings of reports/open into README.md; the files written.

    Raises:
        InputError: there is no open report.
    """
    report = root / "reports/open"
    if not (report / "results.json").is_file():
        raise InputError(
            Problem("a finished open report", file="reports/open/results.json",
                    fix="ics-maturity run --data open")
        )  # fmt: skip
    readme = root / "README.md"
    text = opening(Results.read(report / "results.json"))
    write_whole(readme, with_opening(readme.read_text(encoding="utf-8"), text))
    executed = root / f"data/processed/open/executed/{_BRIEF}.ipynb"
    (root / FIGURE).parent.mkdir(parents=True, exist_ok=True)
    write_whole(root / FIGURE, first_figure(executed))
    return [readme, root / FIGURE, report / f"{_BRIEF}.html"]
