"""Write docs/data_dictionary.md from the declarations in the package.

Run after a column is added or renamed; a test compares the file with what this writes.
"""

from collections.abc import Iterable
from pathlib import Path

from ics_maturity.claims.register import TABLES as CLAIMS
from ics_maturity.columns import DECLARED
from ics_maturity.reference_tables import TABLES
from ics_maturity.returns import RETURNS_DICTIONARY

TARGET = Path(__file__).resolve().parent.parent / "docs" / "data_dictionary.md"

_HEAD = """# Data dictionary

What every column means, taken from the package's own declarations. Each CSV also has its dictionary
beside it as `NAME.schema.json` (a Frictionless table schema).
"""


def _table(rows: Iterable[tuple[str, ...]], *head: str) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in lines
    )


def text() -> str:
    """The whole file."""
    parts = [_HEAD, "## Tidy returns\n", "`returns.csv` and `items.csv`, one row per fact.\n"]
    fields = RETURNS_DICTIONARY["fields"]
    parts.append(_table(((f"`{f['name']}`", f["type"], f["description"]) for f in fields),
                        "column", "type", "meaning"))  # fmt: skip
    parts.append("\n## Reference tables\n")
    for name, table in TABLES.items():
        rows = ((f"`{c}`", field.kind, field.meaning) for c, field in table.fields.items())
        parts.append(f"### {name}.csv\n\n{_table(rows, 'column', 'type', 'meaning')}\n")
    parts.append("## The register of published claims\n")
    for name, table in CLAIMS.items():
        rows = ((f"`{c}`", field.kind, field.meaning) for c, field in table.fields.items())
        parts.append(f"### {name}.csv\n\n{_table(rows, 'column', 'type', 'meaning')}\n")
    parts.append("## Tables of the report\n")
    for name, columns in DECLARED.items():
        cells = ((f"`{c}`", column.label, column.meaning, column.unit)
                 for c, column in columns.items())  # fmt: skip
        parts.append(f"### {name}\n\n{_table(cells, 'column', 'label', 'meaning', 'unit')}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
