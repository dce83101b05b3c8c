"""Invented providers in the invented systems, and who files which returns.

The organisations are fixed: they do not depend on a world's seed, so that worlds differ only
in what is drawn. Counts follow the real design (42 systems, 204 providers, 285 returns);
every name, code and figure is invented. Codes start with ``D``, which no organisation code of
a trust does, and names say "Demo Trust".
"""

from dataclasses import dataclass
from functools import cache
from itertools import count

import numpy as np
import pandas as pd

from ics_maturity.simulate import geography, history, names
from ics_maturity.simulate.streams import stream

SOURCE = "simulated"
MAP_SEED = 1  # fixes the map, the mix and the history; not a parameter

# Providers per system, as unequal as the real ones, for the most urban system first.
_SIZES = (16, 11, 10, 10, 8, 8, 7, 6, 6, 6, 6, *(5,) * 12, *(4,) * 3, *(3,) * 8, *(2,) * 6, 1, 1)
_EXTRA_MENTAL, _COMMUNITY, _AMBULANCE = 11, 12, 10
_ACUTE_COMMUNITY, _MENTAL_COMMUNITY, _ALL_THREE = 48, 28, 2
# Incentive groups of 2019, drawn at random: a difference between them can only be planted.
_SCHEME_SINCE = "2018-04-01"
_GROUPS = {"funding_at_stake": 61, "already_funded": 31, "no_scheme": 112}
_TRUST_TYPES = {
    "acute": "Acute",
    "mental": "Mental health and learning disability",
    "community": "Community",
    "ambulance": "Ambulance",
}


@dataclass(frozen=True)
class Country:
    """The invented country: the tables of the reference folder, and who files what.

    ``settings`` has one row per return of a 2023-2025 round (provider_code, care_setting);
    ``early`` one row per return of 2016-2019 (see :func:`history.past`).
    """

    systems: pd.DataFrame
    providers: pd.DataFrame
    rurality: pd.DataFrame
    rurality_2026: pd.DataFrame
    adjacency: pd.DataFrame
    successions: pd.DataFrame
    centroids: pd.DataFrame
    tiles: pd.DataFrame
    boundary_changes: pd.DataFrame
    settings: pd.DataFrame
    early: pd.DataFrame
    incentives: pd.DataFrame
    sizes: pd.DataFrame

    def roster(self) -> pd.DataFrame:
        """One row per return of 2023-2025 with what a design needs to know about it.

        Columns provider_code, provider_name, ics_code, region, care_setting, rural_share.
        """
        rural = self.rurality.query("definition == 'ruc2021'")[["ics_code", "rural_share"]]
        return (
            self.settings.merge(self.providers, on="provider_code", validate="m:1")
            .merge(rural, on="ics_code", validate="m:1")[
                ["provider_code", "provider_name", "ics_code", "region", "care_setting",
                 "rural_share"]
            ]
        )  # fmt: skip


@cache
def country() -> Country:
    """The invented country; the same every time."""
    rng = stream(MAP_SEED, "organisations")
    tiles = geography.tiles()
    systems = geography.systems(tiles)
    current = systems[systems["vintage"] == 2022]
    rural = geography.rural_shares(tiles, rng)
    slots = _slots(current, rural, rng)
    providers = _providers(slots, current)
    settings = _settings(slots, providers["provider_code"].tolist())
    early, successions = history.past(providers, settings, rng)
    sizes = slots.groupby("ics_code").size().reindex(tiles["ics_code"]).to_numpy()
    rurality = geography.rurality(tiles["ics_code"].tolist(), rural, sizes, rng)
    return Country(
        systems=systems,
        providers=providers,
        rurality=rurality,
        rurality_2026=geography.rurality_2026(rurality),
        adjacency=geography.adjacency(tiles),
        successions=successions,
        centroids=geography.centroids(tiles),
        tiles=tiles,
        boundary_changes=_boundary_changes(providers),
        settings=settings,
        early=early,
        incentives=_incentives(providers["provider_code"].tolist(), rng),
        sizes=_sizes(early),
    )


def _slots(systems: pd.DataFrame, rural: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """One row per provider to be: ics_code, role and the settings it files for.

    Urban systems have more providers; every system has an acute provider and, unless it has
    only one, a mental health provider; rural providers more often combine settings, so that
    mix and rurality are related, as on the real map.
    """
    order = (rural + rng.normal(0, 0.08, len(rural))).argsort(kind="stable")
    sizes = np.empty(len(rural), dtype=int)
    sizes[order] = _SIZES
    roles = _roles(sizes, systems["region"].tolist())
    rows = [
        {"ics_code": code, "role": role, "rural": share}
        for code, share, mix in zip(systems["ics_code"], rural, roles, strict=True)
        for role in mix
    ]
    slots = pd.DataFrame(rows)
    leaning = slots["rural"] + rng.normal(0, 0.25, len(slots))
    slots["settings"] = slots["role"].map(
        {"acute": "acute", "mental": "mental_health", "community": "community",
         "ambulance": "ambulance"}
    )  # fmt: skip
    acute = leaning[slots["role"] == "acute"].sort_values(ascending=False).index
    slots.loc[acute[:_ACUTE_COMMUNITY], "settings"] = "acute community"
    slots.loc[acute[_ACUTE_COMMUNITY], "settings"] = "acute ambulance"
    mental = leaning[slots["role"] == "mental"].sort_values(ascending=False).index
    slots.loc[mental[:_ALL_THREE], "settings"] = "acute mental_health community"
    slots.loc[mental[_ALL_THREE : _ALL_THREE + _MENTAL_COMMUNITY], "settings"] = (
        "mental_health community"
    )
    return slots


def _roles(sizes: np.ndarray, regions: list[str]) -> list[list[str]]:
    """Roles of the providers of each system, the acute ones first."""
    largest_first = sizes.argsort(kind="stable")[::-1]
    by_region = [next(k for k in largest_first if regions[k] == name) for name in names.REGIONS]
    others = [k for k in largest_first if k not in by_region]
    ambulance = np.bincount([*by_region, *others[: _AMBULANCE - len(by_region)]],
                            minlength=len(sizes))  # fmt: skip
    mental = (sizes > 1).astype(int)
    mental[largest_first[:_EXTRA_MENTAL]] += 1
    community = np.zeros_like(sizes)
    community[largest_first[:_COMMUNITY]] += 1
    acute = sizes - mental - community - ambulance
    return [
        ["acute"] * a + ["mental"] * m + ["community"] * c + ["ambulance"] * v
        for a, m, c, v in zip(acute, mental, community, ambulance, strict=True)
    ]


def _providers(slots: pd.DataFrame, systems: pd.DataFrame) -> pd.DataFrame:
    """The register of providers, in the columns of the reference folder."""
    register = slots.merge(systems, on="ics_code", validate="m:1")
    styles = {
        "acute": names.ACUTE,
        "mental": names.MENTAL_HEALTH,
        "community": names.COMMUNITY,
        "ambulance": names.AMBULANCE,
    }
    used: dict[tuple[str, str], count[int]] = {}
    called = []
    for row in register.itertuples():
        place, role = names.short_place(str(row.short_name)), str(row.role)
        number = next(used.setdefault((place, role), count()))
        called.append(styles[role][number].format(place=place).upper())
    merged = geography.merged_2026()
    return pd.DataFrame(
        {
            "provider_code": [f"DX{k + 1:03d}" for k in range(len(register))],
            "provider_name": called,
            "ics_code": register["ics_code"],
            "ics_code_2026": register["ics_code"].map(lambda code: merged.get(code, code)),
            "ics_code_ods": register["ics_code"],
            "region": register["region"],
            "trust_type": register["role"].map(_TRUST_TYPES),
            "opened": "2001-04-01",
            "closed": "",
            "match": "invented",
            "source": SOURCE,
        }
    )


def _settings(slots: pd.DataFrame, codes: list[str]) -> pd.DataFrame:
    """One row per return: provider_code, care_setting."""
    rows = [
        (code, setting)
        for code, filed in zip(codes, slots["settings"], strict=True)
        for setting in filed.split()
    ]
    return pd.DataFrame(rows, columns=["provider_code", "care_setting"])


def _boundary_changes(providers: pd.DataFrame) -> pd.DataFrame:
    """How the 42 systems became 36, with the providers that moved along."""
    moved = providers.groupby(["ics_code", "ics_code_2026"], as_index=False).agg(
        providers=("provider_code", "size")
    )
    changed = moved["ics_code"] != moved["ics_code_2026"]
    return pd.DataFrame(
        {
            "ics_code_2022": moved["ics_code"],
            "ics_code_2026": moved["ics_code_2026"],
            "providers": moved["providers"],
            "kind": np.where(changed, "merged", "unchanged"),
            "source": SOURCE,
        }
    )


def _incentives(codes: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """What each provider stood to gain in 2019, in the columns of the reference folder."""
    groups = np.repeat(list(_GROUPS), list(_GROUPS.values()))
    return pd.DataFrame(
        {"round": 2025, "provider_code": codes, "group": rng.permutation(groups),
         "since": _SCHEME_SINCE, "source": SOURCE}
    )  # fmt: skip


def _sizes(early: pd.DataFrame) -> pd.DataFrame:
    """Invented staff of every organisation of an early round; it keeps its size."""
    codes = early["code_returned"].drop_duplicates().sort_values()
    drawn = stream(MAP_SEED, "sizes").lognormal(np.log(4000), 0.6, len(codes))
    staff = pd.Series(np.rint(drawn / 10) * 10, codes)
    rows = early[["round", "code_returned"]].assign(
        size=early["code_returned"].map(staff), unit="staff", source=SOURCE
    )
    return rows.sort_values(["round", "code_returned"], ignore_index=True)
