"""Named results: the only source of numbers in prose, titles and tests.

A result is one number (or one short text) with its unit, interval, sample size, method and
the notebook that found it. Notebooks write theirs to one JSON file each; prose, the index
and the tests read them by name.
"""

import difflib
import json
import math
import numbers
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

Value = float | int | str

LONGEST_TEXT = 200
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)+")
# Interpreters and BLAS builds differ in the last digits of a double: what is stored is
# what they agree on.
_DIGITS = 12


class ResultError(ValueError):
    """A result that cannot be stored, or a name that does not exist."""


def _number(value: Any, what: str) -> float | int:
    """A plain finite int or float from any real number (numpy's included)."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ResultError(f"{what} must be a number, not {type(value).__name__} {value!r}")
    if isinstance(value, numbers.Integral):
        return int(value)
    if not math.isfinite(value):
        raise ResultError(f"{what} must be a finite number, not {value}")
    return float(f"{float(value):.{_DIGITS}g}")


def _value(value: Any, what: str) -> Value:
    if not isinstance(value, str):
        return _number(value, what)
    if len(value) > LONGEST_TEXT:
        raise ResultError(f"{what} is text of {len(value)} characters; at most {LONGEST_TEXT} fit")
    if not value.isprintable():
        raise ResultError(f"{what} must be one line of printable text, not {value!r}")
    return value


@dataclass(frozen=True, slots=True)
class Result:
    """One named result.

    ``name`` is ``topic.slug`` in lower case; ``value`` a finite number or a text of at most
    200 characters; ``low`` and ``high`` the ends of its 95% interval in the same unit (both
    or neither); ``n`` the number of units behind it; ``method`` how it was estimated.
    Numbers are kept to 12 significant digits.
    """

    name: str
    value: Value
    unit: str = ""
    low: float | None = None
    high: float | None = None
    n: int | None = None
    method: str = ""
    notebook: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ResultError(
                f"'{self.name}' is not a result's name: write topic.slug in lower-case letters, "
                "digits and underscores, such as mix.tau2_2025"
            )
        put = object.__setattr__  # the class is frozen; plain Python numbers replace numpy's
        put(self, "value", _value(self.value, self.name))
        if (self.low is None) != (self.high is None):
            raise ResultError(f"{self.name} has one end of an interval: give low and high, or none")
        for end in ("low", "high"):
            if (bound := getattr(self, end)) is not None:
                put(self, end, _number(bound, f"{self.name}, {end}"))
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ResultError(f"{self.name} has low {self.low} above high {self.high}")
        if self.n is not None:
            n = _number(self.n, f"{self.name}, n")
            if n < 0 or n != int(n):
                raise ResultError(f"{self.name} has n = {n}; n is a whole number, 0 or more")
            put(self, "n", int(n))


class Results:
    """Named results, sorted by name, each name held once."""

    def __init__(self, results: Iterable[Result] = ()) -> None:
        self._by_name: dict[str, Result] = {}
        for result in results:
            self.add(result)

    def add(self, result: Result) -> None:
        """Keep a result. The notebook that owns a name may replace it; no other may."""
        held = self._by_name.get(result.name)
        if held and held.notebook != result.notebook:
            raise ResultError(
                f"{result.name} of {result.notebook or 'no notebook'} is already a result of "
                f"{held.notebook or 'no notebook'}: choose another name"
            )
        self._by_name[result.name] = result

    def __getitem__(self, name: str) -> Result:
        if name not in self._by_name:
            raise ResultError(self._unknown(name))
        return self._by_name[name]

    def get(self, name: str) -> Result | None:
        """The result of that name, or None."""
        return self._by_name.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Result]:
        return (self._by_name[name] for name in sorted(self._by_name))

    def __len__(self) -> int:
        return len(self._by_name)

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, sorted(self._by_name), n=3, cutoff=0.5)
        if near:
            return f"no result is named '{name}'. Near names: {', '.join(near)}"
        return f"no result is named '{name}'; {len(self)} results are known"

    def text(self) -> str:
        """The results as JSON: a list of objects sorted by name."""
        return json.dumps([asdict(result) for result in self], ensure_ascii=False, indent=1) + "\n"

    def write(self, path: Path) -> None:
        """Write :meth:`text`; the file appears whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f"{path.name}.part")
        temporary.write_text(self.text(), encoding="utf-8", newline="\n")
        os.replace(temporary, path)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """Read what :meth:`write` wrote.

        Raises:
            ResultError: the file is not a list of results; the message names the file.
        """
        try:
            listed = json.loads(path.read_text(encoding="utf-8"))
            return cls(_from_json(item) for item in listed)
        except (json.JSONDecodeError, TypeError, ResultError) as error:
            raise ResultError(f"{path.name} is not a file of named results: {error}") from None

    @classmethod
    def read_folder(cls, folder: Path, *, before: str | None = None) -> "Results":
        """Results of every notebook in a folder, or of those sorted before ``before``."""
        paths = sorted(folder.glob("*.json"))
        together = cls()
        for path in paths:
            if before is None or path.stem < before:
                for result in cls.read(path):
                    together.add(result)
        return together


def _from_json(item: Any) -> Result:
    known = {field.name for field in fields(Result)}
    if not isinstance(item, dict) or not set(item) <= known:
        raise ResultError(f"an entry should be an object with the keys {', '.join(sorted(known))}")
    return Result(**item)
