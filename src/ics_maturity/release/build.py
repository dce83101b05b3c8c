"""A release of aggregates, from a finished report to a folder that may be handed on."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd

from ics_maturity.errors import InputError, Problem
from ics_maturity.page import read_table
from ics_maturity.paths import project_root
from ics_maturity.profiles import Profile, load_profile
from ics_maturity.release.contents import Sieve
from ics_maturity.release.rules import load_rules
from ics_maturity.release.scan import Identifiers, Leak, leaks
from ics_maturity.report import html, index, manifest
from ics_maturity.report.context import IndexContext, PageContext, PageLink, TableFile
from ics_maturity.report.folder import recover, replace_folder
from ics_maturity.report.outputs import results_file
from ics_maturity.results import Results

LEAST = 3
_TEMPLATES = ("templates/page.html.j2", "templates/index_body.html.j2", "glossary.toml")


class LeakError(Exception):
    """A release that held something which must not leave; nothing was written."""

    def __init__(self, found: list[Leak]) -> None:
        self.found = found
        shown = "\n".join(f"  {leak}" for leak in found[:20])
        more = f"\n  and {len(found) - 20} more" if len(found) > 20 else ""
        super().__init__(
            "the release held what must not leave, so nothing was written:\n"
            f"{shown}{more}\n"
            "Label and banner in profile.yaml are printed on every page: look there first.\n"
            "Whatever else is named above has to be taken out of release/allowed.toml."
        )


def release(profile: str, *, least: int = LEAST, root: Path | None = None) -> Path:
    """Write the aggregates of a finished report to ``reports/PROFILE-aggregate``.

    Args:
        profile: name of the data profile, whose report is there.
        least: fewest providers behind any number of a group or system.
        root: the project's root folder.

    Returns:
        The folder.

    Raises:
        InputError: there is no finished report.
        LeakError: something that must not leave was found; no file was written.
    """
    root = root or project_root()
    chosen = load_profile(profile, root)
    target = chosen.reports.with_name(f"{chosen.reports.name}-aggregate")
    recover(target)
    written = _report(chosen)
    pages = [page for page in written["pages"] if "/" not in page["href"]]
    sieve = Sieve(
        rules=load_rules(),
        processed=chosen.processed,
        returns=read_table(chosen.processed, "returns"),
        least=least,
        results=_results(chosen, pages),
    )
    files, own_words = _files(chosen, written, pages, sieve)
    if found := leaks(files, identifiers(chosen, root), own_words):
        raise LeakError(found)
    replace_folder(target, files)
    return target


def identifiers(profile: Profile, root: Path) -> Identifiers:
    """Names and codes of every organisation in the profile's returns, and this computer's places.

    Names of systems are no secret; a provider that is called as its system is looked for under its
    code.
    """
    processed = profile.processed
    names: set[str] = set()
    codes: set[str] = set()
    for table, name_columns, code_columns in (
        ("returns", ["provider_name"], ["provider_code", "provider_code_returned"]),
        ("items", ["provider_name"], ["provider_code", "provider_code_returned"]),
        ("services", ["provider_name"], ["provider_code_returned"]),
        ("providers", ["provider_name"], ["provider_code"]),
        ("links", ["name_returned"], ["code_returned", "provider_code"]),
    ):
        frame = read_table(processed, table)
        names |= _texts(frame, name_columns)
        codes |= _texts(frame, code_columns)
    systems = read_table(processed, "systems")
    names -= _texts(systems, ["ics_name", "short_name"])
    return Identifiers.of(names, codes, [str(root), str(root.resolve()), str(Path.home())])


def _texts(frame: pd.DataFrame, columns: Iterable[str]) -> set[str]:
    present = [column for column in columns if column in frame]
    return {str(text) for column in present for text in frame[column].dropna().unique() if text}


def _report(profile: Profile) -> dict[str, Any]:
    """The manifest of the finished report."""
    path = profile.reports / manifest.MANIFEST
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        fix = f"ics-maturity run --data {profile.name}"
        raise InputError(Problem("a finished report", manifest.MANIFEST, fix=fix)) from None


def _results(profile: Profile, pages: Iterable[Mapping[str, str]]) -> Results:
    together = Results()
    for page in pages:
        for result in Results.read(profile.processed / results_file(page["slug"])):
            together.add(result)
    return together


def _files(
    profile: Profile,
    written: Mapping[str, Any],
    listed: list[Mapping[str, str]],
    sieve: Sieve,
) -> tuple[dict[str, bytes], str]:
    """Every file of the release, and the text of the workbook that holds no data."""
    provenance = _without_names(written["provenance"])
    links = tuple(_link(page) for page in listed)
    banner = _banner(profile.banner, sieve.least)
    own_words = [_own_templates()]
    pages: dict[str, str] = {}
    for link in links:
        executed = nbformat.read(
            profile.processed / "executed" / f"{link.slug}.ipynb", as_version=4
        )
        own_words += [cell.source for cell in executed.cells]
        made_from = {**provenance, "page": link.slug}
        context = PageContext(
            profile=profile.name, label=profile.label, banner=banner,
            file_suffix=profile.file_suffix, page=link, pages=links, provenance=made_from,
        )  # fmt: skip
        page = html.export(sieve.notebook(executed), context=context)
        pages[link.slug] = manifest.stamp(page, made_from)
    results = Results(result for result in sieve.results if sieve.may_leave(result))
    tables = _tables(profile, sieve)
    files: dict[str, bytes] = {link.href: pages[link.slug].encode() for link in links}
    for table, (csv, dictionary) in zip(tables, sieve.files.values(), strict=True):
        files[table.href], files[table.dictionary_href] = csv.encode(), dictionary.encode()
    files["results.json"] = results.text().encode()
    context_of_index = IndexContext(
        profile=f"{profile.name}-aggregate", label=profile.label, banner=banner,
        file_suffix=profile.file_suffix, pages=links, provenance=provenance,
        tables=tuple(tables), results=tuple(asdict(result) for result in results),
    )  # fmt: skip
    files["index.html"] = index.render(context_of_index, pages).encode()
    files[manifest.MANIFEST] = _manifest(profile, banner, provenance, links, files).encode()
    return files, "\n".join(own_words)


def _link(page: Mapping[str, str]) -> PageLink:
    return PageLink(page["slug"][:2], page["slug"], page["title"], page["href"])


def _banner(banner: str, least: int) -> str:
    return (
        f"{banner} Release of aggregates: nothing about a single provider, and no group or system "
        f"with fewer than {least} providers, nor one that would give such a one away."
    ).strip()


def _without_names(made_from: Mapping[str, Any]) -> dict[str, Any]:
    """Provenance whose input files are known by their content only."""
    digests = sorted(item["sha256"] for item in made_from["inputs"])
    inputs = [
        {"id": "", "path": f"input {i}", "sha256": digest} for i, digest in enumerate(digests, 1)
    ]
    return {**made_from, "inputs": inputs, "release": "aggregate"}


def _tables(profile: Profile, sieve: Sieve) -> list[TableFile]:
    found = []
    for place, (_, dictionary) in sieve.files.items():
        schema = json.loads(dictionary)
        folder, name = place.split("/")
        stem = f"{place}{profile.file_suffix}"
        found.append(
            TableFile(
                name=name,
                href=f"{stem}.csv",
                dictionary_href=f"{stem}.schema.json",
                caption=schema["title"],
                notebook=schema["notebook"],
                kind=folder.removesuffix("s"),
            )
        )
    return found


def _manifest(
    profile: Profile,
    banner: str,
    provenance: Mapping[str, Any],
    pages: Iterable[PageLink],
    files: Mapping[str, bytes],
) -> str:
    return manifest.to_json(
        {
            "format": 1,
            "label": profile.label,
            "banner": banner,
            "provenance": provenance,
            "pages": [{"slug": p.slug, "title": p.title, "href": p.href} for p in pages],
            "files": [
                {"path": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
                for name, content in sorted(files.items())
            ],
        }
    )


def _own_templates() -> str:
    folder = Path(html.__file__).parent
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in _TEMPLATES)
