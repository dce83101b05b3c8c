"""Pages as files: their structure, what fails them, and text from data that stays text."""

import re
import time
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from sample import HASH, PAGES, context, sample

from ics_maturity import figures
from ics_maturity.report import glossary, index
from ics_maturity.report.context import IndexContext, PageLink, TableFile
from ics_maturity.report.document import css_string
from ics_maturity.report.html import LARGEST_PAGE, ExportError, clean, export

HOSTILE = [
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "</title></style><script>window.hit = 3</script>",
    "[link](javascript:window.hit=4) <a href='javascript:window.hit=5'>x</a>",
    "$\\frac{1}{2}$ {{ 7*7 }} {% raw %} {mix.tau2:2dp}",
    '" onmouseover="window.hit = 6" x="',
    "</caption></table><h1>Another</h1>",
]


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory):
    return _made(tmp_path_factory, None)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    return _made(tmp_path_factory, HOSTILE)


def _made(tmp_path_factory, names):
    with pytest.MonkeyPatch.context() as patch:
        return sample(tmp_path_factory.mktemp("processed"), patch, names)


@pytest.fixture(scope="module")
def page(ordinary):
    """The ordinary page, parsed once; tests only read it."""
    return soup(ordinary)


def soup(notebook, **changes):
    return BeautifulSoup(export(notebook, context(**changes)), "html.parser")


def notebook_of(*cells):
    return nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(c) if isinstance(c, str) else c for c in cells]
    )


def shows(bundle, metadata=None):
    output = nbformat.v4.new_output("display_data", data=bundle, metadata=metadata or {})
    return nbformat.v4.new_code_cell("x", outputs=[output])


def test_the_page_has_a_language_a_title_and_one_first_heading(page):
    assert page.html["lang"] == "en-GB"
    assert (
        page.title.string == "Does provider mix matter? – Demo data – NHS digital maturity workbook"
    )
    assert [h.get_text() for h in page.find_all("h1")] == ["Does provider mix matter?"]
    assert page.select_one("a.skip")["href"] == f"#{page.main['id']}"


def test_the_contents_list_leads_to_every_section(page):
    targets = [a["href"][1:] for a in page.select("nav.contents a")]
    headings = page.select("main h2, main h3")
    assert targets == [h["id"] for h in headings]
    assert len(set(targets)) == len(targets)


def test_every_link_inside_the_page_arrives(page):
    inside = [a["href"][1:] for a in page.select("a[href^='#']")]
    assert inside
    assert all(page.find(id=target) for target in inside)


def test_nothing_is_asked_for_and_nothing_runs(page):
    policy = page.select_one("meta[http-equiv=Content-Security-Policy]")["content"]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    assert page.find(["script", "link", "iframe", "object", "embed", "base", "form"]) is None
    assert all(img["src"].startswith("data:image/svg+xml;base64,") for img in page.find_all("img"))
    assert not re.search(r"url\(|@import", page.style.string)
    assert not [t for t in page.find_all(True) for a in t.attrs if a.startswith("on")]


def test_figures_have_words_a_caption_and_their_data(page):
    figure = page.find("figure")
    assert figure.img["alt"].startswith("Scatter of systems' scores")
    assert figure.figcaption.get_text().startswith("Figure 1. Scores and rural share")
    assert [a["href"] for a in figure.find_all("a")] == [
        "figures/rural_scatter.demo.csv",
        "figures/rural_scatter.demo.schema.json",
    ]
    assert int(figure.img["width"]) == round(figures.WIDTH * 96)
    assert len(page.find_all("figcaption")) == 2  # the notebook's own titles are gone
    assert "**Scores" not in page.get_text()


def test_tables_have_numbered_captions_and_scoped_headers(page):
    captions = [c.get_text() for c in page.select("div.table caption")]
    assert captions == [
        "Table 1. Scores of systems in 2025, from System A",
        "Table 2. Scores of many systems",
    ]
    assert all(th.get("scope") and th.get_text(strip=True) for th in page.find_all("th"))
    assert "tables/scores.demo.csv" in [a["href"] for a in page.select("p.download a")]


def test_pages_in_a_folder_below_find_their_way_back(ordinary):
    link = PageLink("08", "08_profile", "One system", "profiles/08_profile.demo.html")
    page = soup(ordinary, page=link, pages=(*PAGES[:2], link))
    assert page.select_one(".name a")["href"] == "../index.html"
    assert page.select_one("a[rel=prev]")["href"] == "../03_sample.demo.html"
    assert page.select_one("p.download a")["href"] == "../tables/scores.demo.csv"


@pytest.mark.parametrize(
    ("opening", "line"),
    [
        ("One thing. And another.", "One thing."),
        ("**Answers.** Whether it rains. And more.", "Whether it rains."),
        ("Is it *so*?", "Is it so?"),
        ("* a list", ""),
    ],
)
def test_the_first_sentence_describes_the_page(opening, line):
    described = soup(notebook_of(f"# One\n\n{opening}")).select_one("meta[name=description]")
    assert described["content"] == line


def test_neighbours_are_linked(page, ordinary):
    assert page.select_one("a[rel=prev]").get_text() == "Previous page: What do the rounds say?"
    assert page.select_one("a[rel=next]")["href"] == "09_brief.demo.html"
    first = soup(ordinary, page=PAGES[0])
    assert first.select_one("a[rel=prev]") is None


def test_a_demo_says_so(page, ordinary):
    assert "invented" in page.select_one(".banner.loud").get_text()
    assert soup(ordinary, banner="").select_one(".banner") is None
    quiet = soup(ordinary, banner="Published returns.", file_suffix="")
    assert quiet.select_one(".banner")["class"] == ["banner"]


def test_terms_are_explained_once_at_their_first_use(page):
    uses = [a.get_text() for a in page.select("a.term")]
    assert uses[:2] == ["ICS", "providers"]
    assert len(uses) == len(page.select(".glossary dt")) == len(set(uses))
    apart = "a a, h1 .term, h2 .term, table .term, figure .term, code .term"
    assert page.select(apart) == []


def test_the_glossary_is_sound():
    listed = glossary.terms()
    assert len({term.id for term in listed}) == len(listed)
    forms = [form for term in listed for form in term.forms]
    assert len(set(forms)) == len(forms)
    assert all(term.meaning.endswith(".") for term in listed)


def test_provenance_is_visible(page):
    text = page.select_one("section.provenance").get_text(" ")
    for fact in ("20160401", "0.1.0", HASH, "demo/returns_2016.csv", "03_sample", "3.11"):
        assert fact in text


def test_traces_of_the_run_are_gone(ordinary):
    page = export(ordinary, context())
    assert "In&nbsp;[" not in page
    assert "Out[" not in page
    assert "[7]" not in page


def test_the_same_notebook_gives_the_same_bytes(ordinary):
    before = nbformat.writes(ordinary)
    first = export(ordinary, context())
    assert first == export(ordinary, context())
    assert nbformat.writes(ordinary) == before
    renamed = nbformat.reads(before, as_version=4)
    for number, cell in enumerate(renamed.cells):
        cell["id"] = f"other-{number}"
        cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00"}
        if cell.cell_type == "code":
            cell["execution_count"] = number + 40
    assert export(renamed, context()) == first


def test_a_page_is_light_and_quick(ordinary):
    assert len(export(ordinary, context()).encode()) < LARGEST_PAGE / 5
    started = time.perf_counter()
    for _ in range(3):
        export(ordinary, context())
    assert (time.perf_counter() - started) / 3 < 1  # 0.1 s on an idle machine


# What fails a page

FIGURE = {"kind": "figure", "name": "a", "title": "T", "note": "", "twin": "figures/a.csv"}
DOT = '<svg width="72pt" height="36pt"/>'


DESCRIBED = {"ics_maturity": FIGURE, "image/svg+xml": {"alt": "words"}}


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["text only"], "one heading"),
        (["## Second level first\n\n# Title"], "one heading"),
        (["# One", "# Two"], "this one has 2"),
        (["# One\n\n### Three"], "'Three'"),
        (["# One", "## Two", "#### Four"], "'Four'"),
        (["# One", "![](x.png)"], "picture"),
        (["# One", "![words](x.png)"], "picture"),
        (["# One", "<img src='x.png' alt='words'>"], "picture"),
        (["# One", shows({"image/svg+xml": DOT})], "cell 1.*page.figure"),
        (["# One", shows({"image/png": "iVBORw0KGgo="})], "cell 1.*page.figure"),
        (["# One", shows({"image/png": "iVBORw0KGgo="}, DESCRIBED)], "cell 1.*page.figure"),
        (
            ["# One", shows({"image/svg+xml": DOT}, {"image/svg+xml": {"alt": "words"}})],
            "page.figure",
        ),
        (["# One", shows({"image/svg+xml": DOT}, {"ics_maturity": FIGURE})], "alternative text"),
        (
            [
                "# One",
                shows(
                    {"image/svg+xml": DOT}, {"ics_maturity": FIGURE, "image/svg+xml": {"alt": " "}}
                ),
            ],
            "alternative text",
        ),
        (
            [
                "# One",
                shows(
                    {"image/svg+xml": DOT},
                    {
                        "ics_maturity": FIGURE,
                        "image/svg+xml": {"alt": "No description has been provided for this image"},
                    },
                ),
            ],
            "alternative text",
        ),
        (
            ["# One", *(shows({"image/svg+xml": DOT}, DESCRIBED) for _ in range(2))],
            "named a",
        ),
        (["# One\n\n[see](#Nowhere)"], "link to '#Nowhere'"),
    ],
)
def test_a_page_that_fails_some_readers_is_not_exported(cells, why):
    with pytest.raises(ExportError, match=why):
        export(notebook_of(*cells), context())


def test_a_link_to_a_heading_arrives_as_jupyter_writes_it():
    made = export(
        notebook_of("# One\n\n[last](#The-claims-ladder,-rung-by-rung)",
                    "## The claims ladder, rung by rung"),
        context(),
    )  # fmt: skip
    assert '<a href="#the-claims-ladder-rung-by-rung">last</a>' in made


# Text from data


def test_names_stay_text_everywhere(hostile):
    page = soup(hostile)
    assert page.find(["script", "iframe"]) is None
    assert len(page.find_all("h1")) == 1
    assert len(page.find_all("img")) == 2
    assert not [t for t in page.find_all(True) for a in t.attrs if a.startswith("on")]
    assert not [a for a in page.find_all("a") if a["href"].startswith("javascript")]
    rows = [th.get_text() for th in page.select("#scores tbody th")]
    assert rows == HOSTILE
    first = HOSTILE[0]
    assert first in page.select_one(".findings").get_text()
    assert first in page.select_one("#scores caption").get_text()
    assert first in page.select_one("#scores + p.download, #scores p.note").get_text()
    assert first in page.figure.figcaption.get_text()
    assert first in page.figure.img["alt"]
    assert first in page.select_one("pre.text").get_text()


@pytest.mark.parametrize("payload", HOSTILE)
def test_labels_and_parameters_stay_text(ordinary, payload):
    made_from = context().provenance | {"parameters": {"ics": payload}, "commit": payload}
    link = PageLink("02", "02", payload, "02.html")
    page = soup(
        ordinary, label=payload, banner=payload, pages=(link, PAGES[1]), provenance=made_from
    )
    assert page.find("script") is None
    assert len(page.find_all("h1")) == 1
    assert page.select_one("header .profile").get_text() == payload
    assert page.select_one(".banner p").get_text() == payload
    assert payload in page.title.string
    assert payload in page.select_one(".provenance dl").get_text()
    assert page.select_one("a[rel=prev]").get_text().endswith(payload)


def test_a_label_cannot_leave_the_style_sheet():
    assert css_string('a"; } b { x: </style>') == (
        '"a\\22 \\3b  \\7d  b \\7b  x\\3a  \\3c \\2f style\\3e "'
    )


@pytest.mark.parametrize(
    ("markup", "left"),
    [
        ("<p onclick='x()'>a</p>", "<p>a</p>"),
        ("<script>x()</script>a", "a"),
        ("<a href='javascript:x()'>a</a>", "<a>a</a>"),
        ("<a href='data:text/html,x'>a</a>", "<a>a</a>"),
        ("<a href='http://plain.example'>a</a>", "<a>a</a>"),
        ("<a href='03_model.html#x'>a</a>", '<a href="03_model.html#x">a</a>'),
        ("<div style='position:fixed'>a</div>", "<div>a</div>"),
        ("<iframe src='x'></iframe><svg onload='x()'></svg><img src=x>", ""),
        ("<form action='x'><input></form>", ""),
    ],
)
def test_only_listed_markup_is_left(markup, left):
    assert clean(markup) == left


def test_displayed_markup_of_other_kinds_is_not_run():
    page = soup(
        notebook_of(
            "# One",
            shows({"application/javascript": "window.hit = 1", "text/plain": "js"}),
            shows({"text/latex": "$x$", "text/plain": "<b>latex</b>"}),
            shows({"text/html": "<table><tr><th></th><td onclick='x()'>1</td></tr></table>"}),
        )
    )
    assert [pre.get_text() for pre in page.select("main pre.text")] == ["js", "<b>latex</b>"]
    assert page.select("main th:empty") == []
    assert "window.hit" not in str(page)


# The index


def index_context(**changes):
    made_from = context().provenance | {"commit": "a" * 40, "page": ""}
    settings = {
        "profile": "demo",
        "label": "Demo data",
        "banner": context().banner,
        "file_suffix": ".demo",
        "pages": PAGES,
        "provenance": made_from,
        "tables": (
            TableFile("scores", "tables/scores.demo.csv", "tables/scores.demo.schema.json",
                      HOSTILE[0], "03_sample", "table"),
        ),
        "results": ({"name": "a.b"},) * 3,
    }  # fmt: skip
    return IndexContext(**(settings | changes))


def answered(ordinary):
    notebook = nbformat.reads(nbformat.writes(ordinary), as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            about = output.get("metadata", {}).get("ics_maturity", {})
            if about.get("kind") == "findings":
                about["key"] = "answer"
    return export(notebook, context())


def test_the_index_leads_to_everything(ordinary):
    page = BeautifulSoup(
        index.render(index_context(), {"03_sample": answered(ordinary)}), "html.parser"
    )
    links = [a["href"] for a in page.select("main a")]
    for link in (*(p.href for p in PAGES), "results.json", "tables/scores.demo.csv"):
        assert link in links
    assert "the variance is 0.12" in page.select_one(".answer").get_text()
    assert (
        "What an ICS scores depends on which providers it has."
        in page.select_one(".reading").get_text()
    )
    assert "1 min" in page.select_one(".reading").get_text()
    assert page.find("script") is None
    assert HOSTILE[0] in page.find("table").get_text()
    assert "3 named results" in page.get_text()


def test_the_index_without_pages_still_lists_them():
    page = BeautifulSoup(index.render(index_context()), "html.parser")
    assert len(page.select(".reading li")) == 3
    assert page.select_one(".answer") is None


def test_a_demo_is_not_to_be_cited():
    demo = index.render(index_context())
    real = index.render(index_context(file_suffix="", label="Published returns"))
    assert "Not at all" in demo
    assert "Not at all" not in real
    assert "commit " + "a" * 40 in real


def test_index_is_deterministic():
    assert index.render(index_context()) == index.render(index_context())


def test_templates_are_part_of_the_package():
    folder = Path(index.__file__).parent
    for name in ("templates/page.html.j2", "templates/workbook/conf.json", "styles/page.css"):
        assert (folder / name).is_file()
