"""What the runner hands to the renderers: plain data, ready to be shown.

The runner calls, once per page and once per report::

    html.export(notebook, context=PageContext(...)) -> str     # a whole HTML document
    index.render(IndexContext(...)) -> str                     # reports/PROFILE/index.html

``notebook`` is the executed notebook (nbformat 4) without papermill's and the clock's traces;
its cells keep their tags, and an ``injected-parameters`` cell follows the ``parameters`` cell
where a value differs from its default. Addresses are relative to the report's folder. Every
string that comes from data, notebooks or ``profile.yaml`` is untrusted text.

The runner adds the provenance in machine form to the returned page itself (one ``meta`` element
before ``</head>``), so the renderers only have to show it.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class PageLink:
    """One page of the report. ``href`` is relative to the report's folder."""

    number: str
    slug: str
    title: str
    href: str


@dataclass(frozen=True)
class SystemPage:
    """One page of a batch and the system it is about; ``part`` is where its tables lie."""

    page: PageLink
    part: str
    code: str
    name: str
    short_name: str
    region: str
    providers: int


@dataclass(frozen=True)
class Batch:
    """The pages that one notebook gives, one per system, and the directory that lists them."""

    directory: PageLink
    pages: tuple[SystemPage, ...]


@dataclass(frozen=True)
class TableFile:
    """A CSV file of the report with its column dictionary, and the notebook that wrote it."""

    name: str
    href: str
    dictionary_href: str
    caption: str
    notebook: str
    kind: str
    """``table``, ``figure`` (the data behind a figure)."""


@dataclass(frozen=True)
class PageContext:
    """What one page needs besides its notebook.

    ``provenance`` has the keys of :data:`ics_maturity.report.manifest.PROVENANCE_KEYS`:
    profile, page, parameters, notebooks (the page's own and those it needs, each with the sha256
    of its source), inputs (id, path, sha256), package (version, sha256), lock_sha256, python,
    commit.
    """

    profile: str
    label: str
    banner: str
    file_suffix: str
    page: PageLink
    pages: tuple[PageLink, ...]
    provenance: dict[str, Any]
    directory: PageLink | None = None
    """Of a page of a batch: where all of them are listed. Such a page is called what ``page``
    says, since its notebook's own title is the same for all."""


@dataclass(frozen=True)
class IndexContext:
    """What the index needs: the pages, the files beside them, the named results, provenance.

    ``results`` are the objects of results.json; ``provenance`` is that of the whole report
    (same keys, ``page`` empty, every notebook listed).
    """

    profile: str
    label: str
    banner: str
    file_suffix: str
    pages: tuple[PageLink, ...]
    provenance: dict[str, Any]
    tables: tuple[TableFile, ...] = ()
    results: tuple[dict[str, Any], ...] = field(default=())
