"""A run: check everything, execute what is stale, export, assemble, swap in.

It ends with a whole new report, or with the last good one and a message that says why.
"""

import json
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ics_maturity.errors import InputError, Problem, plain_text
from ics_maturity.paths import project_root
from ics_maturity.profiles import Profile, load_profile
from ics_maturity.report import batch, kernels, manifest, unchanged
from ics_maturity.report.assemble import INDEX, assemble
from ics_maturity.report.context import Batch, PageContext, PageLink, SystemPage
from ics_maturity.report.folder import for_the_user_alone, recover, write_whole
from ics_maturity.report.graph import Job, State, in_lanes, run_jobs
from ics_maturity.report.lock import only_one
from ics_maturity.report.outputs import processed_tables, remove, results_file, written_by
from ics_maturity.report.parameters import Parameters, check_cell, defaults, from_text, values
from ics_maturity.report.plan import STEPS, Plan, Planned, Step, load_plan
from ics_maturity.report.why import reasons

if TYPE_CHECKING:
    from ics_maturity.report.execute import NotebookFailedError
    from ics_maturity.report.progress import Progress

RECORDS = "run"
EXECUTED = "executed"
DURATIONS = "durations.json"

# The exporter is shared by the threads of a run and keeps state of its own.
_exporting = threading.Lock()


class RunFailedError(Exception):
    """A run that did not get to a new report; the message is ready to be printed."""


@dataclass(frozen=True)
class Report:
    """What a run did: the page to open, the pages it executed, whether anything is new."""

    index: Path
    executed: tuple[str, ...]
    changed: bool


def run(
    profile: str,
    *,
    only: str | None = None,
    ics: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    jobs: int = 1,
    force: bool = False,
    warm: bool = True,
    why: bool = False,
    keep_warm: bool = False,
    root: Path | None = None,
    steps: Sequence[Step] = STEPS,
) -> Report:
    """Bring the report of a data profile up to date.

    Args:
        profile: demo, open or own.
        only: number of one notebook, or the folder of a batch (``profiles``): that one and what
            it needs. The other pages of the report stay as they are.
        ics: codes of the systems whose pages of the batch are wanted; all of them otherwise.
        settings: by parameter name, the value as text; defaults otherwise.
        jobs: how many notebooks may run side by side. The report does not depend on it.
        force: execute (``only``, or every notebook) even where nothing has changed.
        warm: fork kernels from a process that has done the imports already, where that is
            possible. The report does not depend on it.
        why: print for every page that is executed what has changed since it was last.
        keep_warm: leave the parent of the kernels to a later run of this process, which ends it
            with :func:`ics_maturity.report.execute.stop_kernels`.
        root: the project's root folder, by default found from the working directory.
        steps: the declared sequence of notebooks.

    Raises:
        InputError: something is wrong with the returns, the parameters or the notebooks' form;
            nothing was executed.
        RunFailedError: a notebook or its export failed; the last good report is untouched.
    """
    root = root or project_root()
    own = unchanged.own_digest(root)  # before anything is read, so that no edit falls between
    chosen = load_profile(profile, root)
    elsewhere = unchanged.elsewhere(root, manifest.input_files(chosen))
    read = unchanged.read_digest(root, own, elsewhere)
    plan = load_plan(root, steps)
    selected = plan.needed(only) if only else plan.notebooks
    batches = {p.step.each.parameter: "--ics" for p in selected if p.step.each}
    if ics and not batches:
        raise InputError(
            Problem("a notebook with a page per system", column="--ics", value=", ".join(ics))
        )
    for planned in selected:
        check_cell(planned.notebook, planned.step.parameters)
    models = {p.slug: p.step.parameters for p in selected}
    parameters = from_text(models, settings or {}, profile, batches)
    chosen.check()
    batch.refuse_unregistered(chosen.reference, ics)
    forced = {plan[only].slug} if only else {planned.slug for planned in selected}
    closed = [chosen.processed, chosen.reports] if chosen.private else []
    with (
        for_the_user_alone(closed) if closed else nullcontext(),
        only_one(chosen.processed / RECORDS / "lock"),
    ):
        recover(chosen.reports)
        forced = forced if force else set()
        asked = unchanged.question(only, ics, (f"{k}={v}" for k, v in (settings or {}).items()))
        going = _Run(
            root, chosen, plan, selected, parameters, forced, warm, why, jobs, tuple(ics), keep_warm
        )
        try:
            report = going.go()
            left = unchanged.left_digest(root, profile)
            unchanged.keep(root, profile, unchanged.Ended(asked, elsewhere, read, left))
            return report
        except (OSError, sqlite3.OperationalError) as error:
            raise RunFailedError(going.disk_trouble(error)) from error


@dataclass
class _Run:
    root: Path
    profile: Profile
    plan: Plan
    selected: Sequence[Planned]
    parameters: Mapping[str, Parameters]
    forced: set[str]
    warm: bool
    why: bool
    workers: int
    ics: tuple[str, ...] = ()
    keep_warm: bool = False
    _expected: list[str] = field(default_factory=list)
    _skipped: list[str] = field(default_factory=list)
    _progress: "Progress | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def go(self) -> Report:
        first = self._before_batches
        try:
            ran = self._run_jobs(first)
            rest = [planned for planned in self._singles if planned not in first]
            ran += self._run_jobs([*rest, *self._batch_pages])
        finally:
            if not self.keep_warm:
                self._stop_kernels()
            if self._progress:
                self._progress.close()
        pages = [*self._whole_singles, *self._whole_batch_pages]
        new = assemble(
            self.profile,
            self._links,
            self._batches_shown(),
            {planned.page: self._record(f"{planned.page}.html") for planned in pages},
            self._whole_provenance(),
        )
        selected = (*self._singles, *self._batch_pages)
        executed = tuple(p.page for p in selected if _execute(p.page) in ran)
        return Report(self.profile.reports / INDEX, executed, new)

    def _run_jobs(self, pages: Sequence[Planned]) -> list[str]:
        """Run what is stale of these pages; names of the jobs that ran."""
        names = [planned.page for planned in pages]
        self._expected += names
        if self._progress:
            self._progress.expect(names)
        # What took longest starts first, so that nothing long is left over at the end.
        ordered = sorted(pages, key=lambda p: self._durations.get(p.page, inf), reverse=True)
        made = [(planned, self._jobs_of(planned, names)) for planned in ordered]
        single = [job for planned, own in made if not planned.code for job in own]
        of_batch = in_lanes([own[0] for planned, own in made if planned.code], self.workers)
        exports = [own[1] for planned, own in made if planned.code]
        jobs = [*single, *of_batch, *exports]
        database = self._record("graph.sqlite")
        outcome = run_jobs(jobs, database, self.workers, self._skip, self._say_why)
        if outcome.failures:
            raise RunFailedError(self._explain(outcome.failures)) from outcome.failures[0]
        return outcome.ran

    def _record(self, name: str) -> Path:
        return self.profile.processed / RECORDS / name

    def _executed(self, page: str) -> Path:
        return self.profile.processed / EXECUTED / f"{page}.ipynb"

    # Which pages there are

    @cached_property
    def _singles(self) -> tuple[Planned, ...]:
        """The selected notebooks that give one page each."""
        return tuple(planned for planned in self.selected if not planned.step.each)

    @cached_property
    def _before_batches(self) -> tuple[Planned, ...]:
        """The selected notebooks that have to run before the batches' pages are known."""
        tables = {p.step.each.table for p in self.selected if p.step.each}
        listing = [p for p in self._singles if tables & set(p.step.outputs)]
        needed = {n.slug for p in listing for n in self.plan.needed(p.step.number)}
        return tuple(planned for planned in self._singles if planned.slug in needed)

    @cached_property
    def _batch_pages(self) -> tuple[Planned, ...]:
        """The selected pages of batches: known once the notebooks before them have run."""
        return tuple(
            page
            for planned in self.selected
            if planned.step.each
            for page in batch.pages(planned, batch.chosen(self._systems(planned), self.ics))
        )

    def _systems(self, planned: Planned) -> tuple[batch.System, ...]:
        each = planned.step.each
        return batch.listed(self.profile.processed, each) if each else ()

    @cached_property
    def _whole_singles(self) -> tuple[Planned, ...]:
        """The selected notebooks with one page, and others whose page is still whole."""
        return tuple(
            planned
            for planned in self.plan.notebooks
            if not planned.step.each and (planned in self._singles or self._is_whole(planned))
        )

    @cached_property
    def _whole_batch_pages(self) -> tuple[Planned, ...]:
        """The selected pages of batches, and others that are still whole."""
        return tuple(
            page
            for planned in self.plan.notebooks
            for page in batch.pages(planned, self._systems(planned))
            if page in self._batch_pages or self._is_whole(page)
        )

    def _is_whole(self, planned: Planned) -> bool:
        return self._is_exported(planned) and self._is_intact(planned)

    @cached_property
    def _links(self) -> tuple[PageLink, ...]:
        """The report's sequence of pages; in place of a batch's pages stands their directory."""
        return tuple(
            self._directory(planned) if planned.step.each else self._link(planned)
            for planned in self.plan.notebooks
            if planned in (*self.selected, *self._whole_singles)
            or any(self._is_whole(page) for page in batch.pages(planned, self._systems(planned)))
        )

    def _link(self, planned: Planned) -> PageLink:
        number, title = planned.step.number, planned.notebook.title
        suffix = self.profile.file_suffix
        if planned.code:
            (system,) = batch.chosen(self._systems(planned), [planned.code])
            title = batch.title(title, system)
        return PageLink(number, planned.page, title, f"{planned.part or planned.page}{suffix}.html")

    def _directory(self, planned: Planned) -> PageLink:
        step = planned.step
        folder = step.each.folder if step.each else ""
        return PageLink(step.number, planned.slug, batch.DIRECTORY, f"{folder}/{INDEX}")

    def _batches_shown(self) -> list[Batch]:
        """The batches of the report with their pages."""
        batches = []
        for planned in self.plan.notebooks:
            systems = {system.code: system for system in self._systems(planned)}
            pages = [p for p in self._whole_batch_pages if p.slug == planned.slug]
            if planned.step.each and self._directory(planned) in self._links:
                entries = [
                    SystemPage(self._link(p), p.part, **asdict(systems[p.code])) for p in pages
                ]
                batches.append(Batch(self._directory(planned), tuple(entries)))
        return batches

    # What a page is made from

    @cached_property
    def _code(self) -> manifest.Code:
        return manifest.code(self.root)

    @cached_property
    def _inputs(self) -> list[dict[str, str]]:
        return manifest.inputs(self.profile)

    def _values(self, planned: Planned) -> dict[str, Any]:
        """The page's parameters."""
        given = values(self.parameters[planned.slug])
        each = planned.step.each
        return given | {each.parameter: planned.code} if each and planned.code else given

    def _listed(self, planned: Planned) -> dict[str, Any]:
        return manifest.listed(planned, self._values(planned))

    def _provenance(self, planned: Planned) -> dict[str, Any]:
        before = self.plan.needed(planned.step.number)[:-1]
        rests_on = [self._listed(p) for p in (*before, planned)]
        return manifest.provenance(
            self.profile.name, rests_on, self._inputs, self._code, planned.slug
        )

    def _whole_provenance(self) -> dict[str, Any]:
        """Of all pages: the selected ones as they are, the others as they were executed."""
        selected = (*self._singles, *self._batch_pages)
        notebooks: dict[str, dict[str, Any]] = {}
        for planned in (*self._whole_singles, *self._whole_batch_pages):
            made = self._listed(planned) if planned in selected else self._recorded(planned)
            if planned.step.each:
                # One entry for the whole batch, with the codes of its pages.
                own = notebooks.setdefault(planned.slug, made)["parameters"]
                name = planned.step.each.parameter
                earlier = own[name] if isinstance(own[name], list) else []
                own[name] = [*earlier, planned.code]
            else:
                notebooks[planned.slug] = made
        in_order = [notebooks[slug] for slug in sorted(notebooks)]
        return manifest.provenance(self.profile.name, in_order, self._inputs, self._code)

    def _recorded(self, planned: Planned) -> dict[str, Any]:
        made_from = json.loads(self._record(f"{planned.page}.json").read_text(encoding="utf-8"))
        return next(item for item in made_from["notebooks"] if item["slug"] == planned.slug)

    @cached_property
    def _preparation(self) -> str:
        pages = (
            planned.notebook
            for planned in self.selected
            for _ in range(2 if planned.step.each and len(self.ics) != 1 else 1)
        )
        return kernels.preparation(pages)

    # The jobs

    def _jobs_of(self, planned: Planned, beside: Sequence[str]) -> tuple[Job, Job]:
        """The page's jobs; ``beside`` are the pages of the same graph."""
        needs = [self.plan[number].slug for number in planned.step.needs]
        made_from = self._provenance(planned)
        # The other notebooks, and the returns behind them, count by what they wrote.
        made_from["notebooks"] = self._listed(planned)
        made_from["inputs"] = self._inputs if planned.step.reads_returns else []
        made_from.pop("commit")
        context = self._context(planned)
        return (
            Job(
                name=_execute(planned.page),
                action=lambda: self._run_notebook(planned),
                depends=[self._record(f"{slug}.outputs.json") for slug in needs],
                after=[_execute(slug) for slug in needs if slug in beside],
                settings={**made_from, "promises": planned.step.outputs},
                intact=lambda: self._is_intact(planned),
                forced=planned.slug in self.forced,
            ),
            Job(
                name=f"export {planned.page}",
                action=lambda: self._export(planned, context),
                depends=[self._executed(planned.page)],
                after=[_execute(planned.page)],
                settings={"context": context},
                intact=lambda: self._is_exported(planned),
            ),
        )

    def _is_intact(self, planned: Planned) -> bool:
        record = self._record(f"{planned.page}.outputs.json")
        if not record.is_file() or not self._executed(planned.page).is_file():
            return False
        return bool(json.loads(record.read_text(encoding="utf-8")) == self._wrote(planned))

    def _wrote(self, planned: Planned) -> dict[str, str]:
        processed, step = self.profile.processed, planned.step
        return written_by(processed, planned.slug, step.outputs, planned.part)

    def _is_exported(self, planned: Planned) -> bool:
        page = self._record(f"{planned.page}.html")
        stamp = manifest.read_stamp(page.read_text(encoding="utf-8")) if page.is_file() else None
        return stamp is not None and stamp[1] and self._record(f"{planned.page}.json").is_file()

    def _run_notebook(self, planned: Planned) -> None:
        if self.warm:
            kernels.warm_up(self.root, planned.path.parent, self._preparation)
        from ics_maturity.report.execute import NotebookFailedError, execute

        page, processed = planned.page, self.profile.processed
        given = self._values(planned)
        usual = defaults(planned.step.parameters)
        changed = {name: value for name, value in given.items() if value != usual[name]}
        progress = self._shown_progress()
        progress.start(page)
        remove(processed, planned.slug, self._tables_of(planned), planned.part)
        try:
            executed = execute(
                planned.path,
                changed,
                lambda i, n: progress.cell(page, i, n),
                self._preparation if self.warm else None,
                can_wait=bool(planned.code),  # single pages are the longer ones
            )
            wrote = self._wrote(planned)
            if wrong := self._broken_promises(planned, wrote):
                raise NotebookFailedError(planned.slug, len(executed.cells), "", wrong, executed)
        except NotebookFailedError as error:
            error.page = page
            progress.finish(page, failed=True)
            self._keep_failed(error)
            raise
        write_whole(self._executed(page), _notebook_text(executed))
        self._failed(page).unlink(missing_ok=True)
        write_whole(self._record(f"{page}.outputs.json"), manifest.to_json(wrote))
        self._remember(page, progress.finish(page))

    def _tables_of(self, planned: Planned) -> set[str]:
        """Processed tables that are there and that no other step promises."""
        others = {name for p in self.plan.notebooks if p != planned for name in p.step.outputs}
        return processed_tables(self.profile.processed) - others if planned.step.outputs else set()

    def _broken_promises(self, planned: Planned, wrote: Mapping[str, str]) -> str:
        """What the notebook left out, or wrote without its step saying so; usually empty."""
        promised = [
            results_file(planned.slug, planned.part),
            *(f"{name}.csv" for name in planned.step.outputs),
        ]
        if absent := [name for name in promised if name not in wrote]:
            return f"it ended without writing {', '.join(absent)} (page.close() writes results)"
        if more := sorted(self._tables_of(planned) - set(planned.step.outputs)):
            return f"it wrote {', '.join(more)}, which its step in plan.py does not list as output"
        return ""

    def _export(self, planned: Planned, context: PageContext) -> None:
        import nbformat

        from ics_maturity.report import html

        page_name = planned.page
        notebook = nbformat.read(self._executed(page_name), as_version=4)
        try:
            with _exporting:
                page = html.export(notebook, context=context)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            told = f"{page_name} ran, but its page could not be made. {why}"
            raise RunFailedError(told) from error
        write_whole(self._record(f"{page_name}.json"), manifest.to_json(context.provenance))
        write_whole(self._record(f"{page_name}.html"), manifest.stamp(page, context.provenance))

    def _context(self, planned: Planned) -> PageContext:
        return PageContext(
            profile=self.profile.name,
            label=self.profile.label,
            banner=self.profile.banner,
            file_suffix=self.profile.file_suffix,
            page=self._link(planned),
            pages=() if planned.code else self._links,
            provenance=self._provenance(planned),
            directory=self._directory(planned) if planned.code else None,
        )

    def _stop_kernels(self) -> None:
        """End the parent of warm kernels, and after a Ctrl-C the kernels of other threads."""
        if self._progress:  # else nothing was executed
            from ics_maturity.report.execute import stop_kernels

            stop_kernels()

    # How long pages take: for the order and the display alone, so outside what they are made from

    @cached_property
    def _durations(self) -> dict[str, float]:
        try:
            known = json.loads(self._record(DURATIONS).read_text(encoding="utf-8"))
            return {str(page): float(seconds) for page, seconds in known.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _remember(self, page: str, seconds: float) -> None:
        with self._lock:
            self._durations[page] = round(seconds, 2)
            write_whole(self._record(DURATIONS), manifest.to_json(self._durations))

    # Telling

    def _say_why(self, job: Job, before: State | None, now: State) -> None:
        if self.why and job.name.startswith(_execute("")):
            page = job.name.removeprefix(_execute(""))
            found = plain_text("; ".join(reasons(job, before, now)), 600)
            self._shown_progress().tell(f"{page}: {found}")

    def _skip(self, job: str) -> None:
        with self._lock:
            if job.startswith(_execute("")):
                self._skipped.append(job.removeprefix(_execute("")))
                if self._progress:
                    self._progress.skip(self._skipped[-1])

    def _shown_progress(self) -> "Progress":
        """Progress is shown from the first notebook that has to be executed."""
        with self._lock:
            if self._progress is None:
                from ics_maturity.report.progress import Progress

                pages = self._expected
                known = self._durations
                self._progress = Progress(pages, known=known, workers=self.workers)
                for page in self._skipped:
                    self._progress.skip(page)
            return self._progress

    def _failed(self, page: str) -> Path:
        return self._executed(page).with_name(f"{page}.failed.ipynb")

    def _keep_failed(self, error: "NotebookFailedError") -> None:
        if error.executed is not None:
            write_whole(self._failed(error.page), _notebook_text(error.executed))

    def _explain(self, failures: Sequence[Exception]) -> str:
        from ics_maturity.report.execute import NotebookFailedError

        parts = []
        for error in failures:
            if isinstance(error, NotebookFailedError):
                where = f"{error.page} stopped at cell {error.cell}"
                line = f": {plain_text(error.line)}" if error.line else ""
                parts.append(f"{where}{line}\nCause: {plain_text(error.cause, 600)}")
                parts.append(
                    f"Next: correct notebooks/{error.slug}.ipynb (as far as it ran it is "
                    f"{self._shown(self._failed(error.page))}) and run the same command again; "
                    "what has finished is not repeated."
                )
            else:
                parts.append(str(error))
        return "\n".join([*parts, self._kept()])

    def disk_trouble(self, error: Exception) -> str:
        """What to print where the run itself, not a notebook, could not write or read."""
        why = getattr(error, "strerror", None) or error
        return (
            f"the run could not write what it keeps: {plain_text(str(why))}\n"
            "Next: make room, or let the folder be written to, and run the same command again; "
            f"what has finished is not repeated.\n{self._kept()}"
        )

    def _kept(self) -> str:
        """What is there of the report although the run failed."""
        kept = self._shown(self.profile.reports)
        if (self.profile.reports / INDEX).is_file():
            return f"The last good report in {kept} is untouched."
        return f"There is no earlier report in {kept}."

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _execute(page: str) -> str:
    return f"execute {page}"


def _notebook_text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"
