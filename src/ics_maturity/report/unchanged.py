"""Whether anything has changed since the same command last ended well.

A digest of all that a run reads (notebooks, package, returns, reference, lock, commit) is taken
before it starts, one of all that it leaves (processed files, report) when it has ended well. While
both stay what they were, running again would do nothing, and this module finds that out without
loading anything that a run needs. Where it is in doubt the run itself decides, page by page.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import ics_maturity
from ics_maturity.paths import SOURCES_VARIABLE
from ics_maturity.report.commit import CODE_PATHS, commit

RECORD = "run/unchanged.json"
_NOT_CONTENT = {"__pycache__", "lock", Path(RECORD).name}


@dataclass(frozen=True)
class Ended:
    """A run that ended well: what was asked, what it read and what it left.

    ``elsewhere`` are the files it read outside the project's own folders, as seen from its root;
    ``read`` and ``left`` are digests.
    """

    asked: list[str]
    elsewhere: list[str]
    read: str
    left: str


def question(only: str | None, ics: Sequence[str], settings: Iterable[str]) -> list[str]:
    """What is asked of a run, in one form: two equal questions have the same answer."""
    return [f"only={only or ''}", *(f"ics={code}" for code in ics), *sorted(settings)]


def own_digest(root: Path) -> str:
    """Digest of what a run reads in the project itself, with the Python and the commit."""
    about = [*sys.version_info[:2], commit(root)]
    return _digest(own_paths(root), json.dumps(about))


def read_digest(root: Path, own: str, elsewhere: Sequence[str]) -> str:
    """Digest of all that a run reads: the project's own (:func:`own_digest`) and other files."""
    about = [own, os.environ.get(SOURCES_VARIABLE, "")]
    return _digest([root / path for path in elsewhere], json.dumps(about))


def left_digest(root: Path, profile: str) -> str:
    """Digest of all that runs on the data profile leave, and of who may look into it."""
    folders = [root / "data/processed" / profile, root / "reports" / profile]
    modes = [os.stat(folder).st_mode for folder in folders]
    return _digest(folders, json.dumps(modes))


def keep(root: Path, profile: str, ended: Ended) -> None:
    """Remember the run, if there is room: a run without a record decides for itself."""
    record = root / "data/processed" / profile / RECORD
    with suppress(OSError):
        record.write_text(json.dumps(asdict(ended)) + "\n", encoding="utf-8")


def is_unchanged(root: Path, profile: str, asked: Sequence[str]) -> bool:
    """Whether the same run on the data profile would find nothing to do."""
    folder = root / "data/processed" / profile
    try:
        ended = Ended(**json.loads((folder / RECORD).read_text(encoding="utf-8")))
        return (
            ended.asked == list(asked)
            and ended.read == read_digest(root, own_digest(root), ended.elsewhere)
            and ended.left == left_digest(root, profile)
        )
    except (OSError, ValueError, TypeError):
        return False


def elsewhere(root: Path, files: Mapping[str, Path]) -> list[str]:
    """Of the files a run reads, those outside the project's own folders."""
    own = [path.resolve() for path in own_paths(root)]
    paths = {path.resolve() for path in files.values()}
    outside = (path for path in paths if not any(path.is_relative_to(folder) for folder in own))
    return sorted(os.path.relpath(path, root) for path in outside)


def own_paths(root: Path) -> list[Path]:
    """The files and folders of the project that a run reads; the package, where it is installed."""
    package = Path(ics_maturity.__file__).parent
    return [package, *(root / name for name in CODE_PATHS if name != "src")]


def _digest(paths: Iterable[Path], about: str) -> str:
    """One digest of files, and of folders with all that is in them; what is absent counts too."""
    digest = hashlib.sha256(about.encode())
    for i, start in enumerate(paths):
        for path in _files(start):
            content = Path(path).read_bytes()
            digest.update(f"\0{i} {os.path.relpath(path, start)} {len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def _files(path: Path | str) -> Iterator[str]:
    if os.path.isdir(path):
        for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
            if entry.name not in _NOT_CONTENT:
                yield from _files(entry.path)
    elif os.path.isfile(path):
        yield os.fspath(path)
