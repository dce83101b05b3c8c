"""Words of the field, linked to their meaning at their first use on a page."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bs4 import BeautifulSoup, NavigableString

_FILE = Path(__file__).with_name("glossary.toml")
_PROSE = ("p", "li", "dd")
_APART = {"a", "code", "pre", "table", "figure", "h1", "h2", "h3", "h4"}


@dataclass(frozen=True)
class Term:
    """One word of the field: the spellings that count as a use, and what it means."""

    name: str
    forms: tuple[str, ...]
    meaning: str

    @property
    def id(self) -> str:
        return "term-" + re.sub(r"\W+", "-", self.name.lower())

    @property
    def use(self) -> str:
        """Id of the first use."""
        return f"use-of-{self.id}"


@cache
def terms() -> tuple[Term, ...]:
    """The glossary in alphabetical order."""
    with _FILE.open("rb") as stream:
        listed = tomllib.load(stream)["term"]
    found = [Term(t["name"], tuple(t["forms"]), t["meaning"]) for t in listed]
    return tuple(sorted(found, key=lambda term: term.name.lower()))


@cache
def _pattern() -> tuple[re.Pattern[str], dict[str, Term]]:
    """One pattern for every spelling, the longest first, and whose spelling it is."""
    owner = {form: term for term in terms() for form in term.forms}
    longest_first = sorted(owner, key=lambda form: (-len(form), form))
    spellings = "|".join(re.escape(form) for form in longest_first)
    return re.compile(rf"(?<![\w-])(?:{spellings})(?![\w-])"), owner


def link_terms(soup: BeautifulSoup) -> list[Term]:
    """Link each term where running text first uses it; the terms used, in alphabetical order.

    Headings, links, code, tables and figures are left alone. The soup is changed in place.
    """
    pattern, owner = _pattern()
    used: set[Term] = set()
    for text in [part for part in soup.descendants if isinstance(part, NavigableString)]:
        if pattern.search(text) and _in_prose(text):
            _link(soup, text, pattern, owner, used)
    return [term for term in terms() if term in used]


def _in_prose(text: NavigableString) -> bool:
    above = [parent.name for parent in text.parents]
    return any(name in _PROSE for name in above) and not _APART.intersection(above)


def _link(
    soup: BeautifulSoup,
    text: NavigableString,
    pattern: re.Pattern[str],
    owner: dict[str, Term],
    used: set[Term],
) -> None:
    parts: list[NavigableString] = []
    reached = 0
    for match in pattern.finditer(text):
        term = owner[match[0]]
        if term in used:
            continue
        used.add(term)
        link = soup.new_tag("a", href=f"#{term.id}", id=term.use, string=match[0])
        link["class"] = "term"
        parts += [NavigableString(text[reached : match.start()]), link]  # type: ignore[list-item]
        reached = match.end()
    if parts:
        text.replace_with(*parts, NavigableString(text[reached:]))
