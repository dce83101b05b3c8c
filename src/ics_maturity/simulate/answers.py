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
from scipy.optimize import brentq
from scipy.special import ndtr

from ics_maturity.instruments import Instrument, load
from ics_maturity.instruments.lattice import half_up
from ics_maturity.returns import COLUMNS
from ics_maturity.simulate.history import ROUNDS
from ics_maturity.simulate.matching import matched_items
from ics_maturity.simulate.organisations import MAP_SEED, Country, country
from ics_maturity.simulate.returns import shared_strength
from ics_maturity.simulate.streams import stream
from ics_maturity.simulate.truth import Truth

DONT_KNOW, NOT_APPLICABLE, BLANK = -1, -2, -3  # in place of the steps taken
_MOST_STEPS = 6
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
    scores = np.full((len(items), _MOST_STEPS + 1), np.nan)
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


@cache
def section_names() -> tuple[str, ...]:
    """The sections of all early rounds."""
    return tuple(section.id for section in load("dma_2017").sections)


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


def effect_variance(truth: Truth) -> float:
    """Variance of all organisation effects together, probit."""
    return (
        truth.sd_organisation**2
        + truth.sd_theme**2
        + truth.sd_section**2
        + truth.sd_organisation_round**2
        + truth.sd_section_round**2
    )


def planted_section_means(truth: Truth, year: int) -> dict[str, float]:
    """Expected national mean of every section of a round, 0 to 100, without gaming."""
    instrument = load(f"dma_{year}")
    return {
        section.id: truth.section_means_2016[section.id]
        + sum(rise[section.theme] for since, rise in truth.drift.items() if since <= year)
        for section in instrument.sections
    }


def difficulty(truth: Truth, year: int) -> np.ndarray:
    """Probit of each question for an average organisation, shape (items).

    Questions differ around their section; the section's level is solved so that its expected
    mean score over organisations is the planted one, Don't Know (which scores 0 in 2016 and
    nothing later) allowed for.
    """
    form = questionnaire(year)
    offsets = _item_offsets(truth, form)
    zero = form.instrument.scoring.dont_know == "zero"
    lost = truth.dont_know / (1 - truth.not_applicable - truth.blank) if zero else 0.0
    scale = np.sqrt(1 + effect_variance(truth))
    result = np.empty(len(form.ids))
    for name, mean in planted_section_means(truth, year).items():
        inside = form.section == name
        asked = offsets[inside & ~form.ambulance_only]
        result[inside] = offsets[inside] + _level(asked, mean / (100 * (1 - lost)), scale)
    return result


def _level(offsets: np.ndarray, share: float, scale: float) -> float:
    """The level at which questions of these offsets score ``share`` of the points on average."""
    return float(
        brentq(lambda level: ndtr((level + offsets) / scale).mean() - share, -8, 8, xtol=1e-10)
    )


def _item_offsets(truth: Truth, form: Questionnaire) -> np.ndarray:
    """Difficulty of each question against its section, probit; the same in every round."""
    drawn = stream(MAP_SEED, "questions").normal(0, truth.sd_item, len(concepts()))
    return drawn[form.concept]


def _kept_draws(truth: Truth, rng: np.random.Generator, lineages: int) -> dict[int, np.ndarray]:
    """Uniform draws behind every answer, by round: (lineages, concepts, steps)."""
    shape = (lineages, len(concepts()))
    draws = rng.random((*shape, _MOST_STEPS))
    by_round: dict[int, np.ndarray] = {}
    for year in ROUNDS:
        if by_round:
            kept = (rng.random(shape) < truth.kept_answers)[..., None]
            draws = np.where(kept, draws, rng.random(draws.shape))
        by_round[year] = draws
    return by_round


def _steps_taken(form: Questionnaire, probability: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Steps taken on each question's scale, shape (lineages, items); percentages as they are."""
    there = np.arange(_MOST_STEPS) < form.steps[:, None]
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


def points(form: Questionnaire, steps: np.ndarray) -> np.ndarray:
    """Points of each answer, NaN where it is not scored."""
    counts_zero = form.instrument.scoring.dont_know == "zero"
    on_scale = form.scores[np.arange(len(form.ids)), np.clip(steps, 0, _MOST_STEPS)]
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
