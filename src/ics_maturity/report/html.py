"""One executed notebook as one HTML file that needs nothing else.

The page has a language, a title, one heading of the first level and the others in order, a
contents list, code folded behind one button, figures with their author's alternative texts,
tables with captions and scoped headers, a link to the CSV behind each, the words of the field
explained, and what it was made from. It runs no script and asks for nothing: its content
security policy forbids both. Strings that come from data are escaped, or cleaned by an
allow-list. The same notebook gives the same bytes.

Reading starts at :func:`export`.
"""

import re
from base64 import b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from html import escape
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import nh3
from bs4 import BeautifulSoup
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbformat import NotebookNode

from ics_maturity.report.context import PageContext, PageLink
from ics_maturity.report.document import Entry, document, elements

_HERE = Path(__file__).parent
LARGEST_PAGE = 1_500_000  # bytes; kept by tests over whole reports
NBCONVERT_FILLER_ALT = "No description has been provided for this image"


class ExportError(ValueError):
    """A page that some readers could not use; the message names the notebook and the fault."""


# Cleaning

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "del", "div",
    "dl", "dt", "em", "h1", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "s", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href"},
    "abbr": {"title"},
    "caption": {"id"},
    "div": {"class", "id", "role", "tabindex", "aria-labelledby", "aria-label"},
    "ol": {"start"},
    "p": {"class"},
    "span": {"class"},
    "td": {"class", "colspan", "rowspan"},
    "th": {"class", "colspan", "rowspan", "scope"},
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"https", "mailto"},
    link_rel=None,
)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def clean(markup: str) -> str:
    """The markup with only allow-listed elements, attributes and link schemes left."""
    return _CLEANER.clean(markup)


def _no_pictures(markup: str) -> str:
    """The markup of a Markdown cell, which cannot hold pictures: a page is one file.

    Raises:
        ExportError: it holds one.
    """
    if picture := re.search(r"<img\b[^>]*", markup):
        raise ExportError(f"a picture in a Markdown cell ({picture[0]}): show it with page.figure")
    return markup


def _numbered(markup: str, number: int) -> str:
    """A table's markup with its number in front of its caption."""
    label = rf"\1<b>Table {number}. </b>"
    return re.sub(r"(<caption[^>]*><span>)", label, markup, count=1)


def _plain(text: str) -> str:
    """Escaped text without terminal colours."""
    return escape(_ANSI.sub("", text))


# From a notebook to the content of the page


class _BodyExporter(HTMLExporter):
    """nbconvert's HTML without its second reading of the page, which takes as long as the
    first and fills in words for pictures that have none."""

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> Any:
        return TemplateExporter.from_notebook_node(self, nb, self._init_resources(resources), **kw)


@cache
def _exporter() -> HTMLExporter:
    """The exporter with our template; made once, since making it takes longer than a page."""
    exporter = _BodyExporter(
        template_name="workbook",
        extra_template_basedirs=[str(_HERE / "templates")],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        # The others would do nothing here, and each has the whole notebook validated again.
        default_preprocessors=["nbconvert.preprocessors.CoalesceStreamsPreprocessor"],
    )
    exporter.register_filter("clean", clean)
    exporter.register_filter("no_pictures", _no_pictures)
    exporter.register_filter("numbered", _numbered)
    exporter.register_filter("plain", _plain)
    exporter.register_filter("highlight_code", _place)
    return exporter


@dataclass
class _Outside:
    """Images and code stand outside while the page is worked on: they are most of its bytes and
    most of its elements, and nothing in them is looked for.

    A mark stands for each, in an attribute that nothing from data can have.
    """

    by_mark: dict[str, str] = field(default_factory=dict)

    def take_picture(self, drawn: str) -> str:
        mark = f"picture:{len(self.by_mark)}:"
        encoded = b64encode(drawn.encode()).decode()
        self.by_mark[f'src="{mark}"'] = f'src="data:image/svg+xml;base64,{encoded}"'
        return mark

    def take_code(self, source: str) -> str:
        mark = f"code:{len(self.by_mark)}:"
        self.by_mark[_place(mark)] = _highlighted(source)
        return mark

    def put_back(self, page: str) -> str:
        for mark, content in self.by_mark.items():
            page = page.replace(mark, content)
        return page


def _place(mark: str, **_: Any) -> str:
    """Where code stands while it is outside."""
    return f'<pre data-code="{mark}"></pre>'


@cache
def _highlighted(source: str) -> str:
    """Python code as coloured markup. The pages of a batch have the same code."""
    return str(Highlight2HTML(pygments_lexer="python")(source))


def _size(drawn: str) -> dict[str, int]:
    """Width and height of an SVG in pixels of 1/96 inch, from its first element, in points."""
    found = re.match(r"<svg[^>]* width=\"([\d.]+)pt\" height=\"([\d.]+)pt\"", drawn)
    width, height = found.groups() if found else ("0", "0")
    return {"width": round(float(width) * 96 / 72), "height": round(float(height) * 96 / 72)}


def _prepared(notebook: NotebookNode, context: PageContext, outside: _Outside) -> NotebookNode:
    """A copy to work on: images and code taken out, ids in order, figures and tables numbered,
    addresses of their files filled in."""
    copy = nbformat.v4.new_notebook()
    numbers = {"figure": count(1), "table": count(1)}
    for position, cell in enumerate(notebook.cells):
        outputs = cell.get("outputs", [])
        kept = deepcopy({key: value for key, value in cell.items() if key != "outputs"})
        kept = NotebookNode(kept, id=f"cell-{position}", metadata=NotebookNode())
        if kept.cell_type == "code":
            kept.source = outside.take_code(kept.source)
            kept.outputs = [_output(output, position, context, outside) for output in outputs]
            for output in kept.outputs:
                about = output.get("metadata", {}).get("ics_maturity", {})
                if about.get("kind") in numbers:
                    about["number"] = next(numbers[about["kind"]])
        copy.cells.append(kept)
    return copy


def _output(
    output: NotebookNode, position: int, context: PageContext, outside: _Outside
) -> NotebookNode:
    if output.output_type not in ("display_data", "execute_result"):
        return output
    data, metadata = dict(output.data), deepcopy(output.get("metadata", {}))
    about = metadata.get("ics_maturity", {})
    is_figure = about.get("kind") == "figure"
    if is_figure or any(kind.startswith("image/") for kind in data):
        if not is_figure or "image/svg+xml" not in data:
            raise ExportError(
                f"{context.page.slug}, cell {position}: a picture without alternative text. "
                "Show figures with page.figure"
            )
        about |= _size(data["image/svg+xml"])
        data["image/svg+xml"] = outside.take_picture(data["image/svg+xml"])
    if twin := about.get("twin"):
        stem = _up(context.page.href) + twin.removesuffix(".csv") + context.file_suffix
        about |= {"href": f"{stem}.csv", "dictionary_href": f"{stem}.schema.json"}
    return NotebookNode(
        output_type="display_data",
        data=NotebookNode(data),
        metadata=nbformat.from_dict(metadata),
    )


def _up(href: str) -> str:
    """The way from a page back to the report's folder."""
    return "../" * href.count("/")


# Structure


def _slug(text: str, taken: set[str]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
    slug, count = base, 1
    while slug in taken:
        count += 1
        slug = f"{base}-{count}"
    taken.add(slug)
    return slug


def _headings(soup: BeautifulSoup, slug: str) -> tuple[str, list[Entry]]:
    """Give every heading an id; the page's title, and its contents list of two levels.

    Raises:
        ExportError: not exactly one heading of the first level, before all others, or a level
            left out.
    """
    headings = elements(soup, "h1", "h2", "h3", "h4")
    levels = [int(heading.name[1]) for heading in headings]
    if levels[:1] != [1] or levels.count(1) != 1:
        raise ExportError(
            f"{slug}: a page starts with one heading of the first level ('# The question') "
            f"and has no other; this one has {levels.count(1)}"
        )
    for above, level, heading in zip(levels, levels[1:], headings[1:], strict=False):
        if level > above + 1:
            raise ExportError(
                f"{slug}: the heading '{heading.get_text()}' is {level - above} levels below "
                "the one before it; headings go down one level at a time"
            )
    taken = {"main", "glossary", "provenance", "show-code"} | _ids(soup)
    entries: list[Entry] = []
    for heading, level in zip(headings, levels, strict=True):
        text = heading.get_text()
        heading["id"] = _slug(text, taken)
        entry = Entry(str(heading["id"]), text, [])
        if level == 2:
            entries.append(entry)
        elif level == 3:
            entries[-1].below.append(entry)
    return headings[0].get_text(), entries


def _link_headings(soup: BeautifulSoup, slug: str) -> None:
    """Bring links to headings, written as Jupyter names them, to the ids of the page.

    Raises:
        ExportError: a link leads nowhere on the page.
    """
    ids = _ids(soup)
    for link in elements(soup, "a"):
        if not str(link.get("href", "")).startswith("#"):
            continue
        name = unquote(str(link["href"])[1:])
        target = name if name in ids else _slug(name, set())
        if target not in ids:
            raise ExportError(f"{slug}: a link to '#{name}', which is no heading of the page")
        link["href"] = f"#{target}"


def _ids(soup: BeautifulSoup) -> set[str]:
    return {str(tag["id"]) for tag in elements(soup) if tag.has_attr("id")}


def _check_pictures(soup: BeautifulSoup, slug: str) -> None:
    """Every picture has its author's words.

    Raises:
        ExportError: one has none, or only those that nbconvert fills in.
    """
    for picture in elements(soup, "img"):
        alt = str(picture.get("alt") or "").strip()
        if not alt or alt == NBCONVERT_FILLER_ALT or alt == "None":
            raise ExportError(f"{slug}: a picture without alternative text")


def _check_ids(soup: BeautifulSoup, slug: str) -> None:
    ids = [str(tag["id"]) for tag in elements(soup) if tag.has_attr("id")]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ExportError(f"{slug}: more than one table or figure is named {', '.join(twice)}")


def _scope_headers(soup: BeautifulSoup) -> None:
    """Tables that did not come through page.table (a displayed frame): scopes, no empty header."""
    for header in elements(soup, "th"):
        if not header.get_text(strip=True):
            header.name = "td"
            header.attrs.pop("scope", None)
        elif not header.get("scope"):
            header["scope"] = "col" if header.find_parent("thead") else "row"


# The page


def _neighbours(context: PageContext) -> tuple[PageLink | None, PageLink | None]:
    """The pages before and after, with addresses as seen from this page."""
    slugs = [page.slug for page in context.pages]
    if context.page.slug not in slugs:
        return None, None
    at = slugs.index(context.page.slug)
    near = [context.pages[i] if 0 <= i < len(slugs) else None for i in (at - 1, at + 1)]
    before, after = (page and _as_seen_from(context.page, page) for page in near)
    return before, after


def _as_seen_from(here: PageLink, page: PageLink) -> PageLink:
    """The link with its address relative to this page."""
    return PageLink(page.number, page.slug, page.title, _up(here.href) + page.href)


def export(notebook: NotebookNode, context: PageContext) -> str:
    """The notebook as a whole HTML document.

    Args:
        notebook: executed, nbformat 4. Outputs written through
            :class:`ics_maturity.page.Page` carry what the page needs to know.
        context: which page of which report this is.

    Raises:
        ExportError: the page would fail some readers: no or several first headings, a level of
            headings left out, a picture without alternative text, one name used twice.
    """
    outside = _Outside()
    slug = context.page.slug
    body, _ = _exporter().from_notebook_node(_prepared(notebook, context, outside))
    soup = BeautifulSoup(body, "html.parser")
    _check_pictures(soup, slug)
    _scope_headers(soup)
    if context.directory and soup.h1:
        soup.h1.string = context.page.title
    title, contents = _headings(soup, slug)
    _link_headings(soup, slug)
    _check_ids(soup, slug)
    before, after = _neighbours(context)
    page = document(
        soup,
        title=title,
        kind="brief" if slug.endswith("brief") else "page",
        context=context,
        home=_up(context.page.href) + "index.html",
        contents=contents,
        before=before,
        after=after,
        directory=context.directory and _as_seen_from(context.page, context.directory),
    )
    return outside.put_back(page)
