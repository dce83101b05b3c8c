"""Errors that a person filling in a spreadsheet can act on."""

from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 20
_VALUE_WIDTH = 80


def plain_text(value: object, width: int = _VALUE_WIDTH) -> str:
    """One printable line: control characters escaped, at most ``width`` characters.

    Cell contents are untrusted, and a message may end up in a terminal or a log.
    """
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(value)
    )
    return text if len(text) <= width else text[: width - 1] + "…"


def visible(text: str) -> str:
    """The text with control characters, and those that turn its direction, written out.

    Blanks of every kind stay; accents and other alphabets too.
    """
    return "".join(
        c if c.isprintable() or c.isspace() else c.encode("unicode_escape").decode() for c in text
    )


def on_terminal(text: str) -> str:
    """Lines for a terminal to show and never obey: whatever is not printable is written out.

    A carriage return, unlike the other blanks, would let a line be written over.
    """
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text
    )


def harmless(value: object, width: int = 300) -> str:
    """Untrusted text for a table: printable, and never a formula when a spreadsheet opens it."""
    plain = plain_text(value, width)
    first = plain.lstrip()
    is_formula = first[:1] in ("=", "+", "@") or (first[:1] == "-" and not first[1:2].isdigit())
    return f"'{plain}" if is_formula else plain


def _sentence(words: str) -> str:
    """The words with a full stop, printable too: a hint may repeat a heading of the file."""
    plain = plain_text(words, width=600)
    return plain if plain.endswith((".", "?", "!")) else f"{plain}."


@dataclass(frozen=True)
class Problem:
    """One fault in an input: where it is, what was found, what was expected, what to do.

    ``row`` is the row number as a spreadsheet shows it (the header is usually row 1);
    ``column`` is a column name or a cell reference. Parts left empty are not printed.
    """

    expected: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str | None = None
    fix: str = ""

    def __str__(self) -> str:
        place = ", ".join(
            f"{name} {plain_text(part)}"
            for name, part in (
                ("file", self.file),
                ("sheet", self.sheet),
                ("row", self.row),
                ("column", self.column),
            )
            if part not in ("", None)
        )
        found = "" if self.value is None else f"found '{plain_text(self.value)}'; "
        fix = f" Fix: {_sentence(self.fix)}" if self.fix else ""
        return f"{place + ': ' if place else ''}{found}expected {_sentence(self.expected)}{fix}"


class InputError(Exception):
    """One or more faults that stop an input from being read, all listed at once."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: list[Problem] = (
            [problems] if isinstance(problems, Problem) else list(problems)
        )
        super().__init__(self.problems)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:_SHOWN]]
        more = len(self.problems) - len(shown)
        if more:
            shown.append(f"... and {more} more of the same kind or others.")
        return "\n".join(shown)
