"""The dependency graph, kept by doit: what is stale, in which order, side by side.

A job is stale when the content of a file it depends on has changed, its settings have, or what
it wrote is not there any more as it was written. Time stamps are never looked at.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from doit.cmd_base import ModuleTaskLoader, get_loader
from doit.dependency import DatabaseException
from doit.doit_cmd import DoitMain
from doit.exceptions import TaskFailed
from doit.reporter import ZeroReporter

from ics_maturity.sources import sha256

State = dict[str, Any]


@dataclass(frozen=True)
class Job:
    """One piece of work.

    ``depends`` are files of other jobs whose content it depends on, ``after`` names of jobs that
    come first, ``settings`` whatever else it depends on (plain values and data classes of them),
    ``intact`` says whether what it wrote is still there, ``forced`` that it must run anyway.
    """

    name: str
    action: Callable[[], None]
    depends: Sequence[Path]
    after: Sequence[str] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    intact: Callable[[], bool] = lambda: True
    forced: bool = False

    def state(self) -> State:
        """All that it depends on, as it is now."""
        files = {path.name: sha256(path) if path.is_file() else "" for path in self.depends}
        text = json.dumps({**self.settings, "depends": files}, default=vars)
        state: State = json.loads(text)
        return state


@dataclass
class Outcome:
    """What happened: names of the jobs that ran, and the errors of those that failed."""

    ran: list[str] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)


OnStart = Callable[[Job, State | None, State], None]


def in_lanes(jobs: Sequence[Job], lanes: int) -> list[Job]:
    """The jobs, each after the one so many places before it, so that that many can run at once.

    doit starts jobs in the order in which they became able to run. Where many become so at one
    moment, a job that others wait for and that is able a little later would come after them all.
    """
    free, behind = jobs[:lanes], zip(jobs[lanes:], jobs, strict=False)
    return [*free, *(replace(job, after=[*job.after, before.name]) for job, before in behind)]


def run_jobs(
    jobs: Sequence[Job],
    database: Path,
    workers: int,
    on_skip: Callable[[str], None],
    on_start: OnStart = lambda *_: None,
) -> Outcome:
    """Run the stale jobs in order, up to ``workers`` at a time in threads of this process.

    The first failure stops what has not begun; what succeeded is remembered in ``database``, so
    the next call continues from there. Of jobs that can run from the beginning, the first in
    ``jobs`` runs first.
    ``on_skip`` hears the names of jobs that are not stale; ``on_start`` each other job, the state
    in which it last ran (None if it never has) and its present one.
    """
    outcome = Outcome()
    tasks = {job.name: _task(job, outcome, on_start) for job in jobs}

    def task_jobs() -> Any:
        yield from tasks.values()

    class Reporter(ZeroReporter):
        def add_success(self, task: Any) -> None:
            if task.executed:
                outcome.ran.append(_job_name(task))

        def skip_uptodate(self, task: Any) -> None:
            on_skip(_job_name(task))

        def add_failure(self, task: Any, fail: Any) -> None:
            if not outcome.failures:
                outcome.failures.append(RuntimeError(fail.get_msg()))

    database.parent.mkdir(parents=True, exist_ok=True)
    settings = {
        "dep_file": str(database),
        "backend": "sqlite3",
        "reporter": Reporter,
        "num_process": workers if workers > 1 else 0,
        "par_type": "thread",
        "verbosity": 0,
    }
    tasks_and_settings = {"DOIT_CONFIG": settings, "task_jobs": task_jobs}
    try:
        _run_doit(ModuleTaskLoader(tasks_and_settings), list(tasks))
    except DatabaseException:  # the record is damaged; without it everything counts as stale
        database.unlink()
        _run_doit(ModuleTaskLoader(tasks_and_settings), list(tasks))
    return outcome


def _run_doit(loader: ModuleTaskLoader, names: Sequence[str]) -> None:
    """doit's command "run", without configuration files of the working directory.

    The tasks are named one by one: doit then prefers a task that others have waited for to one
    that it has not looked at yet, which it would not within a group.
    """
    main = DoitMain(loader, config_filenames=())
    commands = main.get_cmds()
    command = commands.get_plugin("run")(
        task_loader=get_loader(main.config, loader, commands),
        config=main.config,
        bin_name=main.BIN_NAME,
        cmds=commands,
        opt_vals={},
    )
    command.parse_execute([f"jobs:{name}" for name in names])


def _job_name(task: Any) -> str:
    return str(task.name).removeprefix("jobs:")


def _task(job: Job, outcome: Outcome, on_start: OnStart) -> dict[str, Any]:
    states: dict[str, Any] = {"before": None, "now": {}}

    def unchanged(task: Any, values: dict[str, Any]) -> bool:
        states.update(before=values.get("state"), now=job.state())
        task.value_savers.append(lambda: {"state": states["now"]})
        return bool(states["before"] == states["now"])

    def act() -> TaskFailed | None:
        on_start(job, states["before"], states["now"])
        try:
            job.action()
        except Exception as error:
            outcome.failures.append(error)
            return TaskFailed(str(error))
        return None

    return {
        "name": job.name,
        "actions": [act],
        "task_dep": [f"jobs:{name}" for name in job.after],
        "uptodate": [unchanged, not job.forced, job.intact],
        "io": {"capture": False},
    }
