"""Write docs/data_dictionary.md and docs/profile.schema.json from the declarations in the package.

Run after a column or key is added or renamed; a test compares the files with what this writes.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from ics_maturity.claims.register import TABLES as CLAIMS
from ics_maturity.columns import DECLARED
from ics_maturity.profiles import ListedFile, ProfileFile
from ics_maturity.reference_tables import TABLES
from ics_maturity.returns import RETURNS_DICTIONARY

TARGET = Path(__file__).resolve().parent.parent / "docs" / "data_dictionary.md"

SCHEMA = TARGET.with_name("profile.schema.json")

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
    parts.append("## profile.yaml\n\nThe same as a JSON schema: `docs/profile.schema.json`.\n")
    for model, where in ((ProfileFile, "At the top"), (ListedFile, "For each of `returns`")):
        keys = ((f"`{name}`", "yes" if field.is_required() else "no", str(field.description))
                for name, field in model.model_fields.items())  # fmt: skip
        parts.append(f"### {where}\n\n{_table(keys, 'key', 'required', 'meaning')}\n")
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


def schema() -> str:
    """The JSON schema of profile.yaml, for editors that check while one types."""
    return json.dumps(ProfileFile.model_json_schema(), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema(), encoding="utf-8", newline="\n")
    TARGET.write_text(text(), encoding="utf-8", newline="\n")
