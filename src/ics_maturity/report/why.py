"""Why a job runs: what differs between the state it last ran in and the present one, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from ics_maturity.report.graph import Job, State

_FINGERPRINTS = {
    "package": "the package has changed",
    "lock_sha256": "the locked environment (uv.lock) has changed",
    "python": "the version of Python has changed",
    "promises": "the tables it promises have changed",
    "context": "what the page says around its notebook has changed",
}


def reasons(job: Job, before: State | None, now: State) -> list[str]:
    """The reasons, each a few words; never empty for a job that runs."""
    if before is None:
        return ["it has not been made here before"]
    found = _notebook(before.get("notebooks") or {}, now.get("notebooks") or {})
    found += _files(_by_path(before), _by_path(now), "input {} has changed")
    found += [words for key, words in _FINGERPRINTS.items() if before.get(key) != now.get(key)]
    found += _files(before.get("depends", {}), now["depends"], "{} is not as it was")
    if job.forced:
        found.append("it was asked for")
    return found or ["what it wrote is absent or was altered"]


def _notebook(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    found = []
    if before.get("sha256") != now.get("sha256"):
        found.append("its notebook has changed")
    was, given = before.get("parameters", {}), now.get("parameters", {})
    found += [
        f"parameter {name} is {given.get(name)!r}, was {was.get(name)!r}"
        for name in sorted(was.keys() | given.keys())
        if was.get(name) != given.get(name)
    ]
    return found


def _by_path(state: State) -> dict[str, str]:
    inputs: Sequence[Mapping[str, str]] = state.get("inputs", [])
    return {item["path"]: item["sha256"] for item in inputs}


def _files(before: Mapping[str, str], now: Mapping[str, str], words: str) -> list[str]:
    return [
        words.format(_what(name))
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]


def _what(name: str) -> str:
    """The runner's own records by what they stand for."""
    wrote = name.removesuffix(".outputs.json")
    if wrote != name:
        return f"what {wrote} wrote"
    return "its executed notebook" if name.endswith(".ipynb") else name
