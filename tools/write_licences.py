"""Write docs/licences.md: the licence of every package that running the workbook needs.

Taken from the metadata of the installed packages, so run it in an environment installed from
uv.lock with Python 3.11, as a test does.
"""

import re
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "licences.md"

# Licences that ask nothing of who uses the workbook, or only of who changes the package itself.
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "HPND",
    "ISC", "LGPL", "LGPL-2.1-or-later", "LGPL-3.0-or-later", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0",
    "PSF-2.0", "Python-2.0", "Unlicense", "WTFPL", "Zlib", "ZPL-2.1",
}  # fmt: skip
_IN_WORDS = {"Apache 2.0": "Apache-2.0", "Apache Software License": "Apache-2.0"}
_CLASSIFIED = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "The Unlicense (Unlicense)": "Unlicense",
}

_HEAD = """# Licences of the packages the workbook runs on

{count} packages are installed for running it, each from `uv.lock` with its sha256. None is under
the GPL or the AGPL, and a test keeps it so. Packages under the LGPL would be allowed (they are
imported as they are, never changed or copied); {lgpl}. Tools for development (tests, types,
layout, fuzzing, JupyterLab) are not part of a run and not listed.

The compiled packages numpy and scipy bring the run-time libraries of the GNU compilers with them.
Those are under the GPL with the GCC Runtime Library Exception, which lets any program use them.

| package | licence | wanted by |
|---|---|---|
"""


def needed() -> dict[str, set[str]]:
    """Every package of a run, with the packages that want it; the workbook's own name is ours."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [("ics-maturity", text, frozenset[str]()) for text in project["dependencies"]]
    wanted_by: dict[str, set[str]] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        by, text, extras = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in (extras or {""})
        ):
            continue
        name = _normal(requirement.name)
        if name == "rfc3987-syntax":  # left out by an override in pyproject.toml
            continue
        wanted_by.setdefault(name, set()).add(by)
        chosen = frozenset(requirement.extras)
        if (name, chosen) not in seen:
            seen.add((name, chosen))
            waiting += [(name, text, chosen) for text in distribution(name).requires or []]
    return wanted_by


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(package: Distribution) -> str:
    """The licence's short name: the stated expression, else the classifiers, else a short text."""
    metadata = package.metadata
    if stated := metadata.get("License-Expression"):
        return str(stated)
    marks = [c.rsplit(" :: ", 1)[1] for c in metadata.get_all("Classifier") or []
             if c.startswith("License :: ") and not c.endswith("OSI Approved")]  # fmt: skip
    if marks:
        return " OR ".join(_CLASSIFIED.get(mark, mark) for mark in marks)
    words = str(metadata.get("License") or "not stated").splitlines()[0][:60]
    return _IN_WORDS.get(words, words)


def refused(stated: str) -> list[str]:
    """The parts of a licence that are not among those allowed; of alternatives one is enough."""
    alternatives = [re.split(r"\s+AND\s+|[()]", part) for part in re.split(r"\s+OR\s+", stated)]
    missing = [
        [word.strip() for word in words if word.strip() and not _allowed(word.strip())]
        for words in alternatives
    ]
    return min(missing, key=len)


def _allowed(name: str) -> bool:
    return name.split(" WITH ")[0] in ALLOWED


def licences() -> dict[str, tuple[str, set[str]]]:
    """By package its licence and what wants it."""
    return {name: (licence(distribution(name)), by) for name, by in sorted(needed().items())}


def text() -> str:
    """The whole file."""
    found = licences()
    lgpl = [name for name, (stated, _) in found.items() if "LGPL" in stated]
    head = _HEAD.format(count=len(found), lgpl=", ".join(lgpl) + " is" if lgpl else "none is")
    rows = [f"| {name} | {stated} | {', '.join(sorted(by))} |"
            for name, (stated, by) in found.items()]  # fmt: skip
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
