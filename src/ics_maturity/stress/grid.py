"""Many independent pieces of work: on one core, several, or an existing cluster, with one result.

Each piece has a seed of its own, finished pieces are kept on disk under a name made from all
that decides their content, and results come back in the order of the pieces. So the result does
not depend on how many workers there are, which of them finish first, or how often a run was cut
short.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits
from tqdm import tqdm

SCHEDULER = "ICS_MATURITY_SCHEDULER"  # address of a running Dask scheduler
WORKERS = "ICS_MATURITY_WORKERS"  # processes on this machine; 1 where unset
_ATTEMPTS = 4  # a worker may die of something that happens once
_CODE = ("models", "stress", "simulate")  # rooms that decide what a piece of work gives

Piece = dict[str, np.ndarray]


@dataclass(frozen=True)
class Task:
    """One piece of work: the arguments of the function, and its own seed."""

    arguments: tuple[Any, ...]
    seed: np.random.SeedSequence

    def key(self, work: Callable[..., Piece]) -> str:
        """Name made from everything that decides the piece's content: arguments, seed, code."""
        digest = hashlib.sha256()
        seed = (self.seed.entropy, *self.seed.spawn_key)
        for part in (work.__qualname__, code_digest(), seed, *self.arguments):
            for chunk in _bytes_of(part):
                digest.update(len(chunk).to_bytes(8, "big") + chunk)
        return digest.hexdigest()[:32]


def named_seed(seed: int, name: str, number: int) -> np.random.SeedSequence:
    """A seed of its own for piece ``number`` of the work called ``name``."""
    return np.random.SeedSequence(seed, spawn_key=(*name.encode(), number))


def run(
    work: Callable[..., Piece], tasks: Sequence[Task], kept: Path, words: str = "pieces"
) -> list[Piece]:
    """The pieces in the order of ``tasks``; only those not yet kept are worked out.

    Args:
        work: a function at the top of a module; it gets a task's arguments and a generator, and
            gives arrays by name.
        tasks: what to do.
        kept: folder of finished pieces. They come back from there, each written whole.
        words: what the pieces are, for the progress bar.

    Workers: a Dask cluster if ``ICS_MATURITY_SCHEDULER`` names its scheduler, else as many
    processes as ``ICS_MATURITY_WORKERS`` says. Of a killed worker only the pieces it was at are
    begun again.
    """
    kept.mkdir(parents=True, exist_ok=True)
    paths = [kept / f"{task.key(work)}.npz" for task in tasks]
    for attempt in range(1, _ATTEMPTS + 1):
        missing = [i for i, path in enumerate(paths) if not path.is_file()]
        if not missing:
            break
        try:
            with _bar(len(tasks), words) as bar:
                bar.update(len(tasks) - len(missing))
                for i, piece in _worked_out(work, tasks, missing):
                    _write(paths[i], piece)
                    bar.update()
        except TerminatedWorkerError:
            if attempt == _ATTEMPTS:
                raise
    return [_read(path) for path in paths]


def _worked_out(
    work: Callable[..., Piece], tasks: Sequence[Task], chosen: Sequence[int]
) -> Iterator[tuple[int, Piece]]:
    """The chosen pieces with their numbers, as they are finished."""
    jobs = [joblib.delayed(_one)(i, work, tasks[i].arguments, tasks[i].seed) for i in chosen]
    address = os.environ.get(SCHEDULER)
    options: dict[str, Any] = (
        {"backend": "dask", "scheduler_host": address}
        if address
        else {"backend": "loky", "n_jobs": int(os.environ.get(WORKERS, "1"))}
    )
    with joblib.parallel_config(**options):
        yield from joblib.Parallel(return_as="generator_unordered")(jobs)


def _one(
    i: int, work: Callable[..., Piece], arguments: tuple[Any, ...], seed: np.random.SeedSequence
) -> tuple[int, Piece]:
    # Sums of linear algebra depend on the number of threads.
    with threadpool_limits(1):
        return i, work(*arguments, np.random.default_rng(seed))


def _write(path: Path, piece: Piece) -> None:
    """The file appears whole or not at all, whoever is killed meanwhile."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **piece)
    partial.replace(path)


def _read(path: Path) -> Piece:
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


@cache
def code_digest() -> str:
    """The sha256 of the code behind a piece of work, and the version of numpy and scipy."""
    digest = hashlib.sha256(f"{version('numpy')} {version('scipy')}".encode())
    package = resources.files("ics_maturity")
    for room in _CODE:
        folder = Path(str(package / room))
        for file in sorted(folder.rglob("*")):
            if file.suffix in (".py", ".toml"):
                digest.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def _bytes_of(value: object) -> Iterator[bytes]:
    """The content of a value: arrays by their numbers, dataclasses by their fields."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield field.name.encode()
            yield from _bytes_of(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for name in sorted(value):
            yield str(name).encode()
            yield from _bytes_of(value[name])
    elif isinstance(value, (tuple, list)):
        yield f"{len(value)} items".encode()
        for item in value:
            yield from _bytes_of(item)
    elif isinstance(value, (str, int, float, bool, type(None))):
        yield f"{type(value).__name__} {value!r}".encode()
    else:
        raise TypeError(f"a {type(value).__name__} cannot be part of the name of kept work")


@contextmanager
def _bar(total: int, words: str) -> Iterator[tqdm]:
    """A progress bar on the terminal, never in the output of a notebook's cell.

    A kernel catches what is written to its standard error; the terminal behind it is what
    ``fileno`` gives. Where there is no terminal there is no bar.
    """
    try:
        terminal = os.fdopen(os.dup(sys.stderr.fileno()), "w")
    except (OSError, ValueError, AttributeError):
        terminal = open(os.devnull, "w")  # noqa: SIM115 - closed below, whichever it is
    with terminal, tqdm(
        total=total, desc=words, file=terminal, disable=not terminal.isatty(), leave=False,
        position=2, mininterval=0.5,
    ) as bar:  # fmt: skip
        yield bar
