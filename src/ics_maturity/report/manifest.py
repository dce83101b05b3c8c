"""What a report was made from, by content: stored with it, derived again by ``verify``.

Nothing here depends on the clock or on where the project lies, so the same checkout gives the
same bytes. The commit is a label for people; whether a report is current is decided by sha256.
"""

import hashlib
import html
import importlib.metadata
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ics_maturity
from ics_maturity.profiles import Profile
from ics_maturity.report.commit import commit
from ics_maturity.report.plan import Planned
from ics_maturity.sources import sha256

MANIFEST = "manifest.json"
PROVENANCE_KEYS = (
    "profile", "page", "parameters", "notebooks", "inputs", "package", "lock_sha256", "python",
    "commit",
)  # fmt: skip
_UNSEALED = "0" * 64


@dataclass(frozen=True)
class Code:
    """The code that makes reports: version and content of the package, lock, Python, commit."""

    version: str
    sha256: str
    lock_sha256: str
    python: str
    commit: str


def package_files() -> list[Path]:
    """Every file of the package that can change what it does, sorted."""
    folder = Path(ics_maturity.__file__).parent
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    )


@cache
def _package_sha256() -> str:
    folder = Path(ics_maturity.__file__).parent
    digest = hashlib.sha256()
    for path in package_files():
        digest.update(f"{path.relative_to(folder).as_posix()} {sha256(path)}\n".encode())
    return digest.hexdigest()


def code(root: Path) -> Code:
    """The code as it is now."""
    lock = root / "uv.lock"
    return Code(
        version=importlib.metadata.version("ics-maturity"),
        sha256=_package_sha256(),
        lock_sha256=sha256(lock) if lock.is_file() else "",
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        commit=commit(root),
    )


def input_files(profile: Profile) -> dict[str, Path]:
    """The files a run of the profile reads, by the name printed and stored for each."""
    listed = {f"{profile.name}/{profile.described.name}": profile.described}
    returns = {file.label: file.path for file in profile.returns}
    tables = {
        f"{kind}/{path.name}": path
        for kind, folder in (("reference", profile.reference), ("published", profile.published))
        for path in sorted(folder.glob("*.csv"))
    }
    return {**listed, **profile.instruments, **returns, **tables}


def inputs(profile: Profile) -> list[dict[str, str]]:
    """The input files that are present: id of the source (or empty), path and sha256, by path."""
    ids = {file.label: file.source_id for file in profile.returns}
    return [
        {"id": ids.get(label, ""), "path": label, "sha256": sha256(path)}
        for label, path in sorted(input_files(profile).items())
        if path.is_file()
    ]


def listed(notebook: Planned, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A notebook as provenance lists it: its name, the sha256 of its cells, its parameters."""
    return {
        "slug": notebook.slug,
        "sha256": notebook.notebook.sha256,
        "parameters": dict(parameters),
    }


def provenance(
    profile: str,
    notebooks: Sequence[Mapping[str, Any]],
    read: Sequence[Mapping[str, str]],
    made_by: Code,
    page: str = "",
) -> dict[str, Any]:
    """What a page, or with an empty ``page`` the whole report, was made from.

    Args:
        profile: name of the data profile.
        notebooks: the page's notebook and those it needs, or all, as :func:`listed` gives them.
        read: the input files, as :func:`inputs` lists them.
        made_by: the code.
        page: the page's notebook.
    """
    own: list[Mapping[str, Any]] = [item for item in notebooks if item["slug"] == page]
    return {
        "profile": profile,
        "page": page,
        "parameters": dict(own[0]["parameters"]) if own else {},
        "notebooks": [dict(item) for item in notebooks],
        "inputs": [dict(item) for item in read],
        "package": {"version": made_by.version, "sha256": made_by.sha256},
        "lock_sha256": made_by.lock_sha256,
        "python": made_by.python,
        "commit": made_by.commit,
    }


def to_json(data: Any) -> str:
    """JSON as it is stored: UTF-8, one space of indent, a final newline."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


# Provenance inside a page, for pages that travel without their manifest


def stamp(page: str, made_from: Mapping[str, Any]) -> str:
    """The HTML page with its provenance and a seal over its whole content in the head.

    The seal shows accidental change; it is no signature.

    Raises:
        ValueError: the page has no ``</head>``.
    """
    if page.count("</head>") != 1:
        raise ValueError("a page needs one </head>")
    content = html.escape(json.dumps(made_from, ensure_ascii=False, sort_keys=True))
    made = f'<meta name="ics-maturity-provenance" content="{content}">\n'
    unsealed = page.replace("</head>", made + _seal_element(_UNSEALED) + "</head>")
    digest = hashlib.sha256(unsealed.encode()).hexdigest()
    return unsealed.replace(_seal_element(_UNSEALED), _seal_element(digest))


def _seal_element(digest: str) -> str:
    return f'<meta name="ics-maturity-seal" content="{digest}">\n'


def read_stamp(page: str) -> tuple[dict[str, Any], bool] | None:
    """A stamped page's provenance, and whether its content is as it was sealed.

    None for a page without a stamp.
    """
    found = re.search(r'<meta name="ics-maturity-provenance" content="([^"]*)">', page)
    sealed = re.search(r'<meta name="ics-maturity-seal" content="([0-9a-f]{64})">', page)
    if not found or not sealed:
        return None
    unsealed = page[: sealed.start(1)] + _UNSEALED + page[sealed.end(1) :]
    intact = hashlib.sha256(unsealed.encode()).hexdigest() == sealed[1]
    try:
        return json.loads(html.unescape(found[1])), intact
    except ValueError:
        return None
