"""Invented returns for the instruments of a data profile, in the template's layout.

They show what the workbook makes of an instrument before its returns are in. Providers and
systems are those of the profile's reference folder; every score is drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

from ics_maturity import instruments
from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Catalogue, Instrument
from ics_maturity.profiles import Profile, ReturnFile
from ics_maturity.reference import load_reference
from ics_maturity.reference_tables import Reference
from ics_maturity.simulate.files import write_table
from ics_maturity.simulate.streams import stream

PROFILE_SEED = 20211101
_MOST_DOMAINS = 20
_DOMAINS = 4  # behind a pillar whose number of domains the instrument does not say


@dataclass(frozen=True)
class Planted:
    """What is planted, in shares of the scale; invented.

    ``level`` is the mean of the first round and ``drift`` what each later one adds.
    ``setting_step`` lies between neighbouring care settings, ``rural_slope`` between a wholly urban
    and a wholly rural system. The standard deviations are those of systems, of providers, of a
    provider in one pillar, and of one domain. A checked score lies ``checked`` below the
    self-assessed one on average, with its own standard deviation. ``second_return`` is the share of
    providers that file for two care settings.
    """

    level: float = 0.42
    drift: float = 0.04
    setting_step: float = -0.04
    rural_slope: float = -0.08
    sd_system: float = 0.04
    sd_provider: float = 0.08
    sd_pillar: float = 0.06
    sd_domain: float = 0.22
    kept_domains: float = 0.6
    checked: float = -0.03
    sd_checked: float = 0.03
    second_return: float = 0.25


def write_profile_returns(
    profile: Profile, seed: int = PROFILE_SEED, planted: Planted | None = None
) -> list[Path]:
    """Write every return file that the profile lists.

    Args:
        profile: lists files in the layout ``template`` of rounds whose instruments it brings.
        seed: of the invented world; the same seed gives the same bytes.
        planted: what is planted; the documented values if left out.

    Returns:
        The files written.

    Raises:
        InputError: the banner does not say that the returns are simulated, a listed file exists,
            has another layout, or is of a round without an instrument of the profile.
    """
    known = instruments.with_own(profile.instruments)
    if problems := _problems(profile, known):
        raise InputError(problems)
    reference = load_reference(profile.reference)
    world = _World(reference, known, sorted({f.round or 0 for f in profile.returns}), seed,
                   planted or Planted())  # fmt: skip
    for file in profile.returns:
        write_table(file.path, world.returns(file))
    return [file.path for file in profile.returns]


def _problems(profile: Profile, known: Catalogue) -> list[Problem]:
    said = profile.described.name
    problems = []
    if "simulated" not in profile.banner.lower():
        problems.append(
            Problem("a banner with the word simulated", said, column="banner", value=profile.banner,
                    fix="say so, since the banner stands on every page")
        )  # fmt: skip
    for file in profile.returns:
        if file.path.exists():
            problems.append(
                Problem("no such file yet", file.label, fix="move it away; nothing is overwritten")
            )
        if file.layout != "template" or file.round not in known.own:
            problems.append(
                Problem("the layout template, and a round of one of the profile's instruments",
                        said, column="returns", value=f"{file.label}, round {file.round}")
            )  # fmt: skip
    return problems


class _World:
    """One drawn world: who files what, how strong everybody is, and the answers to each domain."""

    def __init__(
        self,
        reference: Reference,
        known: Catalogue,
        years: Sequence[int],
        seed: int,
        planted: Planted,
    ) -> None:
        self._known, self._years, self._seed, self._planted = known, list(years), seed, planted
        self._providers = reference.providers
        shares = reference.rurality[reference.rurality["definition"] == "ruc2021"]
        rural = self._providers["ics_code"].map(shares.set_index("ics_code")["rural_share"])
        rng = stream(seed, "strength")
        systems, place = np.unique(self._providers["ics_code"], return_inverse=True)
        self._strength = (
            planted.sd_system * rng.normal(size=len(systems))[place]
            + planted.sd_provider * rng.normal(size=len(place))
            + planted.rural_slope * (rural - rural.mean()).to_numpy()
        )

    def returns(self, file: ReturnFile) -> pd.DataFrame:
        """One file's rows: the pillars of every return and, where rounds compare, their mean."""
        year = file.round or 0
        instrument = self._known.of(year)
        rows = self._filed(instrument)
        scores = self._pillars(instrument, rows, year, checked=file.assessed_by == "moderated")
        wide = rows.reset_index(drop=True).join(scores)
        facts = ["provider_code", "provider_name", "care_setting"]
        long = wide.melt(facts, list(scores), var_name="construct", value_name="score")
        long["level"] = "pillar"
        if self._compares(instrument):
            whole = wide[facts].assign(
                construct="overall_comparable", level="overall",
                score=scores.mean(axis=1).round(2).to_numpy(),
            )  # fmt: skip
            long = pd.concat([long, whole], ignore_index=True)
        long["round"] = year
        columns = ["round", *facts, "level", "construct", "score"]
        if file.assessed_by is None:  # else the profile says it for the whole file
            long["assessed_by"] = "self"
            columns.append("assessed_by")
        return long[columns].sort_values(columns, ignore_index=True)

    def _compares(self, instrument: Instrument) -> bool:
        """Whether the profile holds another round that the instrument may be compared with."""
        others = {self._known.of(year).id for year in self._years} - {instrument.id}
        return any(one.instrument in others for one in instrument.comparable_with)

    def _filed(self, instrument: Instrument) -> pd.DataFrame:
        """One row per return: every provider files for one care setting, some for a second."""
        settings = [setting.id for setting in instrument.settings] or ["all"]
        rng = stream(self._seed, "filed")
        first = rng.integers(len(settings), size=len(self._providers))
        more = rng.random(len(self._providers)) < self._planted.second_return
        named = self._providers[["provider_code", "provider_name"]].assign(
            provider=range(len(self._providers)), setting=first
        )
        second = named[more].assign(setting=(first[more] + 1) % len(settings))
        rows = pd.concat([named, second if len(settings) > 1 else second.head(0)])
        rows["care_setting"] = [settings[at] for at in rows["setting"]]
        return rows.sort_values(["provider", "setting"], ignore_index=True)

    def _pillars(
        self, instrument: Instrument, rows: pd.DataFrame, year: int, *, checked: bool
    ) -> pd.DataFrame:
        """Pillar scores of every return, shape (returns, pillars), on the instrument's scale."""
        planted, provider = self._planted, rows["provider"].to_numpy()
        level = planted.level + planted.drift * self._years.index(year)
        expected = level + self._strength[provider] + planted.setting_step * rows["setting"]
        if checked:
            rng = stream(self._seed, f"checked {year}")
            gap = rng.normal(planted.checked, planted.sd_checked, len(self._strength))
            expected = expected + gap[provider]
        scores = {}
        for pillar in instrument.pillars:
            own = stream(self._seed, f"pillar {pillar.id}").normal(size=len(self._strength))
            mean = expected.to_numpy() + planted.sd_pillar * own[provider]
            noise = self._noise(pillar.id, year, rows)
            counts = [
                min(instrument.domain_count(pillar.id, setting) or _DOMAINS, _MOST_DOMAINS)
                for setting in rows["care_setting"]
            ]
            scores[pillar.id] = [
                _mean_of_domains(one + noise[at, :n], instrument, n)
                for at, (one, n) in enumerate(zip(mean, counts, strict=True))
            ]
        return pd.DataFrame(scores)

    def _noise(self, pillar: str, year: int, rows: pd.DataFrame) -> np.ndarray:
        """What moves single domains, shape (returns, 20): partly carried over between rounds."""
        drawn = np.zeros((len(rows), _MOST_DOMAINS))
        for at, one in enumerate(self._years[: self._years.index(year) + 1]):
            rng = stream(self._seed, f"domains {pillar} {one}")
            new = rng.normal(0, self._planted.sd_domain, (len(rows), _MOST_DOMAINS))
            kept = rng.random(new.shape) < self._planted.kept_domains
            drawn = np.where(kept & (at > 0), drawn, new)
        return drawn


def _mean_of_domains(shares: np.ndarray, instrument: Instrument, domains: int) -> float:
    """Mean of whole-number domain scores, in exact arithmetic to one decimal, rounded half up."""
    low, span = instrument.scale_min, instrument.scale_max - instrument.scale_min
    whole = np.floor(np.clip(shares, 0, 1) * span + 0.5)
    mean = Fraction(int(whole.sum()) * 10, domains)
    return float(low + float(int(mean + Fraction(1, 2))) / 10)
