"""Which processed files a notebook wrote, and whether they are still as it wrote them."""

import json
from collections.abc import Sequence
from pathlib import Path

from ics_maturity.sources import sha256

SHOWN = ("tables", "figures")
SCHEMA = ".schema.json"


def results_file(slug: str) -> str:
    """Place of a notebook's named results in the processed folder."""
    return f"results/{slug}.json"


def shown_by(processed: Path, slug: str) -> list[str]:
    """``tables/NAME`` and ``figures/NAME`` whose dictionaries name the notebook."""
    return sorted(
        f"{kind}/{path.name.removesuffix(SCHEMA)}"
        for kind in SHOWN
        for path in (processed / kind).glob(f"*{SCHEMA}")
        if _notebook_of(path) == slug
    )


def _notebook_of(dictionary: Path) -> str:
    """The notebook that a dictionary names; none if another notebook has just removed it."""
    try:
        return str(json.loads(dictionary.read_text(encoding="utf-8")).get("notebook", ""))
    except FileNotFoundError:
        return ""


def written_by(processed: Path, slug: str, promised: Sequence[str]) -> dict[str, str]:
    """The sha256 of every file that the notebook wrote and that is there, by relative path."""
    names = [*promised, *shown_by(processed, slug)]
    files = [results_file(slug), *(name + end for name in names for end in (".csv", SCHEMA))]
    return {
        file: sha256(processed / file) for file in sorted(files) if (processed / file).is_file()
    }


def remove_shown(processed: Path, slug: str) -> None:
    """Remove the notebook's results, tables and figures, so that none outlives its code."""
    (processed / results_file(slug)).unlink(missing_ok=True)
    for name in shown_by(processed, slug):
        for ending in (".csv", SCHEMA):
            (processed / f"{name}{ending}").unlink(missing_ok=True)
