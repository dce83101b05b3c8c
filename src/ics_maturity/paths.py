"""Where the project is: notebooks, tests and the command find it from any folder."""

import os
from pathlib import Path

from ics_maturity.errors import InputError, Problem

ROOT_VARIABLE = "ICS_MATURITY_ROOT"
SOURCES_VARIABLE = "ICS_MATURITY_SOURCES"  # the folder with the officially published files


def is_project(folder: Path) -> bool:
    """Whether the folder holds the register of sources and the notebooks."""
    return (folder / "data/raw/sources.yaml").is_file() and (folder / "notebooks").is_dir()


def project_root(start: Path | None = None) -> Path:
    """The project's root folder.

    ``ICS_MATURITY_ROOT`` names it; without that variable it is the nearest folder, from
    ``start`` (by default the working directory) upwards, that holds ``data/raw/sources.yaml``
    and ``notebooks/``.

    Raises:
        InputError: there is no such folder.
    """
    if named := os.environ.get(ROOT_VARIABLE):
        root = Path(named).resolve()
        if is_project(root):
            return root
        raise InputError(
            Problem(
                "a project folder, with data/raw/sources.yaml and notebooks/",
                column=ROOT_VARIABLE,
                value=named,
                fix=f"correct or unset the environment variable {ROOT_VARIABLE}",
            )
        )
    start = (start or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if is_project(folder):
            return folder
    raise InputError(
        Problem(
            "to be inside a project folder, with data/raw/sources.yaml and notebooks/",
            file=str(start),
            fix=f"change to the project's folder, or set {ROOT_VARIABLE} to it",
        )
    )


def inside(folder: Path, relative: str, within: Path | None = None) -> Path:
    """The path ``relative``, as seen from ``folder``.

    Args:
        folder: where the path starts.
        relative: the path.
        within: the folder it may not lead out of, ``folder`` itself unless given.

    Raises:
        ValueError: it is absolute, or leads out of that folder (symbolic links followed).
    """
    limit = within or folder
    path = (folder.resolve() / relative).resolve()
    if not relative or Path(relative).is_absolute() or not path.is_relative_to(limit.resolve()):
        raise ValueError(f"'{relative}' is not a path inside {limit.name}/")
    return path
