"""A lint for notebooks: numbers in prose come from named results, never from the keyboard.

It reads the text handed to ``page.findings``, ``page.text`` and, where they are written out,
the titles, captions, notes and alternative texts of tables and figures. A digit outside a
field is a fault unless it belongs to a name on a short list.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# What may hold digits without being a finding. Longer patterns first.
_NAMES = (
    r"\b20(?:1[5-9]|2[0-6])(?:/(?:1[6-9]|2[0-6]))?\b",  # rounds: 2019, 2015/16
    r"\b0[1-9]_[a-z_]+",  # notebooks: 03_model_mix_and_rurality
    r"\bnotebooks? 0[1-9]\b",
    r"\b95%",  # the level of every interval
    r"\b0 to 100\b|\b1 to 5\b|\b0 to 1\b|\bof 100\b",  # scales
    r"\bL[0-4]\b",  # rungs of the claims ladder
    r"\bE[1-8]\b",  # estimands
    r"\bC(?:0[1-9]|[12]\d|3[0-7])\b",  # claims in the register
    r"\b(?:CR2|CV3|HC3)\b",  # variance estimators
    r"^ *\d+\. ",  # markers of a numbered list
)
_ALLOWED = re.compile("|".join(f"(?:{pattern})" for pattern in _NAMES), re.MULTILINE)
_FIELD = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_LINK_TARGET = re.compile(r"\]\([^)]*\)")
_NUMERAL = re.compile(r"[^\s\d]{0,10}\d[^\s]{0,10}")

_TEMPLATES = ("findings", "text")
_SHOWING = ("table", "figure")
_WORDS = ("title", "caption", "alt", "note")


@dataclass(frozen=True)
class Fault:
    """One fault: the cell's position in the notebook (from 0), the line in the cell, why."""

    cell: int
    line: int
    why: str

    def __str__(self) -> str:
        return f"cell {self.cell}, line {self.line}: {self.why}"


def bare_numerals(text: str) -> list[str]:
    """Digits outside fields and allowed names, each with what surrounds it."""
    bare = _ALLOWED.sub(" ", _LINK_TARGET.sub("] ", _FIELD.sub(" ", text)))
    return [found.strip() for found in _NUMERAL.findall(bare)]


def lint_findings(notebook: Mapping[str, Any]) -> list[Fault]:
    """Every fault in a notebook (nbformat 4, as a mapping), in reading order."""
    faults = []
    for position, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            source = cell["source"]
            text = source if isinstance(source, str) else "".join(source)
            faults += [Fault(position, line, why) for line, why in _cell_faults(text)]
    return faults


def _cell_faults(source: str) -> list[tuple[int, str]]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [(error.lineno or 1, f"the cell is not plain Python: {error.msg}")]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    faults = [(call.lineno, why) for call in calls for why in _call_faults(call)]
    return sorted(faults)


def _call_faults(call: ast.Call) -> Iterator[str]:
    name = _called(call)
    if name in ("Markdown", "HTML", "Latex"):
        yield f"{name}(...) bypasses the named results: use page.findings or page.table"
    if name in _TEMPLATES:
        yield from _template_faults(name, call)
    if name in _SHOWING:
        for keyword in call.keywords:
            if keyword.arg in _WORDS:
                yield from _words_faults(keyword.arg, keyword.value)


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        of_page = isinstance(call.func.value, ast.Name) and call.func.value.id == "page"
        return call.func.attr if of_page else ""
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _template_faults(name: str, call: ast.Call) -> Iterator[str]:
    if not call.args or not isinstance(call.args[0], ast.Constant):
        yield f"page.{name} takes one plain string with fields such as {{topic.slug:2dp}}"
        return
    for numeral in bare_numerals(str(call.args[0].value)):
        yield f"'{numeral}' is a bare numeral in page.{name}: name the result and print it"


def _words_faults(word: str, value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Call):  # page.text(...) is linted as the call it is
        return
    for part in ast.walk(value):
        if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
            yield f"a formatted number in {word}: write page.text('... {{topic.slug:2dp}}')"
    for literal in _literals(value):
        for numeral in bare_numerals(literal):
            yield f"'{numeral}' is a bare numeral in {word}: write page.text('... {{topic.slug}}')"


def _literals(value: ast.expr) -> Iterator[str]:
    """Written-out text of a string or f-string, without the format specifications."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        for part in value.values:
            if isinstance(part, ast.Constant):
                yield str(part.value)
    elif isinstance(value, ast.BinOp):
        yield from _literals(value.left)
        yield from _literals(value.right)
