"""Writing files whose bytes depend on their content alone: no clock, no zip timestamps."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from openpyxl import Workbook

_EPOCH = datetime(2025, 1, 1)  # any fixed day; the files are invented
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can hold
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def write_rows(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV in UTF-8 with line feeds, as the published files are."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """A table as CSV in UTF-8 with line feeds."""
    table.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def write_json(path: Path, content: Any) -> None:
    """JSON a person can read, keys in the order given."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def write_yaml(path: Path, content: Any) -> None:
    """YAML, keys in the order given."""
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=96)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_workbook(path: Path, book: Workbook) -> None:
    """A workbook with fixed times in its properties and in its zip members."""
    book.properties.creator = "ics_maturity.simulate"
    book.properties.created = _EPOCH
    raw = io.BytesIO()
    book.save(raw)
    stamp = _EPOCH.isoformat().encode() + b"Z"
    with (
        zipfile.ZipFile(raw) as saved,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as fixed,
    ):
        for member in saved.infolist():
            content = saved.read(member)
            if member.filename == "docProps/core.xml":  # saving stamps it with the clock
                content = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", content)
            entry = zipfile.ZipInfo(member.filename, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # else it names the operating system
            fixed.writestr(entry, content)
