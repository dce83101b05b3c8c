"""Instrument files: TOML to checked instruments, every fault named at once."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments.checks import contradictions, place
from ics_maturity.instruments.model import Instrument

LARGEST_FILE = 1_000_000
_WORDS = {
    "extra_forbidden": "only known keys",
    "missing": "a value",
    "int_type": "a whole number, without quotes",
    "float_type": "a number, without quotes",
    "string_type": "text in quotes",
    "tuple_type": "a list",
    "finite_number": "a finite number",
}
_FIXES = {
    "extra_forbidden": "correct its spelling, or remove it",
    "missing": "add it; docs/new_instrument.md says what it means",
}


def read_instruments(
    files: Mapping[str, Path], packaged: Mapping[str, Mapping[str, Any]]
) -> tuple[Instrument, ...]:
    """The instruments in some TOML files, by year.

    A file may say ``inherits = "ID"``: what it leaves out is then taken from that instrument, of
    another of these files or of the workbook.

    Args:
        files: by the name that messages use.
        packaged: content of the workbook's own instruments by id, to inherit from.

    Raises:
        InputError: every fault in every file; or two files with the same id or round.
    """
    problems: list[Problem] = []
    contents: dict[str, dict[str, Any]] = {}
    for name, path in files.items():
        try:
            contents[name] = _read(path, name)
        except InputError as error:
            problems += error.problems
    by_id = {**packaged, **{str(c.get("id", "")): c for c in contents.values()}}
    found: dict[str, Instrument] = {}
    for name, content in contents.items():
        try:
            found[name] = parse(_inherited(content, by_id, name), name)
        except InputError as error:
            problems += error.problems
    if problems := problems + _repeated(found):
        raise InputError(problems)
    return tuple(sorted(found.values(), key=lambda one: one.round))


def parse(content: Mapping[str, Any], file: str) -> Instrument:
    """The content of one instrument file as an instrument, nothing converted.

    Raises:
        InputError: every fault in it.
    """
    try:
        # Through JSON, where a list is what a tuple is made of and text is never a number.
        found = Instrument.model_validate_json(json.dumps(content, default=str), strict=True)
    except ValidationError as error:
        raise InputError([_problem(one, file) for one in error.errors(include_url=False)]) from None
    if problems := contradictions(found, file):
        raise InputError(problems)
    return found


def _read(path: Path, file: str) -> dict[str, Any]:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(
                Problem(f"at most {LARGEST_FILE:,} bytes", file=file, value=f"{size:,} bytes")
            )
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(Problem(f"a readable file ({error.strerror})", file=file)) from None
    except UnicodeDecodeError:
        raise InputError(Problem("text in UTF-8", file=file, fix="save it as UTF-8")) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        fix = "text stands in quotes, a part begins with [name] or, where it repeats, [[name]]"
        raise InputError(Problem("TOML", file=file, value=str(error), fix=fix)) from None


def _inherited(
    content: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], file: str
) -> dict[str, Any]:
    """The content over that of the instrument it inherits from, and so on upwards."""
    together, seen = dict(content), [content.get("id")]
    while "inherits" in together:
        parent = together.pop("inherits")
        if parent in seen or not isinstance(parent, str) or parent not in by_id:
            others = ", ".join(sorted(name for name in by_id if name and name not in seen))
            raise InputError(
                Problem(f"the id of another instrument ({others})", file=file, column="inherits",
                        value=str(parent), fix="correct it, or write out all parts")
            )  # fmt: skip
        seen.append(parent)
        together = {**by_id[parent], **together}
    return together


def _repeated(found: Mapping[str, Instrument]) -> list[Problem]:
    problems = []
    for key in ("id", "round"):
        first: dict[object, str] = {}
        for file, one in found.items():
            other = first.setdefault(getattr(one, key), file)
            if other != file:
                problems.append(
                    Problem(f"each {key} in one file only", file=file, column=key,
                            value=f"{getattr(one, key)}, as in {other}",
                            fix="a profile holds one instrument per round; give another one a "
                            "folder and profile of its own")
                )  # fmt: skip
    return problems


def _problem(fault: Any, file: str) -> Problem:
    said = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(
        _WORDS.get(fault["type"], said),
        file=file,
        column=place(*fault["loc"]),
        value=None if fault["type"] == "missing" else str(fault["input"]),
        fix=_FIXES.get(fault["type"], "correct it"),
    )
