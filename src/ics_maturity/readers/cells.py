"""Reading one cell: text without stray blanks, and numbers that are nothing but numbers."""

import datetime
import re

_BLANKS = " \t\r\n\u00a0\u2007\u202f\u200b\ufeff"
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_CODE = re.compile(r"[A-Z0-9]{1,12}", re.ASCII)
_ABSENT_WORDS = {"nan", "na", "n/a", "null", "none", "inf", "-inf", "infinity", "-infinity", "#n/a"}


class NotANumber(ValueError):  # noqa: N818 - named after what the cell is
    """A cell that should hold a plain number does not; the message says what to do."""


def text(value: object) -> str:
    """The cell as text without blanks around it (no-break and zero-width ones too)."""
    return "" if value is None else str(value).strip(_BLANKS)


def is_filled(value: object) -> bool:
    """Whether the cell holds anything but blanks."""
    return value is not None and (not isinstance(value, str) or value.strip(_BLANKS) != "")


def number(value: object) -> float:
    """A finite number from a cell.

    Raises:
        NotANumber: a date, a truth value, a word, a decimal comma, a percent sign, an infinity
            or anything else that would have to be interpreted.
    """
    if isinstance(value, bool):
        raise NotANumber("replace TRUE or FALSE by the score")
    if isinstance(value, int | float):
        return _finite(float(value))
    if isinstance(value, datetime.date | datetime.time | datetime.timedelta):
        raise NotANumber("the cell was turned into a date: format it as a number and retype it")
    written = text(value)
    if _NUMBER.fullmatch(written):
        return _finite(float(written))
    if "," in written:
        raise NotANumber("write decimals with a point and no thousands separator")
    if "%" in written:
        raise NotANumber("write the plain number without a percent sign")
    if written.casefold() in _ABSENT_WORDS:
        raise NotANumber("leave the row out if there is no score")
    raise NotANumber("write a plain number such as 2.5")


def number_between(value: object, low: float, high: float) -> float:
    """A number from ``low`` to ``high``.

    Raises:
        NotANumber: not a plain number, or outside the scale.
    """
    found = number(value)
    if not low <= found <= high:
        raise NotANumber(f"the scale runs from {low:g} to {high:g}: check it with its source")
    return found


def _finite(value: float) -> float:
    if value != value or value in (float("inf"), float("-inf")):
        raise NotANumber("leave the row out if there is no score")
    return value + 0.0  # negative zero becomes zero


def is_code(written: str) -> bool:
    """Whether the text can be an organisation code: capital letters and digits only."""
    return _CODE.fullmatch(written) is not None
