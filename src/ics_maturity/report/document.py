"""The frame of every page of a report: head, banner, contents list, glossary, provenance.

What it is given as markup must be clean already; everything else is escaped here.
"""

import hashlib
import math
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ics_maturity.report.context import IndexContext, PageContext, PageLink
from ics_maturity.report.glossary import link_terms

_HERE = Path(__file__).parent
_WORDS_PER_MINUTE = 200
_LONGEST_DESCRIPTION = 360


@dataclass(frozen=True)
class Entry:
    """A line of the contents list, with the lines below it."""

    id: str
    text: str
    below: list["Entry"] = field(default_factory=list)


def _provenance(made_from: Mapping[str, Any]) -> dict[str, Any]:
    """What a page was made from, as facts and tables of hashes."""
    facts = [
        ("Data profile", made_from.get("profile", "")),
        *((f"Parameter {name}", value) for name, value in made_from.get("parameters", {}).items()),
        ("Package", f"ics-maturity {made_from.get('package', {}).get('version', '')}"),
        ("Package content (sha256)", made_from.get("package", {}).get("sha256", "")),
        ("Locked environment (sha256)", made_from.get("lock_sha256", "")),
        ("Python", made_from.get("python", "")),
        ("Commit", made_from.get("commit", "")),
    ]
    tables = [
        ("made-notebooks", "Notebooks", "Notebook", "slug", made_from.get("notebooks", [])),
        ("made-inputs", "Input files", "File", "path", made_from.get("inputs", [])),
    ]
    return {
        "facts": [
            (name, {"text": str(value), "code": "sha256" in name or name == "Commit"})
            for name, value in facts
            if value != ""
        ],
        "tables": [
            {"id": name, "caption": caption, "head": head,
             "rows": [(row.get(key, ""), row.get("sha256", "")) for row in rows]}
            for name, caption, head, key, rows in tables
            if rows
        ],
    }  # fmt: skip


@cache
def environment() -> Environment:
    """Templates of whole pages: everything escaped, an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def css_string(text: str) -> str:
    """Text as a CSS string: everything but letters, digits and spaces is a hexadecimal escape."""
    return '"' + "".join(c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text) + '"'


def style(label: str) -> str:
    """The style sheet, with the profile's label for the margin of printed pages."""
    sheet = (_HERE / "styles" / "page.css").read_text(encoding="utf-8")
    return sheet.replace('"PROFILE LABEL"', css_string(label))


def _description(soup: BeautifulSoup) -> str:
    """The first sentence after the page's title, without a label such as "**Answers.**"."""
    heading = soup.find("h1")
    paragraph = heading.find_next("p") if heading else None
    text = " ".join(paragraph.get_text().split()) if paragraph else ""
    label = paragraph.find("strong") if paragraph else None
    if label and text.startswith(label.get_text()):
        text = text.removeprefix(label.get_text()).lstrip(" .:")
    sentence = text.split(". ")[0]
    return sentence if sentence.endswith((".", "?", "!")) or not sentence else f"{sentence}."


def elements(soup: BeautifulSoup, *names: str) -> list[Tag]:
    """The elements of those names, or all, in their order on the page.

    As ``soup.find_all``, whose general search of a page takes as long as reading it.
    """
    return [tag for tag in soup.find_all(True) if not names or tag.name in names]


def _minutes(soup: BeautifulSoup) -> int:
    """Reading time of the running text, headings and captions."""
    texts = elements(soup, "p", "li", "h1", "h2", "h3", "caption", "figcaption")
    words = sum(len(text.get_text().split()) for text in texts)
    return max(1, math.ceil(words / _WORDS_PER_MINUTE))


def document(
    soup: BeautifulSoup,
    *,
    title: str,
    kind: str,
    context: PageContext | IndexContext,
    home: str,
    contents: Sequence[Entry],
    before: PageLink | None = None,
    after: PageLink | None = None,
    directory: PageLink | None = None,
    script: str = "",
) -> str:
    """A whole HTML document around the content of a page.

    Args:
        soup: clean content, starting with the only heading of the first level. Terms of the
            glossary are linked in it.
        title: the content's title, as text.
        kind: page, brief or index; the style sheet tells them apart.
        context: the report's label, banner and provenance.
        home: address of the index, as seen from this page.
        contents: lines of the contents list.
        before: the page before, with its address as seen from this page.
        after: the page after, likewise.
        directory: where the pages of this page's batch are listed, likewise.
        script: the page's own program, which its policy then allows and nothing else.
    """
    description, minutes = _description(soup), _minutes(soup)
    glossary = link_terms(soup)
    ending = [Entry("glossary", "Words used on this page")] if glossary else []
    ending.append(Entry("provenance", "How this page was made"))
    return environment().get_template("page.html.j2").render(
        title=title,
        description=description[:_LONGEST_DESCRIPTION],
        minutes=minutes,
        label=context.label,
        banner=context.banner,
        loud=bool(context.file_suffix),
        kind=kind,
        style=style(context.label),
        home=home,
        contents=[*contents, *ending],
        has_code=any("code" in tag.get_attribute_list("class") for tag in elements(soup, "div")),
        body=soup.decode(),
        glossary=glossary,
        provenance=_provenance(context.provenance),
        before=before,
        after=after,
        directory=directory,
        script=script,
        script_sha256=b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )  # fmt: skip
