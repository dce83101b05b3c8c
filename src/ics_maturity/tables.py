"""Report tables: declared columns, a caption, scoped headers, and the same content as CSV.

A table has four faces made from one frame: HTML for the page, rounded text for a terminal,
a CSV in full precision, and a dictionary of its columns (a Frictionless table schema).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import pandas as pd
from jinja2 import Environment, StrictUndefined
from pandas.api import types

from ics_maturity.errors import visible
from ics_maturity.prose import fixed, percent

Style = Literal["number", "signed", "percent", "p", "plain", "words"]

MISSING = "–"
SCROLLED_ABOVE = 60
CUT_ABOVE = 250
_SHOWN_FIRST, _SHOWN_LAST = 40, 10
_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_FORMULA = ("=", "+", "-", "@")  # also behind blanks, tabs among them


class TableError(ValueError):
    """A table that would leave its reader guessing."""


@dataclass(frozen=True)
class Column:
    """What a column is called and means, and how its values are printed.

    ``label`` and ``unit`` are printed in the header, ``meaning`` goes to the column
    dictionary. ``digits`` is the number of decimals (required for fractional numbers).
    ``style``: number, signed (always with its sign), percent (of a share from 0 to 1), p
    (p-value), plain (a number without thousands marks, such as a year) or words (a slug
    printed with spaces). Columns that
    follow each other with the same ``group`` share a header above their own.
    """

    label: str
    meaning: str = ""
    unit: str = ""
    digits: int | None = None
    style: Style = "number"
    group: str = ""


@dataclass(frozen=True)
class Table:
    """A finished table: its four faces."""

    name: str
    caption: str
    html: str
    text: str
    csv: str
    dictionary: str


# Cells


def _cell(value: Any, column: Column) -> str:
    """One value as printed."""
    if pd.isna(value):
        return MISSING
    if isinstance(value, str):
        text = value.replace("_", " ") if column.style == "words" else value
        return visible(" ".join(text.split()))
    if types.is_bool(value):
        return "yes" if value else "no"
    digits = column.digits or 0
    match column.style:
        case "percent":
            return percent(value, digits)
        case "p":
            return "<0.001" if value < 0.001 else f"{value:.3f}"
        case "plain":
            return fixed(value, digits).replace(",", "")
        case _:
            return fixed(value, digits, signed=column.style == "signed")


def _is_number(series: pd.Series) -> bool:
    return types.is_numeric_dtype(series) and not types.is_bool_dtype(series)


def _printed(frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """The frame with every value as it is printed."""
    return pd.DataFrame(
        {name: [_cell(value, columns[name]) for value in frame[name]] for name in frame},
        dtype="str",
    )


def _check(name: str, caption: str, frame: pd.DataFrame, columns: Mapping[str, Column]) -> None:
    if not _SLUG.fullmatch(name):
        raise TableError(f"'{name}' is not a table's name: use lower-case letters, digits and _")
    if not caption.strip():
        raise TableError(f"table {name} needs a caption that says what it shows")
    odd = [str(c) for c in frame if not isinstance(c, str) or not _SLUG.fullmatch(c)]
    if odd:
        raise TableError(f"table {name}: columns need lower-case slugs, not {', '.join(odd)}")
    undeclared = [c for c in frame if c not in columns]
    absent = [c for c in columns if c not in frame]
    if undeclared or absent or not len(frame.columns):
        raise TableError(
            f"table {name}: every column is declared once. Not declared: {undeclared or 'none'}; "
            f"declared but absent: {absent or 'none'}"
        )
    for column in frame:
        shown = columns[column]
        if not shown.label.strip():
            raise TableError(f"table {name}: column {column} has an empty label")
        rounded = shown.digits is not None or shown.style == "p"
        if types.is_float_dtype(frame[column]) and not rounded:
            raise TableError(f"table {name}: column {column} holds fractions; declare its digits")


# Faces


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV: numbers to 10 significant digits; text on one line, with an apostrophe
    before what a spreadsheet would run as a formula. Taking that apostrophe away again where
    one of = + - @ follows gives the text back."""
    safe = frame.copy()
    for name in safe:
        if not types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(_neutral, na_action="ignore")
    return safe.to_csv(index=False, float_format="%.10g", lineterminator="\n")


def _neutral(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    line = visible(re.sub(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+", " ", value))
    return f"'{line}" if line.startswith("\t") or line.lstrip().startswith(_FORMULA) else line


def dictionary_text(
    title: str,
    frame: pd.DataFrame,
    columns: Mapping[str, Column] | None = None,
    *,
    notebook: str = "",
) -> str:
    """The column dictionary: a Frictionless table schema as JSON, with a title and the
    notebook that wrote the table."""
    fields = []
    for name in frame:
        field = {"name": name, "type": _kind(frame[name])}
        if columns and name in columns:
            column = columns[name]
            field |= {"title": column.label, "description": column.meaning, "unit": column.unit}
        fields.append({key: value for key, value in field.items() if value})
    schema = {"title": title, "notebook": notebook, "fields": fields, "missingValues": [""]}
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _kind(series: pd.Series) -> str:
    if types.is_bool_dtype(series):
        return "boolean"
    if types.is_integer_dtype(series):
        return "integer"
    return "number" if types.is_numeric_dtype(series) else "string"


def _header(column: Column) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


def _text(caption: str, printed: pd.DataFrame, headers: list[str], right: list[bool]) -> str:
    """The table in fixed-width characters."""
    rows = [headers, *printed.to_numpy().tolist()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(headers))]
    lines = [
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
    return "\n".join(
        [caption, "", lines[0], "  ".join("-" * width for width in widths), *lines[1:]]
    )


def _cut(printed: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows that are shown and the number left to the CSV."""
    left_out = len(printed) - _SHOWN_FIRST - _SHOWN_LAST
    if len(printed) <= CUT_ABOVE:
        return printed, 0
    return pd.concat([printed.head(_SHOWN_FIRST), printed.tail(_SHOWN_LAST)]), left_out


# A line may break after an underscore, as in the names of files.
_TEMPLATE = """
{% macro broken(text) %}{{ text|replace("_", "_<wbr>"|safe) }}{% endmacro %}
{% macro header(column, rows=none) %}
  <th{{ {"class": column.number, "rowspan": rows, "scope": "col"}|xmlattr }}>
    {{ column.label }}
    {%- if column.unit %}{{ " " }}<span class="unit">({{ column.unit }})</span>{% endif %}
  </th>
{% endmacro %}
<div class="scroll{{ tall }}" role="region" tabindex="0" aria-labelledby="{{ name }}-caption">
  <table>
    <caption id="{{ name }}-caption"><span>{{ caption }}</span></caption>
    <thead>
      <tr>
        {% for group, columns in groups %}
          {% if not group %}
            {% for column in columns %}{{ header(column, 2 if grouped else none) }}{% endfor %}
          {% elif columns|length > 1 %}
            <th colspan="{{ columns|length }}" scope="colgroup"><span>{{ group }}</span></th>
          {% else %}
            <th scope="col"><span>{{ group }}</span></th>
          {% endif %}
        {% endfor %}
      </tr>
      {% if grouped %}
        <tr>
          {% for group, columns in groups if group %}
            {% for column in columns %}{{ header(column) }}{% endfor %}
          {% endfor %}
        </tr>
      {% endif %}
    </thead>
    <tbody>
      {% for row in rows %}
        <tr>
          <th scope="row">{{ broken(row[0]) }}</th>
          {% for cell in row[1:] %}
            <td{{ {"class": numbers[loop.index]}|xmlattr }}>{{ broken(cell) }}</td>
          {% endfor %}
        </tr>
      {% endfor %}
    </tbody>
  </table>
</div>
"""
# Blanks at the ends of its lines are there for us alone.
_MARKUP = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    "".join(line.strip() for line in _TEMPLATE.splitlines())
)


def _html(
    name: str,
    caption: str,
    printed: pd.DataFrame,
    columns: Mapping[str, Column],
    right: list[bool],
) -> str:
    """The table with a caption and scopes, in a region a keyboard can scroll."""
    numbers = ["number" if to_right else None for to_right in right]
    heads = [
        {"label": c.label, "unit": c.unit, "number": number, "group": c.group if i else ""}
        for i, (c, number) in enumerate(zip((columns[n] for n in printed), numbers, strict=True))
    ]
    return _MARKUP.render(
        name=name,
        caption=caption,
        tall=" tall" if len(printed) > SCROLLED_ABOVE else "",
        grouped=any(head["group"] for head in heads),
        groups=[(group, list(own)) for group, own in groupby(heads, key=itemgetter("group"))],
        rows=printed.to_numpy().tolist(),
        numbers=numbers,
    )


def build(
    frame: pd.DataFrame,
    name: str,
    *,
    caption: str,
    columns: Mapping[str, Column],
    show: Sequence[str] = (),
    note: str = "",
    notebook: str = "",
) -> Table:
    """All faces of one table.

    Args:
        frame: one row per thing, the first column names it (it becomes the row header). A
            named index counts as the first column.
        name: slug, used for ids and file names.
        caption: says what the table shows, of whom and when.
        columns: how each column of the frame is called and printed; all must be declared.
            They are shown in the frame's order.
        show: the columns that fit on the page, where the file holds more; all if empty.
        note: printed under the table.
        notebook: name of the notebook that shows it, for the dictionary.

    Raises:
        TableError: what is missing or undeclared.
    """
    if frame.index.name is not None or frame.index.nlevels > 1:
        frame = frame.reset_index()
    _check(name, caption, frame, columns)
    if unknown := [c for c in show if c not in frame]:
        raise TableError(f"table {name}: no column {', '.join(unknown)} to show")
    on_page = frame[list(show)] if show else frame
    printed = _printed(on_page, columns)
    right = [_is_number(on_page[c]) for c in on_page]
    right[0] = False
    shown, left_out = _cut(printed)
    notes = [note] if note else []
    if more := len(frame.columns) - len(on_page.columns):
        notes.append(f"The file of this table holds {more} more column{'s' if more > 1 else ''}.")
    if not len(frame):
        notes.append("There are none.")
    if left_out:
        notes.append(
            f"The first {_SHOWN_FIRST} and the last {_SHOWN_LAST} rows are shown; "
            f"{left_out:,} between them are in the file."
        )
    markup = _html(name, caption, shown, columns, right)
    markup += "".join(f'<p class="note">{escape(text)}</p>' for text in notes)
    headers = [_header(columns[c]) for c in on_page]
    return Table(
        name=name,
        caption=caption,
        html=f'<div class="table" id="{name}">{markup}</div>',
        text="\n".join([_text(caption, shown, headers, right), *notes]),
        csv=csv_text(frame),
        dictionary=dictionary_text(caption, frame, columns, notebook=notebook),
    )
