"""How many domains stand behind each pillar, laid out as columns of one array."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ics_maturity.instruments import load
from ics_maturity.simulate.truth import PILLARS, SETTINGS, Truth

# Where the published lattice gives only a lower bound; invented, at or above that bound.
_SMART_FOUNDATIONS = {"acute": 12, "mental_health": 11, "community": 12, "ambulance": 9}


@dataclass(frozen=True, eq=False)
class Layout:
    """Domains of all pillars side by side; a setting answers the first few of each pillar.

    ``counts`` (settings, pillars); ``pillar`` (domains): the pillar of each column;
    ``answered`` (settings, domains): whether the setting has that domain.
    """

    counts: np.ndarray
    pillar: np.ndarray
    answered: np.ndarray

    def comparable(self, truth: Truth) -> np.ndarray:
        """Domains of 2025 that 2024 had too, shape (settings, domains)."""
        new = np.array([truth.new_domains.get(pillar, 0) for pillar in PILLARS])
        return self.answered & (self._rank() < (self.counts - new)[:, self.pillar])

    def offsets(self, truth: Truth) -> np.ndarray:
        """Expected score of a domain minus that of its pillar, shape (settings, domains).

        New domains score lower than comparable ones by the planted gap; each pillar's mean
        over all its domains stays where it is.
        """
        comparable = self.comparable(truth)
        share_new = 1 - self.totals(comparable) / self.counts
        above = -truth.new_domain_gap * share_new[:, self.pillar]
        return np.where(comparable, above, above + truth.new_domain_gap) * self.answered

    def totals(self, domains: np.ndarray) -> np.ndarray:
        """Sums by pillar over the last axis, shape (..., 7)."""
        return np.add.reduceat(domains, self._starts(), axis=-1, dtype=int)

    def _starts(self) -> np.ndarray:
        """First column of each pillar."""
        return np.searchsorted(self.pillar, np.arange(len(PILLARS)))

    def _rank(self) -> np.ndarray:
        """Position of each column within its pillar."""
        return np.arange(len(self.pillar)) - self._starts()[self.pillar]


@cache
def layout() -> Layout:
    """The layout of the 2025 instrument; 2023 and 2024 are drawn on the same domains."""
    instrument = load("dma_2025")
    counts = np.array(
        [
            [instrument.domain_count(pillar, setting) or _SMART_FOUNDATIONS[setting]
             for pillar in PILLARS]
            for setting in SETTINGS
        ]
    )  # fmt: skip
    widest = counts.max(axis=0)
    pillar = np.repeat(np.arange(len(PILLARS)), widest)
    rank = np.concatenate([np.arange(width) for width in widest])
    return Layout(counts, pillar, rank < counts[:, pillar])
