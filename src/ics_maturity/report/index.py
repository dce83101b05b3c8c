"""The report's first page: question, answer, data, pages in order, how to check and to cite."""

import html
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from bs4 import BeautifulSoup, SoupStrainer

from ics_maturity.report.context import IndexContext, PageLink
from ics_maturity.report.document import Entry, document, environment

QUESTION = "How digitally mature is the NHS, and can the scores say so?"
ANSWER_ID = "findings-answer"


@dataclass(frozen=True)
class _Line:
    """One page as the index lists it."""

    number: str
    title: str
    href: str
    line: str
    minutes: str


def _meta(page: str, name: str) -> str:
    found = re.search(rf'<meta name="{name}" content="([^"]*)">', page)
    return html.unescape(found[1]) if found else ""


def _line(link: PageLink, page: str) -> _Line:
    return _Line(
        link.number,
        link.title,
        link.href,
        _meta(page, "description"),
        _meta(page, "reading-minutes"),
    )


def _answer(pages: Mapping[str, str]) -> str:
    """The passage that a page marks as the answer (``page.findings(..., key="answer")``).

    It is clean already, being part of an exported page; links to that page's glossary go.
    """
    for page in pages.values():
        if f'id="{ANSWER_ID}"' in page:
            soup = BeautifulSoup(page, "html.parser", parse_only=SoupStrainer(id=ANSWER_ID))
            for term in soup.select("a.term"):
                term.unwrap()
            passage = soup.find(id=ANSWER_ID)
            return passage.decode_contents() if passage else ""
    return ""


def render(context: IndexContext, pages: Mapping[str, str] | None = None) -> str:
    """The index as a whole HTML document.

    Args:
        context: the report: its pages in reading order, files, results and provenance.
        pages: by slug, the exported pages. Their descriptions, reading times and the answer
            are taken from them; without them the index lists titles only.
    """
    pages = pages or {}
    made_from = context.provenance
    commit = made_from.get("commit", "")
    body = environment().get_template("index_body.html.j2").render(
        question=QUESTION,
        answer=_answer(pages),
        label=context.label,
        banner=context.banner,
        profile=context.profile,
        demo=bool(context.file_suffix),
        returns=[file["path"] for file in made_from.get("inputs", []) if file.get("id")],
        pages=[asdict(_line(link, pages.get(link.slug, ""))) for link in context.pages],
        version=made_from.get("package", {}).get("version", ""),
        commit=commit if re.fullmatch(r"[0-9a-f]{40}", commit) else "",
        results=len(context.results),
        tables=context.tables,
    )  # fmt: skip
    soup = BeautifulSoup(body, "html.parser")
    contents = []
    for heading in soup.find_all("h2"):
        heading["id"] = re.sub(r"[^a-z]+", "-", heading.get_text().lower()).strip("-")
        contents.append(Entry(str(heading["id"]), heading.get_text()))
    return document(
        soup, title=QUESTION, kind="index", context=context, home="index.html", contents=contents
    )
