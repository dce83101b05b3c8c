"""Findings from named results: prose that cannot print a number nobody computed.

A finding is Markdown with fields, ``{name:format}``, where ``name`` is a named result. The
formats are few on purpose:

=============  ==========================================================
``2dp``        fixed decimals (0dp to 6dp): 0.12, −0.03
``signed2dp``  the same with its sign: +0.12, −0.03, 0.00
``int``        rounded to a whole number, thousands marked: 1,234
``pct``        a share as a percentage to one decimal: 0.123 is 12.3%
``pct0``       the same, whole: 12%
``p``          a p-value with its sign of relation: p = 0.034, p < 0.001
``ci2dp``      value and interval: 0.12 (95% interval −0.03 to 0.27)
``range2dp``   interval alone: −0.03 to 0.27
``cipct``      the same as ci2dp for shares: 12.3% (95% interval 4.0% to 20.1%)
``n``          the number of units behind the result: 204
``method``     how it was estimated
``text``       a result that is text (also when no format is given)
=============  ==========================================================

``2dp``, ``signed2dp``, ``ci2dp`` and ``range2dp`` may be followed by a space and ``unit``,
which prints the result's declared unit after the number. Anything else is an error.

``$round`` and the like stand for years or slugs that the caller gives by name, in a field's name
(``{mix.tau2_$round:3dp}``) or in the text.
"""

import inspect
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

from ics_maturity.results import Result, Results

MINUS = "\u2212"


class ProseError(ValueError):
    """A finding that cannot be written as it stands."""


# Numbers


def fixed(value: float, digits: int, *, signed: bool = False) -> str:
    """Fixed decimals with a true minus sign; nought has no sign, and no bound is ∞."""
    text = f"{abs(value):,.{digits}f}".replace("inf", "∞")
    if not text.strip("0.,"):
        return text
    return (MINUS if value < 0 else "+" if signed else "") + text


def percent(share: float, digits: int = 1) -> str:
    """A share from 0 to 1 as a percentage."""
    return f"{fixed(100 * share, digits)}%"


def p_value(p: float) -> str:
    """A p-value with its sign of relation, to three decimals."""
    if not 0 <= p <= 1:
        raise ProseError(f"{p} is not a p-value: it lies outside 0 to 1")
    if p < 0.001:
        return "p < 0.001"
    return "p > 0.999" if p > 0.9995 else f"p = {p:.3f}"


def _value(result: Result) -> float:
    if isinstance(result.value, str):
        raise ProseError(f"{result.name} is text, not a number: print it with the format 'text'")
    return result.value


def _ends(result: Result) -> tuple[float, float]:
    if result.low is None or result.high is None:
        raise ProseError(f"{result.name} has no interval")
    return result.low, result.high


def _interval(result: Result, show: Callable[[float], str]) -> str:
    low, high = _ends(result)
    return f"{show(low)} to {show(high)}"


def _with_interval(result: Result, show: Callable[[float], str]) -> str:
    return f"{show(_value(result))} (95% interval {_interval(result, show)})"


def _n(result: Result) -> str:
    if result.n is None:
        raise ProseError(f"{result.name} has no n")
    return f"{result.n:,}"


def _text(result: Result) -> str:
    if not isinstance(result.value, str):
        raise ProseError(f"{result.name} is a number: say how to print it, such as 2dp")
    return result.value


_DECIMAL: dict[str, Callable[[Result, int], str]] = {
    "": lambda r, d: fixed(_value(r), d),
    "signed": lambda r, d: fixed(_value(r), d, signed=True),
    "ci": lambda r, d: _with_interval(r, lambda x: fixed(x, d)),
    "range": lambda r, d: _interval(r, lambda x: fixed(x, d)),
}
_WHOLE: dict[str, Callable[[Result], str]] = {
    "int": lambda r: fixed(_value(r), 0),
    "pct": lambda r: percent(_value(r)),
    "pct0": lambda r: percent(_value(r), 0),
    "cipct": lambda r: _with_interval(r, percent),
    "p": lambda r: p_value(_value(r)),
    "n": _n,
}
_TYPED_BY_SOMEBODY: dict[str, Callable[[Result], str]] = {
    "method": lambda r: r.method,
    "text": _text,
    "": _text,
}
FORMATS = (*_WHOLE, *(f"{name}2dp" for name in _DECIMAL), "method", "text")


def _same(text: str) -> str:
    return text


def format_result(result: Result, spec: str, escape: Callable[[str], str] = _same) -> str:
    """The result in one of the formats of this module; ``escape`` is applied to its text.

    Raises:
        ProseError: an unknown format, or one that does not fit the result.
    """
    if spec in _WHOLE:
        return _WHOLE[spec](result)
    if spec in _TYPED_BY_SOMEBODY:
        return escape(_TYPED_BY_SOMEBODY[spec](result))
    match = re.fullmatch(r"([a-z]*)([0-6])dp( unit)?", spec)
    if not match or match[1] not in _DECIMAL:
        known = ", ".join(FORMATS)
        raise ProseError(f"'{spec}' is not a format for {result.name}: use one of {known}")
    shown = _DECIMAL[match[1]](result, int(match[2]))
    if not match[3]:
        return shown
    if not result.unit:
        raise ProseError(f"'{spec}' does not fit {result.name}: it has no unit to print")
    return f"{shown} {escape(result.unit)}"


# Templates


def escape_markdown(text: str) -> str:
    """Text that Markdown, HTML and mathematics all leave as it is, on one line.

    Every ASCII punctuation mark becomes a numeric character reference, which Markdown never
    reads as markup.
    """
    line = " ".join(text.split())
    return "".join(f"&#{ord(c)};" if c in string.punctuation else c for c in line)


class _Fields(string.Formatter):
    """Named results as the only fields; a dotted name is one name, never an attribute."""

    def __init__(self, results: Results, escape: Callable[[str], str]) -> None:
        self._results = results
        self._escape = escape

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> tuple[Result, str]:
        return self._results[field_name], field_name

    def convert_field(self, value: Any, conversion: Any) -> Any:
        if conversion is not None:
            raise ProseError(f"{value.name}!{conversion}: conversions are not allowed")
        return value

    def format_field(self, value: Any, format_spec: str) -> str:
        return format_result(value, format_spec, self._escape)

    def check_unused_args(self, used_args: Any, args: Any, kwargs: Any) -> None:
        return None


def _fill(template: str, results: Results, escape: Callable[[str], str]) -> str:
    try:
        return _Fields(results, escape).vformat(template, (), {})
    except ProseError:
        raise
    except ValueError as error:
        raise ProseError(f"{error} (in '{_shorten(template)}')") from None


def _name(template: str, names: Mapping[str, int | str]) -> str:
    """The template with ``$name`` replaced by the year or slug of that name."""
    for name, value in names.items():
        if not re.fullmatch(r"[a-z0-9_]{1,40}", str(value)):
            raise ProseError(f"${name} is {value!r}: only a year or a slug can stand in a template")
    try:
        return string.Template(template).substitute(names)
    except (KeyError, ValueError) as error:
        raise ProseError(f"${error} in '{_shorten(template)}': give it by name") from None


def plain(template: str, results: Results, **names: int | str) -> str:
    """The template with its results filled in, as text for captions and alternative texts."""
    return _fill(_name(template, names), results, _same)


def markdown(template: str, results: Results, **names: int | str) -> str:
    """The template with its results filled in and escaped, as Markdown.

    Raises:
        ProseError: an unknown format, or Markdown that findings may not hold.
        ResultError: an unknown name.
    """
    text = _name(inspect.cleandoc(template), names)
    check_markdown(text)
    return _fill(text, results, escape_markdown)


def results_used(template: str, **names: int | str) -> list[str]:
    """Names of the results that a template prints, each once, sorted."""
    fields = string.Formatter().parse(_name(template, names))
    return sorted({name for _, name, _, _ in fields if name})


# Markdown that findings may hold: paragraphs, lists, quotes, emphasis, code spans and links.
_FORBIDDEN = {
    "raw HTML": re.compile(r"<[A-Za-z/!?]"),
    "an image (use page.figure)": re.compile(r"!\["),
    "a heading (write it in a Markdown cell)": re.compile(r"^ {0,3}(#{1,6}\s|=+\s*$|-+\s*$)", re.M),
    "a table (use page.table)": re.compile(r"^\s*\|", re.M),
    "mathematics": re.compile(r"\$"),
    "a code block": re.compile(r"^(```|~~~| {4})", re.M),
    "a link that is neither https nor within the report": re.compile(
        r"\]\s*[(\[:]\s*(?!https://|#|[\w./-]+\.(?:html|csv|json)\b)"
    ),
}


def check_markdown(text: str) -> None:
    """Refuse Markdown that findings may not hold.

    Raises:
        ProseError: naming what was found.
    """
    for what, pattern in _FORBIDDEN.items():
        if found := pattern.search(text):
            place = _shorten(text[found.start() :])
            raise ProseError(f"findings may not hold {what}: '{place}'")


def _shorten(text: str, width: int = 60) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"
