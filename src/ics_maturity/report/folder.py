"""Files and folders that appear whole or not at all."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_USER_ONLY = 0o700


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8); the old one stays until the new one is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    os.replace(part, path)


def replace_folder(folder: Path, files: Mapping[str, Path | bytes]) -> None:
    """Put a folder with exactly these files (by relative path) in the place of ``folder``.

    The new folder is completed beside the old one first. A command killed between the two
    renames that exchange them is made good by the next :func:`recover`. A file that has not
    changed is not written again but taken over from the old folder, time stamp and all.
    """
    new, old = _new(folder), _old(folder)
    shutil.rmtree(new, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)
    for parent in {(new / relative).parent for relative in files}:
        parent.mkdir(parents=True, exist_ok=True)
    for relative, content in files.items():
        content = content.read_bytes() if isinstance(content, Path) else content
        if not _taken_over(folder / relative, content, new / relative):
            (new / relative).write_bytes(content)
    if folder.exists():
        os.rename(folder, old)
    os.rename(new, folder)
    shutil.rmtree(old, ignore_errors=True)


def _taken_over(old: Path, content: bytes, new: Path) -> bool:
    """Link the new file to the old one, if that has this content and the file system has links.

    Writing a file takes about ten times as long, and most of a report's thousand stay the same.
    """
    with suppress(OSError):
        if not old.is_symlink() and old.read_bytes() == content:
            os.link(old, new)
            return True
    return False


def recover(folder: Path) -> None:
    """Bring back the last good folder after a command that was killed while exchanging it."""
    if not folder.exists() and _old(folder).exists():
        os.rename(_old(folder), folder)
    shutil.rmtree(_new(folder), ignore_errors=True)
    shutil.rmtree(_old(folder), ignore_errors=True)


def _new(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.new")


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


@contextmanager
def for_the_user_alone(folders: Iterable[Path]) -> Iterator[None]:
    """While the block runs, whatever is written can be read by the user alone.

    Kernels started inside inherit it. The folders are closed to others, now and afterwards.
    """
    before = os.umask(0o777 & ~_USER_ONLY)
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(_USER_ONLY)
        yield
    finally:
        os.umask(before)
