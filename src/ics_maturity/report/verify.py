"""Is a report, or a single page, still what the present code and data would give?

Altered: a file is not as it was written. Stale: the files are whole, but notebooks, package, lock
or returns have changed since. Current: neither.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ics_maturity.errors import InputError, Problem
from ics_maturity.paths import project_root
from ics_maturity.profiles import load_profile
from ics_maturity.report import manifest
from ics_maturity.report.assemble import altered
from ics_maturity.report.plan import STEPS, Step, load_plan

State = Literal["current", "stale", "altered"]


@dataclass(frozen=True)
class Verdict:
    """The state with its reasons; ``unchecked`` says what could not be compared here."""

    state: State
    reasons: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()


def verify(path: Path, *, root: Path | None = None, steps: Sequence[Step] = STEPS) -> Verdict:
    """Judge a report folder, its ``manifest.json``, or a single HTML page.

    Raises:
        InputError: there is no report or stamped page at ``path``.
    """
    root = root or project_root()
    if path.is_file() and path.suffix == ".html":
        stamps = {path.name: _stamp(path)}
        faults = [f"{name} was changed" for name, (_, intact) in stamps.items() if not intact]
    else:
        folder = path.parent if path.name == manifest.MANIFEST else path
        files, pages = _read_manifest(folder)
        faults = altered(folder, files)
        stamps = {page: _stamp(folder / page) for page in pages if not faults}
    if faults:
        return Verdict("altered", tuple(faults))
    now = _Present(root, steps)
    changes: list[str] = []
    unchecked: set[str] = set()
    for page, (made_from, _) in stamps.items():
        changed, absent = now.compare(made_from)
        changes += [f"{page}: {change}" for change in changed]
        unchecked.update(absent)
    state: State = "stale" if changes else "current"
    return Verdict(state, tuple(changes), tuple(sorted(unchecked)))


def _read_manifest(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The listed files, and the addresses of the pages."""
    try:
        written = json.loads((folder / manifest.MANIFEST).read_text(encoding="utf-8"))
        return written["files"], [page["href"] for page in written["pages"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            Problem(
                f"a report folder with {manifest.MANIFEST}, or a page of one",
                folder.name,
                fix="make one with: ics-maturity run",
            )
        ) from None


def _stamp(page: Path) -> tuple[dict[str, Any], bool]:
    stamp = manifest.read_stamp(page.read_text(encoding="utf-8"))
    if stamp is None:
        raise InputError(Problem("a page made by ics-maturity run", page.name))
    return stamp


class _Present:
    """The present code and data, derived once and compared with many pages.

    The commit and the version of Python are labels: content decides.
    """

    def __init__(self, root: Path, steps: Sequence[Step]) -> None:
        self._root = root
        self._code = manifest.code(root)
        self._notebooks = {p.slug: p.notebook.sha256 for p in load_plan(root, steps).notebooks}
        self._inputs: dict[str, dict[str, str]] = {}

    def _inputs_of(self, profile: str) -> dict[str, str]:
        if profile not in self._inputs:
            read = manifest.inputs(load_profile(profile, self._root))
            self._inputs[profile] = {item["path"]: item["sha256"] for item in read}
        return self._inputs[profile]

    def compare(self, made_from: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """What has changed since, and which inputs are not here to be compared."""
        changed = []
        if made_from["package"]["sha256"] != self._code.sha256:
            changed.append("the package has changed")
        if made_from["lock_sha256"] != self._code.lock_sha256:
            changed.append("the locked environment (uv.lock) has changed")
        for notebook in made_from["notebooks"]:
            if self._notebooks.get(notebook["slug"]) != notebook["sha256"]:
                changed.append(f"notebook {notebook['slug']} has changed")
        present = self._inputs_of(made_from["profile"])
        read = {item["path"]: item["sha256"] for item in made_from["inputs"]}
        if made_from.get("release"):  # its input files are known by content only
            same = sorted(read.values()) == sorted(present.values())
            return changed if same else [*changed, "the input files have changed"], []
        changed += [
            f"input {path} has changed"
            for path in sorted(read.keys() & present.keys())
            if read[path] != present[path]
        ]
        changed += [f"input {path} is new" for path in sorted(present.keys() - read.keys())]
        return changed, sorted(read.keys() - present.keys())
