"""Names and notes that carry markup, scripts, templates and formulas stay text everywhere."""

import contextlib
import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
import yaml
from bs4 import BeautifulSoup

from ics_maturity import cli
from ics_maturity.paths import ROOT_VARIABLE
from whole_reports import ROOT, WholeReport, _project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("hostile report")]

# Each would leave a trace if anything took it for more than text: the word "evil", or "zzzzzzz"
# where a template was filled in.
PAYLOADS = [
    "A <script>window.evil=1</script> B",
    "A <img src=https://evil.example/a.png onerror=evil()> B",
    "A [click](javascript:evil()) ![p](https://evil.example/b.png) B",
    "A <iframe src=https://evil.example></iframe><a href=https://evil.example>x</a> B",
    "A {{ 'z' * 7 }} {% print('z' * 7) %} ${'z' * 7} {0.__class__} $round B",
    "A </td></table></main><style>*{display:none}</style><!-- B",
    "A $\\href{javascript:evil()}{x}$ \\(\\unicode{x41}\\) `evil` **evil** B",
    "A \"; alert('evil'); // ' & &lt;b&gt; B",
]
FORMULA = re.compile(r"^\s*[=+\-@\t]")
SAID = "said.txt"
SHOWN_AS = {"text/plain", "text/html", "text/markdown", "image/svg+xml"}
ALLOWED_SCHEMES = {"", "https", "mailto"}


def edit_csv(path: Path, column: str, texts: list[str]) -> None:
    """Put the texts into the first rows of a column."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    at = rows[0].index(column)
    for row, text in zip(rows[1:], texts, strict=False):
        row[at] = text
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeReport]:
    """The demo returns as somebody's own, with payloads for names, systems, label and banner."""
    root = _project(tmp_path_factory.mktemp("hostile"))
    own = root / "data/raw/own"
    shutil.copytree(ROOT / "data/raw/demo", own)
    described = yaml.safe_load((own / "profile.yaml").read_text(encoding="utf-8"))
    described |= {"label": "A <b onclick=evil()>B</b>", "banner": PAYLOADS[0] + PAYLOADS[4],
                  "file_suffix": ""}  # fmt: skip
    (own / "profile.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")
    edit_csv(own / "reference/systems.csv", "short_name", PAYLOADS)
    edit_csv(own / "rounds/demo_2016_answers.csv", "organisation_name", PAYLOADS)
    report = WholeReport(root, "own")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(ROOT_VARIABLE, str(root))
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            asked = ["run", "--data", "own", "--only", "02", "--jobs", "2", "--why"]
            code = cli.main(asked) or cli.main([*asked, "--force"]) or cli.main(["check", str(own)])
    assert code == 0, said.getvalue()
    (root / SAID).write_text(said.getvalue(), encoding="utf-8")
    yield report
    shutil.rmtree(root)


def pages(report: WholeReport) -> dict[str, str]:
    found = {p.name: p.read_text(encoding="utf-8") for p in report.folder.rglob("*.html")}
    assert len(found) >= 3
    return found


def test_nothing_in_a_page_acts(hostile: WholeReport) -> None:
    for name, page in pages(hostile).items():
        soup = BeautifulSoup(page, "html.parser")
        policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert policy is not None
        assert "default-src 'none'" in str(policy["content"])
        assert not [s for s in soup("script") if "evil" in s.get_text()], name
        assert not soup(["iframe", "object", "embed", "base", "form", "link"]), name
        assert len(soup("style")) == 1, name
        for tag in soup.find_all(True):
            assert not [key for key in tag.attrs if key.startswith("on")], (name, tag.name)
        for image in soup("img"):
            assert str(image["src"]).startswith("data:image/svg+xml;base64,"), name
        for link in soup("a"):
            address = urlparse(str(link.get("href", "")))
            assert address.scheme in ALLOWED_SCHEMES, (name, address)
            assert "evil" not in address.netloc, (name, address)


def test_what_was_written_is_shown_as_written(hostile: WholeReport) -> None:
    shown = {
        name: BeautifulSoup(page, "html.parser").get_text() for name, page in pages(hostile).items()
    }
    together = " ".join(" ".join(shown.values()).split())
    assert "A <script>window.evil=1</script> B" in together
    assert "{{ 'z' * 7 }}" in together
    assert "zzzzzzz" not in together


def test_no_cell_of_a_csv_starts_a_formula(hostile: WholeReport) -> None:
    checked = 0
    for path in sorted(hostile.folder.rglob("*.csv")):
        for row in csv.reader(io.StringIO(path.read_text(encoding="utf-8"))):
            for cell in row:
                checked += 1
                number = re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell)
                assert number or not FORMULA.match(cell), (path.name, cell)
                assert cell.isprintable(), (path.name, cell)
    assert checked > 1000


def test_no_executed_notebook_acts_when_it_is_opened(hostile: WholeReport) -> None:
    """What JupyterLab would show: text, tables and pictures, and no markup but our own."""
    held = ""
    for path in sorted((hostile.root / "data/processed/own").rglob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in [output for cell in cells for output in cell.get("outputs", [])]:
            assert output["output_type"] in ("display_data", "execute_result"), path.name
            assert set(output["data"]) <= SHOWN_AS, path.name
            texts = {mime: "".join(text) for mime, text in output["data"].items()}
            assert all(c.isprintable() or c == "\n" for text in texts.values() for c in text)
            held += texts.get("text/html", "")
            soup = BeautifulSoup(texts.get("text/html", ""), "html.parser")
            assert not soup(["script", "iframe", "object", "embed", "style", "img", "a", "form"])
            for tag in soup.find_all(True):
                assert not [key for key in tag.attrs if key.startswith("on")], tag.name
            words = texts.get("text/markdown", "")
            assert not re.search(r"(?<!\\)<\w|(?<!\\)\]\(|(?<!\\)\$\\", words), words
    assert "&lt;script&gt;" in held, "the names reached no table"


def test_nothing_printed_is_for_the_terminal_to_obey(hostile: WholeReport) -> None:
    said = (hostile.root / SAID).read_text(encoding="utf-8")
    assert "02_describe_rounds" in said
    assert all(c.isprintable() or c == "\n" for c in said)
