"""Draws the item answers of 2016, 2017 and 2019 from the truth.

An organisation's answer to a question lies on a scale of a few steps from 0 to 100. Each step
is taken where a uniform draw lies below a probability, so that the expected score is 100 times
that probability; the probability is a normal distribution function of question difficulty and
organisation effects, so that no score leaves the scale. Answers are carried over between
rounds by keeping the draws. In 2019 organisations with funding at stake report some answers
at the bottom of the scale.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ics_maturity.instruments import load
from ics_maturity.returns import COLUMNS
from ics_maturity.simulate.difficulty import difficulty
from ics_maturity.simulate.history import ROUNDS
from ics_maturity.simulate.organisations import Country, country
from ics_maturity.simulate.questions import (
    BLANK,
    DONT_KNOW,
    MOST_STEPS,
    NOT_APPLICABLE,
    Questionnaire,
    concepts,
    points,
    questionnaire,
    section_names,
    section_scores,
    theme_scores,
)
from ics_maturity.simulate.returns import shared_strength
from ics_maturity.simulate.streams import stream
from ics_maturity.simulate.truth import Truth


@dataclass(frozen=True, eq=False)
class EarlyRound:
    """One round's returns.

    ``organisations``: the rows of the country's early table for the round. ``steps``
    (organisations, items): steps taken, or DONT_KNOW, NOT_APPLICABLE, BLANK; a percentage as
    it stands. ``honest``: the same before anybody gamed. ``scores``: points, NaN where not
    scored.
    """

    questionnaire: Questionnaire
    organisations: pd.DataFrame
    steps: np.ndarray
    honest: np.ndarray
    scores: np.ndarray


def early_world(truth: Truth, seed: int) -> pd.DataFrame:
    """Tidy returns of one world of 2016, 2017 and 2019: items, sections and themes, in memory."""
    rounds = draw_answers(truth, seed)
    return pd.concat([tidy_round(rounds[year]) for year in ROUNDS], ignore_index=True)


def draw_answers(truth: Truth, seed: int) -> dict[int, EarlyRound]:
    """One world of the early rounds, by year, for the organisations of the invented country."""
    early, names = country().early, section_names()
    rng = stream(seed, "organisations")
    lineages = int(early["lineage"].max()) + 1
    lasting = _lasting(truth, seed, rng, lineages)
    exposed = _exposed(country(), lineages)
    draws = _kept_draws(truth, stream(seed, "answers"), lineages)
    rounds = {}
    for year in ROUNDS:
        form = questionnaire(year)
        section = pd.Index(names).get_indexer(form.section)
        once = rng.normal(0, truth.sd_organisation_round, (lineages, 1)) + rng.normal(
            0, truth.sd_section_round, (lineages, len(names))
        )
        probability = ndtr(difficulty(truth, year) + (lasting + once)[:, section])
        honest = _steps_taken(form, probability, draws[year])
        honest = _with_gaps(truth, stream(seed, f"gaps {year}"), honest, form)
        steps = honest
        if year == 2019:
            steps = _gamed(truth, stream(seed, "gaming"), honest, form, exposed)
        rounds[year] = _round(early[early["round"] == year], form, steps, honest)
    return rounds


def _lasting(truth: Truth, seed: int, rng: np.random.Generator, lineages: int) -> np.ndarray:
    """What an organisation keeps from round to round, probit, shape (lineages, sections)."""
    early = country().early.drop_duplicates("lineage").set_index("lineage").sort_index()
    codes = country().providers["provider_code"].tolist()
    at = pd.Index(codes).get_indexer(early["provider_code"])  # -1: closed, shares nothing
    shared = np.append(shared_strength(seed, len(codes)), 0.0)[at]
    own = rng.normal(0, 1, lineages)
    strength = np.sqrt(truth.link) * shared + np.sqrt(1 - truth.link) * own
    theme_of = {section.id: section.theme for section in load("dma_2017").sections}
    themes = sorted(set(theme_of.values()))
    by_theme = rng.normal(0, truth.sd_theme, (lineages, len(themes)))
    at_theme = [themes.index(theme_of[name]) for name in section_names()]
    by_section = rng.normal(0, truth.sd_section, (lineages, len(section_names())))
    return truth.sd_organisation * strength[:, None] + by_theme[:, at_theme] + by_section


def _kept_draws(truth: Truth, rng: np.random.Generator, lineages: int) -> dict[int, np.ndarray]:
    """Uniform draws behind every answer, by round: (lineages, concepts, steps)."""
    shape = (lineages, len(concepts()))
    draws = rng.random((*shape, MOST_STEPS))
    by_round: dict[int, np.ndarray] = {}
    for year in ROUNDS:
        if by_round:
            kept = (rng.random(shape) < truth.kept_answers)[..., None]
            draws = np.where(kept, draws, rng.random(draws.shape))
        by_round[year] = draws
    return by_round


def _steps_taken(form: Questionnaire, probability: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Steps taken on each question's scale, shape (lineages, items); percentages as they are."""
    there = np.arange(MOST_STEPS) < form.steps[:, None]
    taken = ((draws[:, form.concept] < probability[..., None]) & there).sum(axis=-1)
    return np.where(form.steps > 0, taken, np.rint(100 * probability).astype(int))


def _with_gaps(
    truth: Truth, rng: np.random.Generator, steps: np.ndarray, form: Questionnaire
) -> np.ndarray:
    """Some answers become Don't Know, N/A or blank; percentages are always given."""
    drawn = rng.random(steps.shape)
    edges = np.cumsum([truth.dont_know, truth.not_applicable, truth.blank])
    gaps = np.select([drawn < edge for edge in edges], [DONT_KNOW, NOT_APPLICABLE, BLANK], 0)
    return np.where((gaps < 0) & (form.steps > 0), gaps, steps)


def _exposed(world: Country, lineages: int) -> np.ndarray:
    """Which lineages had funding at stake in 2019, shape (lineages)."""
    group = world.incentives.set_index("provider_code")["group"]
    lines = world.early.drop_duplicates("lineage").set_index("lineage")["provider_code"]
    return (lines.map(group) == "funding_at_stake").reindex(range(lineages)).to_numpy(bool)


def _gamed(
    truth: Truth,
    rng: np.random.Generator,
    honest: np.ndarray,
    form: Questionnaire,
    exposed: np.ndarray,
) -> np.ndarray:
    """Exposed organisations report some unverifiable answers at the bottom."""
    chosen = rng.random(honest.shape) < truth.gaming_share
    lowered = chosen & exposed[:, None] & form.gameable & (honest > 0)
    return np.where(lowered, 0, honest)


def _round(
    organisations: pd.DataFrame, form: Questionnaire, steps: np.ndarray, honest: np.ndarray
) -> EarlyRound:
    """The round's organisations, with what is not asked of them left blank."""
    rows = organisations.reset_index(drop=True)
    line = rows["lineage"].to_numpy()
    ambulance = rows["care_settings"].str.contains("ambulance").to_numpy()
    unasked = form.ambulance_only & ~ambulance[:, None]
    steps, honest = (np.where(unasked, BLANK, kind[line]) for kind in (steps, honest))
    return EarlyRound(form, rows, steps, honest, points(form, steps))


def tidy_round(returns: EarlyRound) -> pd.DataFrame:
    """The round's scores as tidy returns at the levels item, section and theme."""
    form = returns.questionnaire
    sections = section_scores(form, returns.scores)
    scores = np.column_stack([returns.scores, sections, theme_scores(form, sections)])
    year = int(returns.organisations["round"].iloc[0])
    frame = _facts(year).assign(score=scores.ravel())
    return frame[frame["score"].notna()][list(COLUMNS)]


@cache
def _facts(year: int) -> pd.DataFrame:
    """All columns but the score: what every world says about a round, scored or not."""
    form, world = questionnaire(year), country()
    early = world.early[world.early["round"] == year]
    places = world.providers[["provider_code", "ics_code", "region"]]
    organisations = early.merge(places, on="provider_code", how="left").fillna("")
    scored = pd.DataFrame(
        [("item", item_id) for item_id in form.ids]
        + [("section", section.id) for section in form.instrument.sections]
        + [("theme", theme.id) for theme in form.instrument.themes],
        columns=["level", "construct"],
    )
    return (
        organisations.rename(
            columns={"code_returned": "provider_code_returned", "name_returned": "provider_name"}
        )
        .merge(scored, how="cross")
        .assign(
            care_setting="all",
            scale_min=0.0,
            scale_max=100.0,
            assessed_by="self",
            source_id="simulated",
            source_locator="drawn, not read",
        )
    )
