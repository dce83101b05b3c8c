"""The command ``ics-maturity``.

Only argparse is imported here: each command imports what it needs when it is called, so that
help and an unchanged rerun stay quick.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

VERDICTS = {"current": 0, "stale": 1, "altered": 2}
FAILED, USAGE, INTERRUPTED = 1, 2, 130
_READABLE = ("RunFailedError", "LeakError")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 on failure and 2 on wrong usage.

    ``verify`` answers with its exit code: 0 current, 1 stale, 2 altered.
    """
    parser = _parser()
    chosen = parser.parse_args(arguments)
    try:
        return int(chosen.handler(chosen))
    except KeyboardInterrupt:
        _say("Interrupted. What had finished is kept.", error=True)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if chosen.debug:
            raise
        _say(_message(error), error=True)
        return FAILED


def _message(error: Exception) -> str:
    from ics_maturity.errors import InputError, plain_text

    readable = isinstance(error, InputError) or type(error).__name__ in _READABLE
    if readable:
        return f"ics-maturity: {error}"
    if isinstance(error, OSError):
        said = f"ics-maturity: {error.strerror or error}: {error.filename or ''}"
        return plain_text(said.rstrip(": "), 600)
    what = plain_text(f"{type(error).__name__}: {error}", 600)
    return f"ics-maturity: unexpected {what}\nThe same command with --debug shows where."


# Commands


def _run(chosen: argparse.Namespace) -> int:
    from ics_maturity.paths import project_root

    root = project_root()
    if not chosen.watch:
        _run_once(chosen, root)
        return 0
    return _watch(chosen, root)


def _watch(chosen: argparse.Namespace, root: Path) -> int:
    """Run after every change, until Ctrl-C; what was wrong is told and can be put right."""
    from ics_maturity.report.watch import run_on_change

    def run() -> None:
        try:
            _run_once(chosen, root)
        except Exception as error:
            if chosen.debug:
                raise
            _say(_message(error), error=True)
        chosen.force = False
        _say("Waiting for changes; Ctrl-C ends.", error=True)

    try:
        run_on_change(root, run)
    finally:
        _stop_kernels()
    _say("The workbook's own code has changed: start the command again.", error=True)
    return FAILED


def _stop_kernels() -> None:
    """End what a run has left warm for the next; if there was one, its module is loaded."""
    if execute := sys.modules.get("ics_maturity.report.execute"):
        execute.stop_kernels()


def _run_once(chosen: argparse.Namespace, root: Path) -> None:
    from ics_maturity.report.unchanged import is_unchanged, question

    only = chosen.only or ("profiles" if chosen.ics else None)
    asked = question(only, chosen.ics, chosen.settings)
    if not chosen.force and is_unchanged(root, chosen.data, asked):
        executed: Sequence[str] = ()
    else:
        executed = _bring_up_to_date(chosen, only)
    if not executed:
        _say("Nothing has changed: no notebook was executed.", error=True)
    _say(_shown(root / "reports" / chosen.data / "index.html"))
    if chosen.release:
        from ics_maturity.release.build import release

        _say(_shown(release(chosen.data, least=chosen.min_providers) / "index.html"))


def _bring_up_to_date(chosen: argparse.Namespace, only: str | None) -> Sequence[str]:
    """Run; the pages that had to be executed."""
    from ics_maturity.report.parameters import split_settings
    from ics_maturity.report.run import run

    # Where the heavy work is done is no part of what it gives: the notebooks' kernels inherit this.
    if chosen.scheduler:
        from ics_maturity.stress.scheduler import check_scheduler

        check_scheduler(chosen.scheduler)
        os.environ["ICS_MATURITY_SCHEDULER"] = chosen.scheduler
    if chosen.workers:
        os.environ["ICS_MATURITY_WORKERS"] = str(chosen.workers)
    return run(
        chosen.data,
        only=only,
        ics=chosen.ics,
        settings=split_settings(chosen.settings),
        jobs=chosen.jobs,
        force=chosen.force,
        warm=chosen.kernel == "warm",
        why=chosen.why,
        keep_warm=chosen.watch,
    ).executed


def _list(chosen: argparse.Namespace) -> int:
    from ics_maturity.paths import project_root
    from ics_maturity.report.parameters import defaults
    from ics_maturity.report.plan import load_plan

    for planned in load_plan(project_root()).notebooks:
        needs = ", ".join(planned.step.needs) or "nothing"
        takes = ", ".join(f"{k}={v}" for k, v in defaults(planned.step.parameters).items())
        _say(f"{planned.slug}\n    {planned.notebook.title}\n    needs {needs}; takes {takes}")
    return 0


def _fetch(chosen: argparse.Namespace) -> int:
    from ics_maturity.fetch import fetch
    from ics_maturity.paths import SOURCES_VARIABLE, project_root
    from ics_maturity.sources import load_register, sources_folder, verify

    root = project_root()
    register = load_register(root)
    everything = register.sources if chosen.all else register.returns
    wanted = [register[name] for name in chosen.only] if chosen.only else everything
    folder = sources_folder(root)
    if os.environ.get(SOURCES_VARIABLE):
        verify(wanted, folder)
        _say(f"{len(wanted)} files verified where {SOURCES_VARIABLE} says; nothing to fetch")
        return 0
    done = fetch(register, folder, from_dir=chosen.from_dir, only=[s.id for s in wanted])
    for source_id, how in done.items():
        _say(f"{register[source_id].path}: {how}, sha256 verified")
    return 0


def _template(chosen: argparse.Namespace) -> int:
    from ics_maturity.readers import template

    for path in template.write_template(chosen.out):
        _say(_shown(path))
    return 0


def _check(chosen: argparse.Namespace) -> int:
    from ics_maturity.check import check_returns
    from ics_maturity.errors import InputError

    try:
        _say(check_returns(chosen.folder))
    except InputError as error:
        if chosen.debug:
            raise
        found = len(error.problems)
        _say(f"ics-maturity: {found} problem{'s' * (found > 1)} would stop a run:", error=True)
        _say("\n".join(map(str, error.problems)), error=True)  # every one, however many
        return FAILED
    return 0


def _simulate(chosen: argparse.Namespace) -> int:
    from ics_maturity import simulate

    if chosen.returns_of:
        from ics_maturity.profiles import load_folder

        seed = simulate.PROFILE_SEED if chosen.seed is None else chosen.seed
        profile = load_folder(chosen.returns_of, chosen.returns_of.resolve().name)
        for path in simulate.write_profile_returns(profile, seed):
            _say(_shown(path))
        return 0
    simulate.write_demo(chosen.out, simulate.DEMO_SEED if chosen.seed is None else chosen.seed)
    _say(_shown(chosen.out))
    return 0


def _publish(chosen: argparse.Namespace) -> int:
    from ics_maturity.paths import project_root
    from ics_maturity.report.publish import publish
    from ics_maturity.report.run import run

    run("open", jobs=chosen.jobs)
    for path in publish(project_root()):
        _say(_shown(path))
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    from ics_maturity.report.verify import verify

    verdict = verify(chosen.path)
    _say(f"{chosen.path}: {verdict.state}")
    for reason in verdict.reasons:
        _say(f"  {reason}")
    if verdict.unchecked:
        _say(f"  not here, so not compared: {', '.join(verdict.unchecked)}")
    return VERDICTS[verdict.state]


def _say(text: str, *, error: bool = False) -> None:
    """Print lines, of which a terminal obeys nothing that came with the data."""
    from ics_maturity.errors import on_terminal

    print(on_terminal(text), file=sys.stderr if error else sys.stdout)


def _shown(path: Path) -> str:
    """The path as seen from the working directory, where it lies below it."""
    path = path.resolve()
    here = Path.cwd().resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


# The command line


class _Parser(argparse.ArgumentParser):
    """Says what is wrong and where help is, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        from ics_maturity.errors import on_terminal

        self.exit(USAGE, f"ics-maturity: {on_terminal(message)}\nHelp: {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    common = _Parser(add_help=False)
    common.add_argument("--debug", action="store_true", help="show where an error came from")
    parser = _Parser(
        prog="ics-maturity",
        description="NHS digital maturity: from assessment returns to checked HTML reports.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, handler: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text, parents=[common])
        added.set_defaults(handler=handler)
        return added

    add = command("run", _run, "Execute what has changed and write the report.")
    add.add_argument(
        "--data", default="demo", metavar="NAME",
        help="data profile: demo, open, own or an example, such as urgent_care",
    )  # fmt: skip
    add.add_argument("--only", metavar="NN", help="one notebook (or profiles), and what it needs")
    add.add_argument(
        "--ics", action="append", default=[], metavar="CODE",
        help="with --only profiles: only this system's page; may be repeated",
    )  # fmt: skip
    add.add_argument(
        "--jobs", type=_positive, default=default_jobs(), metavar="N", help="notebooks side by side"
    )
    add.add_argument(
        "--workers", type=_positive, metavar="N", help="processes of the stress test (usually 1)"
    )
    add.add_argument(
        "--scheduler", metavar="ADDRESS", help="Dask scheduler for the stress test, instead"
    )
    add.add_argument("--force", action="store_true", help="execute even where nothing changed")
    add.add_argument("--why", action="store_true", help="say of each page what has changed")
    add.add_argument(
        "--watch", action="store_true", help="stay, and run again whenever something has changed"
    )
    add.add_argument(
        "--kernel", choices=("warm", "ordinary"), default="warm",
        help="fork kernels where possible (the default), or start each anew; same report",
    )  # fmt: skip
    add.add_argument(
        "-P", dest="settings", action="append", default=[], metavar="NAME=VALUE",
        help="set a parameter (ics-maturity list names them); may be repeated",
    )  # fmt: skip

    add.add_argument(
        "--release", choices=["aggregate"],
        help="also write pages for sharing, with nothing about a single provider",
    )  # fmt: skip
    add.add_argument(
        "--min-providers", type=_positive, default=3, metavar="N",
        help="fewest providers behind any number of a release (default 3)",
    )  # fmt: skip

    command("list", _list, "List the notebooks with what they need and take.")

    add = command("fetch", _fetch, "Bring the officially published files here and verify them.")
    add.add_argument(
        "--from", dest="from_dir", type=_folder, metavar="DIR", help="take them from a folder"
    )
    add.add_argument("--only", action="append", metavar="ID", help="one file; may be repeated")
    add.add_argument("--all", action="store_true", help="also the files behind data/raw/reference")

    add = command("template", _template, "Write an empty returns file and its data dictionary.")
    add.add_argument(
        "--out", type=Path, default=Path("returns.xlsx"), metavar="FILE", help=".xlsx or .csv"
    )

    add = command("check", _check, "Read your own returns and report every problem.")
    add.add_argument("folder", type=_folder, help="folder with profile.yaml, as data/raw/own")

    add = command("simulate", _simulate, "Write invented returns with a known truth.")
    what = add.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, metavar="DIR", help="write demo data into this folder")
    what.add_argument(
        "--returns-of", type=_folder, metavar="DIR",
        help="write the return files that the folder's profile.yaml lists",
    )  # fmt: skip
    add.add_argument("--seed", type=int, help="seed of the invented world")

    add = command("publish", _publish, "Bring the open run's brief and findings into the README.")
    add.add_argument(
        "--jobs", type=_positive, default=default_jobs(), metavar="N", help="notebooks side by side"
    )

    add = command("verify", _verify, "Say whether a report is current, stale or altered.")
    add.add_argument("path", type=Path, help="a folder of reports/, or one of its pages")
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1 to 64")
    return number


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"'{text}' is no folder")
    return Path(text)


def default_jobs() -> int:
    """One more than the processors: a page waits now and then. Not more: pages need memory."""
    return min(8, (os.cpu_count() or 1) + 1)


if __name__ == "__main__":
    sys.exit(main())
