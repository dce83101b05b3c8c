"""Which processed files a notebook wrote, and whether they are still as it wrote them."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from ics_maturity.report.folder import write_whole
from ics_maturity.sources import sha256

SHOWN = ("tables", "figures")
SCHEMA = ".schema.json"
# Stands in for a notebook's results while it runs: a valid file for notebooks beside it that
# read the folder, and not what any notebook would write.
PENDING = b"[ ]\n"


def results_file(slug: str, part: str = "") -> str:
    """Place of a page's named results in the processed folder.

    Args:
        slug: the notebook.
        part: of a batch page, where its files lie (``profiles/QGH``).
    """
    return f"results/{part or slug}.json"


def shown_by(processed: Path, slug: str, part: str = "") -> list[str]:
    """``tables/NAME`` and ``figures/NAME`` whose dictionaries name the notebook."""
    return sorted(
        path.relative_to(processed).as_posix().removesuffix(SCHEMA)
        for kind in SHOWN
        for path in (processed / kind / part).glob(f"*{SCHEMA}")
        if _notebook_of(path) == slug
    )


def _notebook_of(dictionary: Path) -> str:
    """The notebook that a dictionary names; none if another notebook has just removed it."""
    try:
        return str(json.loads(dictionary.read_text(encoding="utf-8")).get("notebook", ""))
    except FileNotFoundError:
        return ""


def written_by(
    processed: Path, slug: str, promised: Sequence[str], part: str = ""
) -> dict[str, str]:
    """The sha256 of every file that the notebook wrote and that is there, by relative path."""
    names = [*promised, *shown_by(processed, slug, part)]
    files = [name + end for name in names for end in (".csv", SCHEMA)]
    results = results_file(slug, part)
    if (processed / results).is_file() and (processed / results).read_bytes() != PENDING:
        files.append(results)
    return {
        file: sha256(processed / file) for file in sorted(files) if (processed / file).is_file()
    }


def processed_tables(processed: Path) -> set[str]:
    """Names of the processed tables that are there."""
    return {path.name.removesuffix(SCHEMA) for path in processed.glob(f"*{SCHEMA}")}


def remove(processed: Path, slug: str, tables: Iterable[str], part: str = "") -> None:
    """Remove what the notebook wrote, so that nothing outlives the code that wrote it.

    Args:
        processed: the folder.
        slug: the notebook, whose results, tables and figures go.
        tables: names of processed tables to remove with them.
        part: of a batch page, where its files lie.
    """
    write_whole(processed / results_file(slug, part), PENDING)
    for name in (*tables, *shown_by(processed, slug, part)):
        for ending in (".csv", SCHEMA):
            (processed / f"{name}{ending}").unlink(missing_ok=True)
