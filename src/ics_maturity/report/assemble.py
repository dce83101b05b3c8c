"""The finished report: pages, tables, results, manifest and index, put in place as a whole."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ics_maturity.profiles import Profile
from ics_maturity.report.context import Batch, IndexContext, PageLink, TableFile
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
    batches: Sequence[Batch],
    exported: Mapping[str, Path],
    made_from: Mapping[str, Any],
) -> bool:
    """Bring the profile's report folder to the state of the given pages.

    Args:
        profile: the data profile.
        pages: the pages of the report in reading order, directories of batches among them.
        batches: the pages that such directories list.
        exported: by the page's slug, the page as HTML.
        made_from: provenance of the whole report.

    Returns:
        Whether anything had to be written.
    """
    single = [page for page in pages if page.slug in exported]
    everywhere = [*single, *(entry.page for batch in batches for entry in batch.pages)]
    tables = [table for page in single for table in _tables(profile, page.slug)]
    results = _results(profile, single)
    files: dict[str, Path | bytes] = {page.href: exported[page.slug] for page in everywhere}
    for batch in batches:
        files |= _batch_files(profile, batch)
    for table in tables:
        files |= _twin_files(profile, table)
    files[RESULTS] = results.text().encode()
    manifest: dict[str, Any] = {
        "format": 1,
        "label": profile.label,
        "banner": profile.banner,
        "provenance": made_from,
        "pages": [
            {"slug": page.slug, "title": page.title, "href": page.href} for page in everywhere
        ],
        "files": _listed(files),
    }
    written_last = {INDEX, *(batch.directory.href for batch in batches)}
    if _is_current(profile.reports, manifest, written_last):
        return False
    from ics_maturity.report import directory, index

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
    texts = {page.slug: exported[page.slug].read_text(encoding="utf-8") for page in single}
    last: dict[str, Path | bytes] = {}
    for batch in batches:
        texts[batch.directory.slug] = directory.render(context, batch)
        last[batch.directory.href] = texts[batch.directory.slug].encode()
    last[INDEX] = index.render(context, texts).encode()
    listed = [*manifest["files"], *_listed(last)]
    manifest["files"] = sorted(listed, key=lambda file: file["path"])
    last[MANIFEST] = to_json(manifest).encode()
    replace_folder(profile.reports, files | last)
    return True


def _batch_files(profile: Profile, batch: Batch) -> dict[str, Path | bytes]:
    """The tables and results of a batch's pages; its pages link to the tables."""
    files: dict[str, Path | bytes] = {}
    slug = batch.directory.slug
    for entry in batch.pages:
        for table in _tables(profile, slug, entry.part):
            files |= _twin_files(profile, table)
        results = profile.processed / results_file(slug, entry.part)
        files[f"results/{entry.part}{profile.file_suffix}.json"] = results
    return files


def _twin_files(profile: Profile, table: TableFile) -> dict[str, Path | bytes]:
    """A table with its dictionary, by their places in the report."""
    suffix = profile.file_suffix
    place = table.href.removesuffix(f"{suffix}.csv")
    return {
        table.href: profile.processed / f"{place}.csv",
        table.dictionary_href: profile.processed / f"{place}{SCHEMA}",
    }


def _tables(profile: Profile, slug: str, part: str = "") -> list[TableFile]:
    tables = []
    for place in shown_by(profile.processed, slug, part):
        dictionary = json.loads(
            (profile.processed / f"{place}{SCHEMA}").read_text(encoding="utf-8")
        )
        kind, name = place.split("/")[0], place.split("/")[-1]
        stem = f"{place}{profile.file_suffix}"
        tables.append(
            TableFile(
                name=name,
                href=f"{stem}.csv",
                dictionary_href=f"{stem}{SCHEMA}",
                caption=dictionary.get("title", name),
                notebook=slug,
                kind=kind.removesuffix("s"),
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


def _is_current(folder: Path, wanted: Mapping[str, Any], written_last: set[str]) -> bool:
    """Whether the folder holds that report, whole and unaltered.

    Files ``written_last`` are made from the others.
    """
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        listed = [file for file in written["files"] if file["path"] not in written_last]
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
