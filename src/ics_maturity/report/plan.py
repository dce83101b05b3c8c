"""The sequence of notebooks: what each needs, what it takes and what it promises to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ics_maturity.errors import InputError, Problem
from ics_maturity.report.notebook import Notebook, read_notebook
from ics_maturity.report.parameters import (
    CleanReturns,
    DescribeRounds,
    ModelMixAndRurality,
    OneRound,
    Parameters,
    PeerReview,
    ProfileIcs,
    StressTest,
    TargetSupport,
)


@dataclass(frozen=True)
class Each:
    """A notebook that is executed once for every system with returns, each giving a page.

    ``parameter`` takes the system's code; ``folder`` holds the pages in the report, and their
    tables below ``tables/`` and ``figures/``; ``table`` is the processed table that lists the
    systems (see :mod:`ics_maturity.report.batch`).
    """

    parameter: str
    folder: str
    table: str


@dataclass(frozen=True)
class Step:
    """One notebook of the sequence.

    ``needs`` are the numbers of the notebooks whose output it reads; ``inputs`` says that it
    reads the returns themselves (``raw``) or processed tables by name; ``outputs`` the processed
    tables it promises to write, besides its results, tables and figures. ``each`` makes it a
    batch: many pages from one notebook.
    """

    slug: str
    needs: tuple[str, ...] = ()
    parameters: type[Parameters] = Parameters
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    each: Each | None = None

    @property
    def number(self) -> str:
        return self.slug[:2]

    @property
    def reads_returns(self) -> bool:
        return "raw" in self.inputs


CLEANED = (
    "returns", "items", "instruments", "links", "services", "item_match", "quality_log",
    "systems", "systems_present", "providers", "rurality", "rurality_2026", "adjacency",
    "centroids", "tiles", "boundary_changes", "incentives", "sizes",
    "claims", "statements", "press_statements",
)  # fmt: skip

PROFILES = Each("ics", folder="profiles", table="systems_present")

STEPS = (
    Step("01_clean_returns", parameters=CleanReturns, inputs=("raw",), outputs=CLEANED),
    Step("02_describe_rounds", ("01",), DescribeRounds, inputs=CLEANED),
    Step("03_model_mix_and_rurality", ("01",), ModelMixAndRurality, inputs=CLEANED),
    Step("04_test_peer_review", ("01",), PeerReview, inputs=CLEANED),
    Step("05_target_support", ("01",), TargetSupport, inputs=CLEANED),
    Step("06_check_published_claims", ("01",), inputs=CLEANED),
    Step("07_stress_test", ("01", "03", "04"), StressTest, inputs=CLEANED),
    Step("08_profile_ics", ("01", "03"), ProfileIcs, CLEANED, each=PROFILES),
    Step("09_brief", ("01", "02", "03", "04", "05", "06", "07"), OneRound, inputs=CLEANED),
)


@dataclass(frozen=True)
class Planned:
    """A step together with its notebook as written; ``code`` is the system that a page of a
    batch is about."""

    step: Step
    notebook: Notebook
    path: Path
    code: str = ""

    @property
    def slug(self) -> str:
        return self.step.slug

    @property
    def page(self) -> str:
        """Name of the page, unlike any other's: the notebook's, with the code of a batch page."""
        return f"{self.slug}.{self.code}" if self.code else self.slug

    @property
    def part(self) -> str:
        """Where a batch page's files lie below ``results/``, ``tables/`` and ``figures/``."""
        return f"{self.step.each.folder}/{self.code}" if self.step.each and self.code else ""


@dataclass(frozen=True)
class Plan:
    """The notebooks that exist, in reading order."""

    notebooks: tuple[Planned, ...]

    def __getitem__(self, number: str) -> Planned:
        """The notebook of that number (``03``), slug, or folder of its batch (``profiles``).

        Raises:
            InputError: there is none; the existing ones are listed.
        """
        for planned in self.notebooks:
            folder = planned.step.each.folder if planned.step.each else planned.slug
            if number.zfill(2) in (planned.step.number, planned.slug, folder):
                return planned
        listed = ", ".join(planned.step.number for planned in self.notebooks)
        raise InputError(Problem(f"one of {listed}", column="notebook", value=number))

    def needed(self, number: str) -> tuple[Planned, ...]:
        """The notebook and all it rests on, in reading order."""
        wanted = {self[number].step.number}
        for planned in reversed(self.notebooks):
            if planned.step.number in wanted:
                wanted.update(planned.step.needs)
        return tuple(planned for planned in self.notebooks if planned.step.number in wanted)


def load_plan(root: Path, steps: Sequence[Step] = STEPS) -> Plan:
    """The plan for the notebooks present in ``notebooks/``.

    Raises:
        InputError: a notebook that no step names, or a step whose need is absent or follows it.
    """
    folder = root / "notebooks"
    by_slug = {step.slug: step for step in steps}
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    unknown = [path.name for path in paths if path.stem not in by_slug]
    if unknown:
        raise InputError(
            [
                Problem("a notebook of the plan", f, fix="add it to STEPS in plan.py")
                for f in unknown
            ]
        )
    if not paths:
        raise InputError(Problem("notebooks named like 01_clean_returns.ipynb", "notebooks/"))
    notebooks = tuple(Planned(by_slug[path.stem], read_notebook(path), path) for path in paths)
    for i, planned in enumerate(notebooks):
        before = {earlier.step.number for earlier in notebooks[:i]}
        if absent := [number for number in planned.step.needs if number not in before]:
            raise InputError(
                Problem(
                    f"notebook {', '.join(absent)} before it, which it needs", planned.path.name
                )
            )
    return Plan(notebooks)
