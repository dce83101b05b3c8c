"""How hard each question is, solved so that sections have the planted national means."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from ics_maturity.instruments import load
from ics_maturity.simulate.organisations import MAP_SEED
from ics_maturity.simulate.questions import Questionnaire, concepts, questionnaire
from ics_maturity.simulate.streams import stream
from ics_maturity.simulate.truth import Truth


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
