"""Writes the whole folder of demo returns."""

from pathlib import Path
from typing import Any

import numpy as np

from ics_maturity.simulate import claims, estimands
from ics_maturity.simulate.answers import draw_answers
from ics_maturity.simulate.design import demo_design
from ics_maturity.simulate.files import write_json, write_table, write_yaml
from ics_maturity.simulate.layouts_early import (
    write_2016_answers,
    write_2016_published_scores,
    write_2017_scores,
    write_question_key,
)
from ics_maturity.simulate.layouts_later import write_results_workbook, write_template
from ics_maturity.simulate.organisations import Country, country
from ics_maturity.simulate.readme import readme
from ics_maturity.simulate.returns import draw
from ics_maturity.simulate.streams import stream
from ics_maturity.simulate.truth import Truth

DEMO_SEED = 20160401
BANNER = (
    "Demo data: simulated returns of invented organisations in invented systems. "
    "No finding about any real organisation."
)
# file, layout, round, what it holds
FILES = (
    ("rounds/demo_2016_answers.csv", "dma_2016_answers", 2016,
     "2015/16: every answer and its score"),
    ("rounds/demo_2016_acute_published_scores.csv", "dma_2016_published_scores", 2016,
     "2015/16: section and theme scores of acute organisations"),
    ("rounds/demo_2017_scores.csv", "dma_2017_scores", 2017,
     "2017: section and theme scores, every answer and its score"),
    ("rounds/demo_2019_scores.csv", "dma_2017_scores", 2019,
     "2019: the same instrument; some organisations gamed it"),
    ("rounds/demo_question_key.xlsx", "question_key", None,
     "which question of 2015/16 is asked again in 2017, by likeness of wording"),
    ("rounds/demo_2023_self.xlsx", "template", 2023, "2023: pillars as self-assessed"),
    ("rounds/demo_2023_moderated.xlsx", "template", 2023, "2023: the same after peer review"),
    ("rounds/demo_2024_2025_results.xlsx", "dma_workbook", 2025,
     "2025 pillars, and overall scores of 2024 and 2025 over comparable domains"),
)  # fmt: skip
_REFERENCE = ("systems", "providers", "rurality", "rurality_2026", "adjacency", "successions",
              "centroids", "tiles", "boundary_changes", "incentives", "sizes")  # fmt: skip


def write_demo(folder: Path, seed: int = DEMO_SEED, truth: Truth | None = None) -> None:
    """Write returns, reference tables, profile, truth and README of one world.

    Args:
        folder: created if need be; files in it are overwritten, others left alone.
        seed: of the world.
        truth: the planted values; the documented ones if left out.
    """
    truth, design, world = truth or Truth(), demo_design(), country()
    later, rounds = draw(truth, seed, design), draw_answers(truth, seed)
    (folder / "rounds").mkdir(parents=True, exist_ok=True)
    for name in ("reference", "published"):
        (folder / name).mkdir(exist_ok=True)
    place = {Path(file).stem: folder / file for file, *_ in FILES}

    write_2016_answers(place["demo_2016_answers"], rounds[2016])
    write_2016_published_scores(place["demo_2016_acute_published_scores"], rounds[2016])
    write_2017_scores(place["demo_2017_scores"], rounds[2017])
    write_2017_scores(place["demo_2019_scores"], rounds[2019])
    write_question_key(place["demo_question_key"])
    write_template(place["demo_2023_self"], later.self_2023, design, "self")
    write_template(place["demo_2023_moderated"], later.moderated_2023, design, "moderated")
    current = world.systems[world.systems["vintage"] == 2022].reset_index(drop=True)
    write_results_workbook(place["demo_2024_2025_results"], later, design, current,
                           stream(seed, "boards"))  # fmt: skip
    _write_reference(folder / "reference", world)
    write_table(folder / "published" / "claims.csv", claims.claims())
    write_table(folder / "published" / "statements.csv", claims.statements(later, design))
    write_yaml(folder / "profile.yaml", _profile())
    write_json(folder / "truth.json", {
        "seed": seed,
        "planted": truth.documented(),
        "expected": _plain(estimands.expected(truth, design)),
        "this_world": _plain(estimands.this_world(truth, design, later, rounds)),
        "claims": claims.verdicts(),
    })  # fmt: skip
    about = {file: what for file, _, _, what in FILES}
    (folder / "README.md").write_text(
        readme(truth, design, seed, about), encoding="utf-8", newline="\n"
    )


def _write_reference(folder: Path, world: Country) -> None:
    for name in _REFERENCE:
        write_table(folder / f"{name}.csv", getattr(world, name))


def _profile() -> dict[str, Any]:
    return {
        "label": "Demo returns",
        "banner": BANNER,
        "file_suffix": ".demo",
        "reference": "reference",
        "published": "published",
        "returns": [
            {"file": file, "layout": layout}
            | ({"round": year} if year else {})
            | {"source_id": Path(file).stem}
            for file, layout, year, _ in FILES
        ],
    }


def _plain(value: Any) -> Any:
    """Built-in types for JSON, numbers to six decimals: the last digits differ by machine."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return round(float(value), 6)
    return value
