"""The finished report: pages, tables, results, manifest and index, put in place as a whole."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ics_maturity.profiles import Profile
from ics_maturity.report.context import IndexContext, PageLink, TableFile
from ics_maturity.report.folder import replace_folder
from ics_maturity.report.manifest import MANIFEST, to_json
from ics_maturity.report.outputs import SCHEMA, results_file, shown_by
from ics_maturity.results import Results
from ics_maturity.sources import sha256

INDEX = "index.html"
RESULTS = "results.json"


def assemble(
    profile: Profile,
    pages: Sequence[PageLink],
    exported: Mapping[str, Path],
    made_from: Mapping[str, Any],
) -> bool:
    """Bring the profile's report folder to the state of the given pages.

    Args:
        profile: the data profile.
        pages: the pages of the report, in reading order.
        exported: by notebook, the page as HTML.
        made_from: provenance of the whole report.

    Returns:
        Whether anything had to be written.
    """
    tables = _tables(profile, pages)
    results = _results(profile, pages)
    files: dict[str, Path | bytes] = {page.href: exported[page.slug] for page in pages}
    for table in tables:
        source = profile.processed / f"{table.kind}s" / table.name
        files[table.href] = source.with_name(f"{table.name}.csv")
        files[table.dictionary_href] = source.with_name(f"{table.name}{SCHEMA}")
    files[RESULTS] = results.text().encode()
    manifest = {
        "format": 1,
        "label": profile.label,
        "banner": profile.banner,
        "provenance": made_from,
        "pages": [{"slug": page.slug, "title": page.title, "href": page.href} for page in pages],
        "files": _listed(files),
    }
    if _is_current(profile.reports, manifest):
        return False
    from ics_maturity.report import index

    context = IndexContext(
        profile=profile.name,
        label=profile.label,
        banner=profile.banner,
        file_suffix=profile.file_suffix,
        pages=tuple(pages),
        provenance=dict(made_from),
        tables=tuple(tables),
        results=tuple(json.loads(results.text())),
    )
    texts = {page.slug: exported[page.slug].read_text(encoding="utf-8") for page in pages}
    files[INDEX] = index.render(context, texts).encode()
    manifest["files"] = _listed(files)
    files[MANIFEST] = to_json(manifest).encode()
    replace_folder(profile.reports, files)
    return True


def _tables(profile: Profile, pages: Sequence[PageLink]) -> list[TableFile]:
    tables = []
    for page in pages:
        for place in shown_by(profile.processed, page.slug):
            dictionary = json.loads(
                (profile.processed / f"{place}{SCHEMA}").read_text(encoding="utf-8")
            )
            folder, name = place.split("/")
            stem = f"{place}{profile.file_suffix}"
            tables.append(
                TableFile(
                    name=name,
                    href=f"{stem}.csv",
                    dictionary_href=f"{stem}{SCHEMA}",
                    caption=dictionary.get("title", name),
                    notebook=page.slug,
                    kind=folder.removesuffix("s"),
                )
            )
    return tables


def _results(profile: Profile, pages: Sequence[PageLink]) -> Results:
    together = Results()
    for page in pages:
        for result in Results.read(profile.processed / results_file(page.slug)):
            together.add(result)
    return together


def _listed(files: Mapping[str, Path | bytes]) -> list[dict[str, Any]]:
    return [
        {"path": name, "sha256": _digest(content), "bytes": _size(content)}
        for name, content in sorted(files.items())
    ]


def _digest(content: Path | bytes) -> str:
    return sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()


def _size(content: Path | bytes) -> int:
    return content.stat().st_size if isinstance(content, Path) else len(content)


def _is_current(folder: Path, wanted: Mapping[str, Any]) -> bool:
    """Whether the folder holds that report, whole and unaltered."""
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = [file for file in written["files"] if file["path"] != INDEX]
        return {**written, "files": listed} == wanted and not altered(folder, written["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def altered(folder: Path, files: Sequence[Mapping[str, Any]]) -> list[str]:
    """Files of a report folder that are absent, changed or not listed, each with what is wrong."""
    listed = {file["path"]: file["sha256"] for file in files}
    present = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    } - {MANIFEST}
    faults = [f"{name} is absent" for name in sorted(set(listed) - present)]
    faults += [f"{name} is not part of the report" for name in sorted(present - set(listed))]
    faults += [
        f"{name} was changed"
        for name in sorted(present & set(listed))
        if sha256(folder / name) != listed[name]
    ]
    return faults
