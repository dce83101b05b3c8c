"""Write docs/bad_input.md from the corpus of bad input that the tests run.

Run after a case is added or changed; a test compares the file with what this writes.
"""

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "bad_input.md"
sys.path.insert(0, str(ROOT / "tests"))

from corpus import CASES, Case, Logged, Refused  # noqa: E402

_HEAD = """# What happens to bad input

{total} faults, each put into a valid file of its layout and read by the tests
(`tests/corpus`, `tests/unit/test_bad_input.py`). {refused} are refused: one error lists every
fault of the file with its place, what was found, what was expected and what to do. {logged} are
read, and an entry in the quality log says what was found and what became of it; notebook 01
counts the entries by kind. {read} change nothing and need no word. No case ends in a bare
traceback, and none changes a score unsaid.

Severities: a *note* is worth knowing, a *warning* may mislead, *quarantined* is not used.

What cannot be noticed: a CSV cut off exactly at the end of a row, a wrong score that is on the
scale and that no other published number contradicts, and two columns whose values were
exchanged while their headings stayed. `ics-maturity check` prints the number of scores read
from each file, to be held against what was sent.
"""
_BECOMES = {
    "the same": "scores unchanged",
    "set aside": "these scores set aside, the others unchanged",
    "as given": "scores used as the file gives them",
}


def _outcome(case: Case) -> str:
    outcome = case.outcome
    if isinstance(outcome, Refused):
        place = [
            f"{name} {part}"
            for name, part in (("sheet", outcome.sheet), ("row", outcome.row),
                               ("column", outcome.column))
            if part
        ]  # fmt: skip
        said = f": expected {outcome.expected}" if outcome.expected else ""
        return f"refused{said}" + (f" ({', '.join(place)})" if place else "")
    if isinstance(outcome, Logged):
        return f"{outcome.severity} `{outcome.kind}`; {_BECOMES[outcome.scores]}"
    return "read as the valid file"


def _cell(text: str) -> str:
    plain = "".join(c if c.isprintable() else "�" for c in text)
    for mark in "\\|<>*[]":
        plain = plain.replace(mark, f"\\{mark}")
    return plain if len(plain) <= 120 else f"{plain[:119]}…"


def text() -> str:
    """The whole file."""
    kinds = Counter(type(case.outcome) for case in CASES)
    parts = [_HEAD.format(total=len(CASES), refused=kinds[Refused], logged=kinds[Logged],
                          read=len(CASES) - kinds[Refused] - kinds[Logged])]  # fmt: skip
    for family in dict.fromkeys(case.family for case in CASES):
        parts.append(f"\n## {family.capitalize()}\n\n| layout | fault | outcome |\n|---|---|---|")
        parts += [
            f"| {case.layout} | {_cell(case.name)} | {_cell(_outcome(case))} |"
            for case in CASES
            if case.family == family
        ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
