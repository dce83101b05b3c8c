"""The questionnaires of 2016, 2017 and 2019 as arrays, and the scores their answers earn."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from ics_maturity.instruments import Instrument, load
from ics_maturity.instruments.lattice import half_up
from ics_maturity.simulate.matching import matched_items

DONT_KNOW, NOT_APPLICABLE, BLANK = -1, -2, -3  # in place of the steps taken
MOST_STEPS = 6
_GAMED_THEMES = ("capabilities", "infrastructure")


@dataclass(frozen=True, eq=False)
class Questionnaire:
    """The questions of one round that are simulated, in file order, as arrays.

    ``concept`` numbers questions over rounds: a matched question keeps its number. ``steps``
    is 0 for a percentage. ``scores`` (items, steps + 1) turns steps taken into points.
    """

    instrument: Instrument
    ids: tuple[str, ...]
    concept: np.ndarray
    section: np.ndarray
    theme: np.ndarray
    steps: np.ndarray
    scores: np.ndarray
    scored: np.ndarray
    ambulance_only: np.ndarray
    gameable: np.ndarray


@cache
def concepts() -> dict[str, int]:
    """A number for every question by item id; matched questions of two rounds share one."""
    later = [item.id for item in load("dma_2017").items]
    number = {item: k for k, item in enumerate(later)}
    for item in load("dma_2016").items:
        twin = matched_items().get(item.id)
        number[item.id] = number[twin] if twin else len(set(number.values()))
    return number


@cache
def questionnaire(year: int) -> Questionnaire:
    """The simulated questions of a round: all but follow-up counts."""
    instrument = load(f"dma_{year}")
    items = [item for item in instrument.items if item.answers != "number"]
    theme_of = {section.id: section.theme for section in instrument.sections}
    options = [sorted(set(instrument.answers.get(item.answers, {}).values())) for item in items]
    scores = np.full((len(items), MOST_STEPS + 1), np.nan)
    for row, points in enumerate(options):
        scores[row, : len(points)] = points
    themes = np.array([theme_of[item.section] for item in items])
    return Questionnaire(
        instrument=instrument,
        ids=tuple(item.id for item in items),
        concept=np.array([concepts()[item.id] for item in items]),
        section=np.array([item.section for item in items]),
        theme=themes,
        steps=np.array([max(len(points) - 1, 0) for points in options]),
        scores=scores,
        scored=np.array([item.scored for item in items]),
        ambulance_only=np.array([".ambulance" in item.id for item in items]),
        gameable=np.isin(themes, _GAMED_THEMES)
        & np.array([item.answers == "agreement" for item in items]),
    )


@cache
def section_names() -> tuple[str, ...]:
    """The sections of all early rounds."""
    return tuple(section.id for section in load("dma_2017").sections)


def points(form: Questionnaire, steps: np.ndarray) -> np.ndarray:
    """Points of each answer, NaN where it is not scored."""
    counts_zero = form.instrument.scoring.dont_know == "zero"
    on_scale = form.scores[np.arange(len(form.ids)), np.clip(steps, 0, MOST_STEPS)]
    earned = np.where(form.steps > 0, on_scale, steps)
    earned = np.where(steps == DONT_KNOW, 0.0, earned)
    answered = (steps >= 0) | ((steps == DONT_KNOW) & counts_zero)
    return np.where(answered & form.scored, earned, np.nan)


def section_scores(form: Questionnaire, scores: np.ndarray) -> pd.DataFrame:
    """Section scores as published: the mean of the scored answers, rounded half up.

    One column per section of the instrument, NaN where nothing is scored.
    """
    return pd.DataFrame(
        {
            section.id: half_up(_mean(scores[:, form.section == section.id]))
            for section in form.instrument.sections
        }
    )


def theme_scores(form: Questionnaire, sections: pd.DataFrame) -> pd.DataFrame:
    """Theme scores as published: the mean of the rounded sections, rounded half up."""
    members = {
        theme.id: [s.id for s in form.instrument.sections if s.theme == theme.id]
        for theme in form.instrument.themes
    }
    return pd.DataFrame(
        {theme: half_up(_mean(sections[names].to_numpy())) for theme, names in members.items()}
    )


def _mean(scores: np.ndarray) -> np.ndarray:
    """Mean along rows of what is there; NaN where nothing is."""
    there = np.isfinite(scores)
    count = there.sum(axis=1)
    return np.where(count > 0, np.where(there, scores, 0).sum(axis=1) / np.maximum(count, 1),
                    np.nan)  # fmt: skip
