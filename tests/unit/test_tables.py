"""Report tables: what is refused, what is printed, and that nothing from data becomes markup."""

import io
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from ics_maturity.tables import Column, TableError, build, csv_text

FRAME = pd.DataFrame(
    {
        "ics": ["Avon", "Borders"],
        "score": [2.345, -1.0],
        "share": [0.1234, np.nan],
        "n": [1204, 3],
        "p": [0.0004, 0.5],
        "year": [2024, 2025],
        "grew": [True, False],
    }
)
COLUMNS = {
    "ics": Column("System"),
    "score": Column("Score", "Mean of its providers", "1 to 5", digits=2),
    "share": Column("Rural share", digits=1, style="percent", group="Place"),
    "n": Column("Providers", group="Place"),
    "p": Column("p", style="p"),
    "year": Column("Round", style="plain"),
    "grew": Column("Grew"),
}


def table(frame=FRAME, columns=COLUMNS, name="scores", caption="Scores in 2025", **more):
    return build(frame, name, caption=caption, columns=columns, **more)


def soup(**changes):
    return BeautifulSoup(table(**changes).html, "html.parser")


def test_every_value_is_printed_in_its_declared_way():
    rows = [[c.get_text() for c in row.find_all(["th", "td"])] for row in soup().select("tbody tr")]
    assert rows == [
        ["Avon", "2.35", "12.3%", "1,204", "<0.001", "2024", "yes"],
        ["Borders", "−1.00", "–", "3", "0.500", "2025", "no"],
    ]


def test_headers_have_scopes_and_none_is_empty():
    headers = soup().find_all("th")
    assert all(header.get_text(strip=True) for header in headers)
    assert {header["scope"] for header in headers} == {"col", "row", "colgroup"}
    assert [h["scope"] for h in soup().select("tbody th")] == ["row", "row"]
    assert soup().select_one("th[scope=colgroup]").get_text() == "Place"


def laid_out(head):
    """Texts of a table's head as a grid, spans filled: row by row, column by column."""
    grid = {}
    for i, row in enumerate(head.find_all("tr")):
        j = 0
        for cell in row.find_all("th"):
            while (i, j) in grid:
                j += 1
            for down in range(int(cell.get("rowspan", 1))):
                for along in range(int(cell.get("colspan", 1))):
                    grid[i + down, j + along] = cell.get_text()
    depth, width = (max(place[axis] for place in grid) + 1 for axis in (0, 1))
    return [[grid[i, j] for j in range(width)] for i in range(depth)]


def test_every_header_stands_over_its_column():
    assert laid_out(soup().thead) == [
        ["System", "Score (1 to 5)", "Place", "Place", "p", "Round", "Grew"],
        ["System", "Score (1 to 5)", "Rural share", "Providers", "p", "Round", "Grew"],
    ]
    groups = {"ics": "Never", "p": "Alone", "year": "Place"}
    changed = {n: replace(c, group=groups.get(n, c.group)) for n, c in COLUMNS.items()}
    assert laid_out(soup(columns=changed).thead)[0] == [
        "System", "Score (1 to 5)", "Place", "Place", "Alone", "Place", "Grew",
    ]  # fmt: skip
    plain = {n: replace(c, group="") for n, c in COLUMNS.items()}
    assert len(laid_out(soup(columns=plain).thead)) == 1


def test_caption_names_the_region_that_a_keyboard_can_scroll():
    page = soup()
    region = page.select_one("[role=region]")
    assert region["tabindex"] == "0"
    assert page.find(id=region["aria-labelledby"]).get_text() == "Scores in 2025"
    assert page.caption is not None


def test_numbers_are_set_to_the_right_and_units_stand_in_the_header():
    page = soup()
    assert [c.get("class") == ["number"] for c in page.select("tbody tr")[0].find_all("td")] == [
        True, True, True, True, True, False,
    ]  # fmt: skip
    assert page.select_one("th .unit").get_text() == "(1 to 5)"


def test_no_style_and_no_id_but_the_tables_own():
    page = soup()
    assert page.find("style") is None
    assert not page.select("[style]")
    assert [tag["id"] for tag in page.select("[id]")] == ["scores", "scores-caption"]
    assert table().html == table().html


def test_text_rendering_lines_up():
    lines = table().text.splitlines()
    assert lines[0] == "Scores in 2025"
    assert lines[2].split("  ")[0] == "System"
    assert "Score (1 to 5)" in lines[2]
    assert lines[4].index("2.35") + 4 == lines[5].index("−1.00") + 5  # right edges meet


def test_csv_keeps_full_precision():
    again = pd.read_csv(io.StringIO(table().csv))
    assert again.loc[0, "score"] == 2.345
    assert list(again) == list(FRAME)
    third = csv_text(pd.DataFrame({"x": [1 / 3]}))
    assert third == "x\n0.3333333333\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "\t=1", " =1"])
def test_formula_like_text_is_neutralised_in_csv_only(text):
    frame = pd.DataFrame({"ics": [text, "plain"], "score": [-1.0, 2.0]})
    made = table(frame, {k: COLUMNS[k] for k in frame})
    assert pd.read_csv(io.StringIO(made.csv))["ics"][0] == f"'{text}"
    assert pd.read_csv(io.StringIO(made.csv))["score"][0] == -1
    assert f">{text.strip()}<" in made.html


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", " =1", "\t=1", "A", "'A", "a=b", "-"])
def test_text_of_a_csv_can_be_had_back(text):
    written = pd.read_csv(io.StringIO(csv_text(pd.DataFrame({"ics": [text]}))))["ics"][0]
    assert re.sub(r"^'(?=\s*[=+\-@])", "", written) == text


@pytest.mark.parametrize("hidden", ["\x1b[31m", "\x07", "\u202e", "\u2066", "\x9b", "\x00"])
def test_hidden_characters_are_written_out_everywhere(hidden):
    frame = pd.DataFrame({"ics": [f"A{hidden}B", "plain"], "score": [1.0, 2.0]})
    made = table(frame, {k: COLUMNS[k] for k in frame})
    for face in (made.csv, made.html, made.text):
        assert hidden not in face
        assert "B" in face
        assert "\\x" in face or "\\u" in face


def test_text_with_line_breaks_stays_one_row():
    text = csv_text(pd.DataFrame({"ics": ["a\r\n=b", "\r=c"]}))
    assert text == "ics\na =b\n' =c\n"


def test_dictionary_describes_every_column_in_order():
    described = json.loads(table(notebook="03_model").dictionary)
    assert described["title"] == "Scores in 2025"
    assert described["notebook"] == "03_model"
    assert [field["name"] for field in described["fields"]] == list(FRAME)
    assert [field["type"] for field in described["fields"]] == [
        "string", "number", "number", "integer", "number", "integer", "boolean",
    ]  # fmt: skip
    assert described["fields"][1] == {
        "name": "score",
        "type": "number",
        "title": "Score",
        "description": "Mean of its providers",
        "unit": "1 to 5",
    }


HOSTILE = '<script>window.hit=1</script> {{x}} {x} $y$ & <img src=x onerror=alert(1)> “q"'


def test_a_long_name_may_break_after_its_underscores():
    name = "dma_2017_<full>.csv"
    page = soup(frame=FRAME.assign(ics=[name, "plain"]), name="files")
    cell = page.select_one("tbody th")
    assert cell.get_text() == name
    assert [part.previous_sibling for part in cell.find_all("wbr")] == ["dma_", "2017_"]


def test_text_from_data_never_becomes_markup():
    frame = FRAME.assign(ics=[HOSTILE, "plain"])
    columns = COLUMNS | {"share": Column(HOSTILE, unit=HOSTILE, digits=1, group=HOSTILE)}
    page = soup(frame=frame, columns=columns, caption=HOSTILE, note=HOSTILE)
    assert page.find(["script", "img"]) is None
    assert page.caption.get_text() == HOSTILE
    assert page.select_one("tbody th").get_text() == HOSTILE
    assert page.select_one("p.note").get_text() == HOSTILE
    headers = [header.get_text() for header in page.select("thead th")]
    assert HOSTILE in headers
    assert f"{HOSTILE} ({HOSTILE})" in headers


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"caption": " "}, "caption"),
        ({"name": "Scores 2025"}, "name"),
        ({"columns": {k: v for k, v in COLUMNS.items() if k != "p"}}, "Not declared: .*'p'"),
        ({"columns": COLUMNS | {"q": Column("Q")}}, "absent: .*'q'"),
        ({"columns": COLUMNS | {"score": Column("Score")}}, "declare its digits"),
        ({"columns": COLUMNS | {"p": Column(" ")}}, "empty label"),
        ({"frame": FRAME.rename(columns={"p": "P value"})}, "slugs"),
        ({"frame": FRAME[[]], "columns": {}}, "every column"),
    ],
)
def test_a_table_that_leaves_its_reader_guessing_is_refused(changes, why):
    with pytest.raises(TableError, match=why):
        table(**changes)


def test_a_named_index_is_the_first_column():
    indexed = table(FRAME.set_index("ics"))
    assert indexed.html == table().html
    assert indexed.csv == table().csv


def long(rows):
    return pd.DataFrame({"ics": [f"System {i}" for i in range(rows)], "n": range(rows)})


@pytest.mark.parametrize(
    ("rows", "shown", "tall"), [(60, 60, False), (61, 61, True), (250, 250, True)]
)
def test_a_long_table_scrolls(rows, shown, tall):
    page = soup(frame=long(rows), columns={"ics": Column("System"), "n": Column("n")})
    assert len(page.select("tbody tr")) == shown
    assert ("tall" in page.select_one(".scroll")["class"]) == tall


def test_a_very_long_table_says_what_it_leaves_to_the_file():
    made = table(long(300), {"ics": Column("System"), "n": Column("n")})
    page = BeautifulSoup(made.html, "html.parser")
    names = [th.get_text() for th in page.select("tbody th")]
    assert (len(names), names[0], names[-1]) == (50, "System 0", "System 299")
    assert "250 between them" in page.select_one("p.note").get_text()
    assert made.csv.count("\n") == 301
