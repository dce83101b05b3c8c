"""A run: check everything, execute what is stale, export, assemble, swap in.

It ends with a whole new report, or with the last good one and a message that says why.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ics_maturity.errors import plain_text
from ics_maturity.paths import project_root
from ics_maturity.profiles import Profile, load_profile
from ics_maturity.report import manifest
from ics_maturity.report.assemble import INDEX, assemble
from ics_maturity.report.context import PageContext, PageLink
from ics_maturity.report.folder import recover, write_whole
from ics_maturity.report.graph import Job, run_jobs
from ics_maturity.report.lock import only_one
from ics_maturity.report.outputs import processed_tables, remove, results_file, written_by
from ics_maturity.report.parameters import Parameters, check_cell, defaults, from_text, values
from ics_maturity.report.plan import STEPS, Plan, Planned, Step, load_plan

if TYPE_CHECKING:
    from ics_maturity.report.execute import NotebookFailedError
    from ics_maturity.report.progress import Progress

RECORDS = "run"
EXECUTED = "executed"

# The exporter is shared by the threads of a run and keeps state of its own.
_exporting = threading.Lock()


class RunFailedError(Exception):
    """A run that did not get to a new report; the message is ready to be printed."""


@dataclass(frozen=True)
class Report:
    """What a run did: the page to open, the notebooks it executed, whether anything is new."""

    index: Path
    executed: tuple[str, ...]
    changed: bool


def run(
    profile: str,
    *,
    only: str | None = None,
    settings: Mapping[str, str] | None = None,
    jobs: int = 1,
    force: bool = False,
    root: Path | None = None,
    steps: Sequence[Step] = STEPS,
) -> Report:
    """Bring the report of a data profile up to date.

    Args:
        profile: demo, open or own.
        only: number of one notebook: that one and what it needs. The other pages of the report
            stay as they are.
        settings: by parameter name, the value as text; defaults otherwise.
        jobs: how many notebooks may run side by side. The report does not depend on it.
        force: execute (``only``, or every notebook) even where nothing has changed.
        root: the project's root folder, by default found from the working directory.
        steps: the declared sequence of notebooks.

    Raises:
        InputError: something is wrong with the returns, the parameters or the notebooks' form;
            nothing was executed.
        RunFailedError: a notebook or its export failed; the last good report is untouched.
    """
    root = root or project_root()
    chosen = load_profile(profile, root)
    plan = load_plan(root, steps)
    selected = plan.needed(only) if only else plan.notebooks
    for planned in selected:
        check_cell(planned.notebook, planned.step.parameters)
    parameters = from_text({p.slug: p.step.parameters for p in selected}, settings or {}, profile)
    chosen.check()
    forced = {plan[only].slug} if only else {planned.slug for planned in selected}
    with only_one(chosen.processed / RECORDS / "lock"):
        recover(chosen.reports)
        return _Run(root, chosen, plan, selected, parameters, forced if force else set()).go(jobs)


@dataclass
class _Run:
    root: Path
    profile: Profile
    plan: Plan
    selected: Sequence[Planned]
    parameters: Mapping[str, Parameters]
    forced: set[str]
    _skipped: int = 0
    _progress: "Progress | None" = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def go(self, workers: int) -> Report:
        try:
            outcome = run_jobs(self._jobs(), self._record("graph.sqlite"), workers, self._skip)
        except KeyboardInterrupt:
            self._stop_kernels()
            raise
        finally:
            if self._progress:
                self._progress.close()
        if outcome.failures:
            raise RunFailedError(self._explain(outcome.failures)) from outcome.failures[0]
        new = assemble(
            self.profile,
            self._pages,
            {page.slug: self._record(f"{page.slug}.html") for page in self._pages},
            self._whole_provenance(),
        )
        executed = tuple(p.slug for p in self.selected if _execute(p.slug) in outcome.ran)
        return Report(self.profile.reports / INDEX, executed, new)

    def _record(self, name: str) -> Path:
        return self.profile.processed / RECORDS / name

    def _executed(self, slug: str) -> Path:
        return self.profile.processed / EXECUTED / f"{slug}.ipynb"

    # What a page is made from

    @cached_property
    def _code(self) -> manifest.Code:
        return manifest.code(self.root)

    @cached_property
    def _inputs(self) -> list[dict[str, str]]:
        return manifest.inputs(self.profile)

    def _listed(self, planned: Planned) -> dict[str, Any]:
        return manifest.listed(planned, values(self.parameters[planned.slug]))

    def _provenance(self, planned: Planned) -> dict[str, Any]:
        rests_on = [self._listed(p) for p in self.plan.needed(planned.step.number)]
        return manifest.provenance(
            self.profile.name, rests_on, self._inputs, self._code, planned.slug
        )

    def _whole_provenance(self) -> dict[str, Any]:
        """Of all pages: the selected notebooks as they are, the others as they were executed."""
        chosen = {planned.slug: self._listed(planned) for planned in self.selected}
        notebooks = [chosen.get(page.slug) or self._recorded(page.slug) for page in self._pages]
        return manifest.provenance(self.profile.name, notebooks, self._inputs, self._code)

    def _recorded(self, slug: str) -> dict[str, Any]:
        made_from = json.loads(self._record(f"{slug}.json").read_text(encoding="utf-8"))
        return next(item for item in made_from["notebooks"] if item["slug"] == slug)

    @cached_property
    def _pages(self) -> tuple[PageLink, ...]:
        """The pages of the report: the selected ones, and others that are still whole."""
        chosen = {planned.slug for planned in self.selected}
        return tuple(
            PageLink(
                planned.step.number,
                planned.slug,
                planned.notebook.title,
                f"{planned.slug}{self.profile.file_suffix}.html",
            )
            for planned in self.plan.notebooks
            if planned.slug in chosen or (self._is_exported(planned) and self._is_intact(planned))
        )

    # The jobs

    def _jobs(self) -> list[Job]:
        return [job for planned in self.selected for job in self._jobs_of(planned)]

    def _jobs_of(self, planned: Planned) -> tuple[Job, Job]:
        needs = [self.plan[number].slug for number in planned.step.needs]
        made_from = self._provenance(planned)
        # The other notebooks, and the returns behind them, count by what they wrote.
        made_from["notebooks"] = self._listed(planned)
        made_from["inputs"] = self._inputs if planned.step.reads_returns else []
        made_from.pop("commit")
        context = self._context(planned)
        return (
            Job(
                name=_execute(planned.slug),
                action=lambda: self._run_notebook(planned),
                depends=[self._record(f"{slug}.outputs.json") for slug in needs],
                after=[_execute(slug) for slug in needs],
                settings={**made_from, "promises": planned.step.outputs},
                intact=lambda: self._is_intact(planned),
                forced=planned.slug in self.forced,
            ),
            Job(
                name=f"export {planned.slug}",
                action=lambda: self._export(planned.slug, context),
                depends=[self._executed(planned.slug)],
                after=[_execute(planned.slug)],
                settings={"context": asdict(context)},
                intact=lambda: self._is_exported(planned),
            ),
        )

    def _is_intact(self, planned: Planned) -> bool:
        record = self._record(f"{planned.slug}.outputs.json")
        if not record.is_file() or not self._executed(planned.slug).is_file():
            return False
        wrote = written_by(self.profile.processed, planned.slug, planned.step.outputs)
        return bool(json.loads(record.read_text(encoding="utf-8")) == wrote)

    def _is_exported(self, planned: Planned) -> bool:
        page = self._record(f"{planned.slug}.html")
        stamp = manifest.read_stamp(page.read_text(encoding="utf-8")) if page.is_file() else None
        return stamp is not None and stamp[1] and self._record(f"{planned.slug}.json").is_file()

    def _run_notebook(self, planned: Planned) -> None:
        from ics_maturity.report.execute import NotebookFailedError, execute

        slug, processed = planned.slug, self.profile.processed
        given = values(self.parameters[slug])
        usual = defaults(planned.step.parameters)
        changed = {name: value for name, value in given.items() if value != usual[name]}
        progress = self._shown_progress()
        progress.start(slug)
        remove(processed, slug, self._tables_of(planned))
        try:
            executed = execute(planned.path, changed, lambda i, n: progress.cell(slug, i, n))
            wrote = written_by(processed, slug, planned.step.outputs)
            if wrong := self._broken_promises(planned, wrote):
                raise NotebookFailedError(slug, len(executed.cells), "", wrong, executed)
        except NotebookFailedError as error:
            progress.finish(slug, failed=True)
            self._keep_failed(error)
            raise
        write_whole(self._executed(slug), _notebook_text(executed))
        self._failed(slug).unlink(missing_ok=True)
        write_whole(self._record(f"{slug}.outputs.json"), manifest.to_json(wrote))
        progress.finish(slug)

    def _tables_of(self, planned: Planned) -> set[str]:
        """Processed tables that are there and that no other step promises."""
        others = {name for p in self.plan.notebooks if p != planned for name in p.step.outputs}
        return processed_tables(self.profile.processed) - others if planned.step.outputs else set()

    def _broken_promises(self, planned: Planned, wrote: Mapping[str, str]) -> str:
        """What the notebook left out, or wrote without its step saying so; usually empty."""
        promised = [results_file(planned.slug), *(f"{name}.csv" for name in planned.step.outputs)]
        if absent := [name for name in promised if name not in wrote]:
            return f"it ended without writing {', '.join(absent)} (page.close() writes results)"
        if more := sorted(self._tables_of(planned) - set(planned.step.outputs)):
            return f"it wrote {', '.join(more)}, which its step in plan.py does not list as output"
        return ""

    def _export(self, slug: str, context: PageContext) -> None:
        import nbformat

        from ics_maturity.report import html

        notebook = nbformat.read(self._executed(slug), as_version=4)
        try:
            with _exporting:
                page = html.export(notebook, context=context)
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            raise RunFailedError(f"{slug} ran, but its page could not be made. {why}") from error
        write_whole(self._record(f"{slug}.json"), manifest.to_json(context.provenance))
        write_whole(self._record(f"{slug}.html"), manifest.stamp(page, context.provenance))

    def _context(self, planned: Planned) -> PageContext:
        return PageContext(
            profile=self.profile.name,
            label=self.profile.label,
            banner=self.profile.banner,
            file_suffix=self.profile.file_suffix,
            page=next(page for page in self._pages if page.slug == planned.slug),
            pages=self._pages,
            provenance=self._provenance(planned),
        )

    def _stop_kernels(self) -> None:
        """End the kernels of threads that a Ctrl-C does not reach."""
        if self._progress:  # else nothing was executed
            from ics_maturity.report.execute import stop_kernels

            stop_kernels()

    # Telling

    def _skip(self, job: str) -> None:
        with self._lock:
            if job.startswith(_execute("")):
                self._skipped += 1
                if self._progress:
                    self._progress.skip()

    def _shown_progress(self) -> "Progress":
        """Progress is shown from the first notebook that has to be executed."""
        with self._lock:
            if self._progress is None:
                from ics_maturity.report.progress import Progress

                self._progress = Progress(len(self.selected), done=self._skipped)
            return self._progress

    def _failed(self, slug: str) -> Path:
        return self._executed(slug).with_name(f"{slug}.failed.ipynb")

    def _keep_failed(self, error: "NotebookFailedError") -> None:
        if error.executed is not None:
            write_whole(self._failed(error.slug), _notebook_text(error.executed))

    def _explain(self, failures: Sequence[Exception]) -> str:
        from ics_maturity.report.execute import NotebookFailedError

        parts = []
        for error in failures:
            if isinstance(error, NotebookFailedError):
                where = f"{error.slug} stopped at cell {error.cell}"
                line = f": {plain_text(error.line)}" if error.line else ""
                parts.append(f"{where}{line}\nCause: {plain_text(error.cause, 600)}")
                parts.append(
                    f"Next: correct notebooks/{error.slug}.ipynb (as far as it ran it is "
                    f"{self._shown(self._failed(error.slug))}) and run the same command again; "
                    "what has finished is not repeated."
                )
            else:
                parts.append(str(error))
        kept = self._shown(self.profile.reports)
        parts.append(
            f"The last good report in {kept} is untouched."
            if (self.profile.reports / INDEX).is_file()
            else f"There is no earlier report in {kept}."
        )
        return "\n".join(parts)

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()


def _execute(slug: str) -> str:
    return f"execute {slug}"


def _notebook_text(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook)) + "\n"
