"""The directory of a batch: every system with a page, by region, with a search.

Without a program the page is a list under headings that the contents list leads to. With one, a
field shortens the list while a name or code is typed; the field is hidden until the program runs.
"""

from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup

from ics_maturity.report.batch import DIRECTORY
from ics_maturity.report.context import Batch, IndexContext, SystemPage
from ics_maturity.report.document import Entry, document, environment

_SCRIPT = Path(__file__).parent / "templates" / "directory.js"


def render(context: IndexContext, batch: Batch) -> str:
    """The directory as a whole HTML document.

    Args:
        context: the report it belongs to.
        batch: the pages to list; their addresses are relative to the report's folder.
    """
    folder = batch.directory.href.rpartition("/")[0]
    template = environment().get_template("directory_body.html.j2")
    body = template.render(
        title=DIRECTORY,
        regions=_by_region(batch.pages),
        folder=f"{folder}/",
        count=len(batch.pages),
    )
    soup = BeautifulSoup(body, "html.parser")
    contents = [Entry(str(h["id"]), h.get_text()) for h in soup.find_all("h2")]
    return document(
        soup,
        title=DIRECTORY,
        kind="directory",
        context=context,
        home="../index.html",
        contents=contents,
        script=_SCRIPT.read_text(encoding="utf-8"),
    )


def _by_region(pages: tuple[SystemPage, ...]) -> list[tuple[str, list[SystemPage]]]:
    """Systems by name within regions by name; those of no known region last."""
    ordered = sorted(pages, key=lambda p: (p.region == "", p.region, p.short_name, p.code))
    return [
        (region or "No region", list(members))
        for region, members in groupby(ordered, key=lambda p: p.region)
    ]
