"""What the invented providers were called in 2016, 2017 and 2019, and how they came together.

Nearly half of the providers have early returns: that keeps the committed files small and still
leaves more than a hundred organisations to follow. Their history holds one of everything that
happens to real organisations: mergers in each gap, one of three, a split, a change of code, a
code typed wrongly, a closure.
"""

from dataclasses import dataclass
from string import capwords

import numpy as np
import pandas as pd

SOURCE = "simulated"
ROUNDS = (2016, 2017, 2019)

_MERGERS = {2017: 3, 2019: 3, 2023: 4}  # by the first round in which the merged one files
_PREDECESSORS = ("Old", "New", "Little")
_DATES = {2017: "2017-04-01", 2019: "2018-10-01", 2023: "2020-04-01"}
_DATED = ("merged", "recoded", "split", "none")
_END = 9999


@dataclass(frozen=True)
class Organisation:
    """One organisation that files under one code from ``since`` until before ``until``.

    ``lineage`` numbers organisations followed through mergers and changes of code: the line
    of the first predecessor goes on. ``providers`` are its providers of 2025, none if closed.
    """

    code: str
    name: str
    lineage: int
    providers: tuple[str, ...]
    kind: str = "same"
    since: int = 0
    until: int = _END


def past(
    providers: pd.DataFrame, settings: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The early returns and the successions that link them to the providers of 2025.

    Returns:
        early: round, code_returned, name_returned, lineage, provider_code (of two the first,
        empty if closed), care_settings (space-separated).
        successions: the table of the reference folder; the weights of a split add up to one.
    """
    filed = settings.groupby("provider_code")["care_setting"].agg(" ".join)
    early, links = [], []
    for org in _organisations(providers, filed, rng):
        for year in ROUNDS:
            if org.since <= year < org.until:
                early.append(_early_return(org, year, filed))
                links.extend(_links(org, year))
    order = ["round", "code_returned"]
    return (
        pd.DataFrame(early).sort_values(order, ignore_index=True),
        pd.DataFrame(links).sort_values([*order, "provider_code"], ignore_index=True),
    )


def _organisations(
    providers: pd.DataFrame, filed: pd.Series, rng: np.random.Generator
) -> list[Organisation]:
    """Every organisation that ever files in an early round."""
    name = dict(zip(providers["provider_code"], map(capwords, providers["provider_name"]),
                    strict=True))  # fmt: skip
    system = dict(zip(providers["provider_code"], providers["ics_code"], strict=True))
    codes = _with_early_returns(providers)
    movers = [code for code in codes if "ambulance" not in filed[code]]
    drawn = iter(rng.permutation(movers).tolist())
    found: list[Organisation] = []

    def new_lineage() -> int:
        return len({org.lineage for org in found})

    for since, mergers in _MERGERS.items():
        for k in range(mergers):
            code, line = next(drawn), new_lineage()
            parts = 3 if (since, k) == (2023, 0) else 2
            found += [
                Organisation(f"DP{line + part + 1:03d}", f"{_PREDECESSORS[part]} {name[code]}",
                             line + part, (code,), "merged", until=since)
                for part in range(parts)
            ]  # fmt: skip
            found.append(Organisation(code, name[code], line, (code,), since=since))

    for old, kind, since in (("DR001", "recoded", 2019), ("DQ001", "corrected", 2017)):
        code, line = next(drawn), new_lineage()
        found.append(Organisation(old, name[code], line, (code,), kind, until=since))
        found.append(Organisation(code, name[code], line, (code,), since=since))

    half = next(drawn)
    other = next(code for code in drawn if system[code] == system[half])
    found.append(
        Organisation("DS001", f"United {name[half]}", new_lineage(), (half, other), "split",
                     until=2023)
    )  # fmt: skip
    found.append(
        Organisation("DC001", "Fading Gossamerley Demo Trust", new_lineage(), (), "none",
                     until=2019)
    )  # fmt: skip

    moved = {code for org in found for code in org.providers}
    unmoved = [code for code in codes if code not in moved]
    line = new_lineage()
    return found + [
        Organisation(code, name[code], line + k, (code,)) for k, code in enumerate(unmoved)
    ]


def _with_early_returns(providers: pd.DataFrame) -> list[str]:
    """Every other provider of each system, its first included, and at most four."""
    position = providers.groupby("ics_code").cumcount()
    chosen = (position % 2 == 0) & (position < 8)
    return providers.loc[chosen, "provider_code"].tolist()


def _early_return(org: Organisation, year: int, filed: pd.Series) -> dict[str, object]:
    settings = " ".join(filed[code] for code in org.providers) or "community"
    return {
        "round": year,
        "code_returned": org.code,
        "name_returned": org.name,
        "lineage": org.lineage,
        "provider_code": org.providers[0] if org.providers else "",
        "care_settings": " ".join(sorted(set(settings.split()))),
    }


def _links(org: Organisation, year: int) -> list[dict[str, object]]:
    """Rows of the succession table for one return."""
    row = {
        "round": year,
        "code_returned": org.code,
        "name_returned": org.name,
        "provider_code": "",
        "weight": 1.0,
        "kind": org.kind,
        "effective_date": _DATES[org.until] if org.kind in _DATED else "",
        "path": org.code,
        "basis": "invented",
        "reason": "",
        "source": SOURCE,
    }
    if not org.providers:
        return [row | {"reason": "closed; nobody in the 2025 round took its services over"}]
    return [
        row
        | {
            "provider_code": code,
            "weight": 1 / len(org.providers),
            "path": org.code if org.code == code else f"{org.code}>{code}",
        }
        for code in org.providers
    ]
