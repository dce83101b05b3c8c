"""Who returned: names to codes, early codes to the providers of 2025, providers to systems.

Each step takes tidy returns and gives tidy returns. A row whose organisation cannot be told is
taken out and logged as quarantined, with what to do; nothing else is dropped.
"""

import difflib
import re
import unicodedata
from datetime import date
from typing import Any, Literal

import pandas as pd

from ics_maturity.reference_tables import SUCCESSION_KINDS, TABLES, VINTAGES, Reference
from ics_maturity.returns import QualityLog

_SYSTEM_COLUMN = dict(zip(VINTAGES, ("ics_code", "ics_code_2026"), strict=True))
_ROUTE_COLUMNS = [*TABLES["successions"].fields, "in_returns", "accounted"]
_HINTS = 100  # names that get the nearest known ones: each is held against all of these
_CORRECTION_OF_ONE_FILE = ("corrected", "none")

LINKS_DICTIONARY: dict[str, Any] = {
    "fields": [
        *(
            {"name": name, "type": field.kind, "description": field.meaning}
            for name, field in TABLES["successions"].fields.items()
        ),
        {
            "name": "in_returns",
            "type": "boolean",
            "description": "Whether the organisation has any score in the round",
        },
        {
            "name": "accounted",
            "type": "boolean",
            "description": "Whether it reaches a provider of 2025 or a stated reason",
        },
    ],
    "primaryKey": ["round", "code_returned", "provider_code"],
    "missingValues": [""],
}


def normalise_name(name: str) -> str:
    """A name reduced to what identifies it: capitals, "and" for "&", no punctuation.

    Two names count as the same organisation only if these are equal.
    """
    plain = unicodedata.normalize("NFKC", name).upper().replace("&", " AND ")
    plain = re.sub(r"['’‘`.]", "", plain)
    return " ".join(re.sub(r"[^\w]+", " ", plain).split())


def attach_codes(returns: pd.DataFrame, providers: pd.DataFrame, log: QualityLog) -> pd.DataFrame:
    """Fill ``provider_code`` where a layout gives names and no codes.

    Args:
        returns: tidy returns; rows that hold a returned code keep it as their provider code.
        providers: the table of that name in the reference folder.
        log: gets one entry for each name that no provider bears (its rows are quarantined, with
            the nearest names), and one for each whose code was matched by hand.

    Returns:
        Tidy returns without the quarantined rows.
    """
    code = returns["provider_code"].where(
        returns["provider_code"] != "", returns["provider_code_returned"]
    )
    names = returns.loc[code == "", "provider_name"]
    known = dict(
        zip(providers["provider_name"].map(normalise_name), providers["provider_code"], strict=True)
    )
    found = {name: known.get(normalise_name(name), "") for name in sorted(set(names))}
    coded = returns.assign(
        provider_code=code.where(code != "", returns["provider_name"].map(found))
    )
    _log_names(coded[code == ""], providers, log)
    return coded[coded["provider_code"] != ""].reset_index(drop=True)


def _log_names(rows: pd.DataFrame, providers: pd.DataFrame, log: QualityLog) -> None:
    """Note what was matched by hand; quarantine what was not matched at all."""
    by_hand = providers.set_index("provider_code")["match"]
    by_hand = by_hand[by_hand.str.startswith("manual")]
    odd = rows[(rows["provider_code"] == "") | rows["provider_code"].isin(by_hand.index)]
    for n, ((year, code, name), same) in enumerate(
        odd.groupby(["round", "provider_code", "provider_name"])
    ):
        if code in by_hand.index:
            log.note(
                "code_matched_by_hand", f"{name} was given its code by hand: {by_hand[code]}",
                round=year, provider_code=code, value=name, action="used",
                rule="organisations.attach_codes",
            )  # fmt: skip
        elif code == "":
            known = providers["provider_name"] if n < _HINTS else ()
            near = difflib.get_close_matches(name.upper(), known, n=2)
            log.note(
                "unknown_provider_name", f"{len(same)} scores of a name that no provider bears",
                round=year, value=name, severity="quarantined",
                action="not used; correct the name or add the provider to providers.csv"
                + (f" (nearest: {' or '.join(near)})" if near else ""),
                rule="organisations.attach_codes",
            )  # fmt: skip


def accounted_for(
    returns: pd.DataFrame, successions: pd.DataFrame, providers: pd.DataFrame
) -> pd.DataFrame:
    """Where every organisation of every round that returned a code ended up.

    An organisation is looked up in the successions of its round; else its code may be that of a
    provider of 2025; else another round's succession of the same code serves (a code stale in
    2019 was current in 2017). Organisations listed for a round but without a score are kept.

    Args:
        returns: tidy returns.
        successions, providers: the tables of those names in the reference folder.

    Returns:
        One row per organisation and successor: the columns of ``successions``, then
        ``in_returns`` and ``accounted`` (it reaches a provider of 2025, or a reason is given).
    """
    coded = returns[returns["provider_code_returned"] != ""]
    seen = (
        coded.groupby(["round", "provider_code_returned"], as_index=False)["provider_name"]
        .first()
        .set_axis(["round", "code_returned", "name_returned"], axis=1)
    )
    listed = successions[successions["round"].isin(set(seen["round"]))]
    keys = ["round", "code_returned"]
    marked = seen.merge(listed[keys].drop_duplicates(), on=keys, how="left", indicator=True)
    unlisted = marked[marked["_merge"] == "left_only"].drop(columns="_merge")
    current = unlisted["code_returned"].isin(providers["provider_code"])
    routes = pd.concat(
        [
            listed.merge(seen[keys].assign(in_returns=True), on=keys, how="left"),
            _still_current(unlisted[current]).assign(in_returns=True),
            _from_other_rounds(unlisted[~current], successions).assign(in_returns=True),
        ],
        ignore_index=True,
    )
    reached = routes["provider_code"].isin(providers["provider_code"])
    explained = (routes["kind"] == "none") & (routes["reason"] != "")
    routes = routes.assign(
        in_returns=routes["in_returns"].eq(True), accounted=reached | explained
    )  # left merge: absent is not True
    return routes[_ROUTE_COLUMNS].sort_values(
        [*keys, "provider_code"], kind="stable", ignore_index=True
    )


def _still_current(unlisted: pd.DataFrame) -> pd.DataFrame:
    """Organisations that the successions do not list because nothing happened to them."""
    return unlisted.assign(
        provider_code=unlisted["code_returned"], weight=1.0, kind="same", effective_date="",
        path=unlisted["code_returned"], basis="a provider of 2025", reason="",
        source="providers table",
    )  # fmt: skip


def _from_other_rounds(unlisted: pd.DataFrame, successions: pd.DataFrame) -> pd.DataFrame:
    """The succession of the same code in the last round that lists it; blank if none does.

    Corrections are left out: they say that one published file carries a wrong code.
    """
    usable = successions[~successions["kind"].isin(_CORRECTION_OF_ONE_FILE)]
    last = usable[usable["round"] == usable.groupby("code_returned")["round"].transform("max")]
    routes = unlisted.merge(
        last.drop(columns=["round", "name_returned"]), on="code_returned", how="left"
    )
    text = [name for name in TABLES["successions"].fields
            if name not in ("round", "weight")]  # fmt: skip
    return routes.assign(weight=routes["weight"].fillna(1.0)).fillna(dict.fromkeys(text, ""))


def link(
    returns: pd.DataFrame,
    successions: pd.DataFrame,
    providers: pd.DataFrame,
    log: QualityLog,
    *,
    as_of: date | None = None,
) -> pd.DataFrame:
    """Give every return of an early round the code of the provider that it became.

    Rows are not multiplied: a divided organisation goes to the provider that took the larger
    part (the weights of :func:`accounted_for` hold all parts). One with no provider of 2025
    keeps its own code. Rows without a returned code are left as they are.

    Args:
        returns: tidy returns.
        successions, providers: the tables of those names in the reference folder.
        log: gets what was corrected, divided, without successor, or unknown (quarantined).
        as_of: follow only changes in force on this day, to pair two early rounds: with the
            day of the later round, organisations that merged since then stay apart. Changes
            without a day are followed.

    Returns:
        Tidy returns without the quarantined rows.
    """
    routes = accounted_for(returns, successions, providers)
    routes = routes[routes["in_returns"]]
    _log_routes(routes, log)
    _log_stale(routes, successions, providers, log)
    target = routes["provider_code"].where(routes["kind"] != "none", routes["code_returned"])
    if as_of is not None:
        later = routes["effective_date"] > as_of.isoformat()
        target = target.where(~later, routes["code_returned"])
    routes = routes.assign(target=target).sort_values("weight", kind="stable", ascending=False)
    largest = routes.drop_duplicates(["round", "code_returned"])
    targets = largest.set_index(["round", "code_returned"])["target"]
    index = pd.MultiIndex.from_frame(returns[["round", "provider_code_returned"]])
    linked = pd.Series(targets.reindex(index).to_numpy(), index=returns.index)
    code = linked.where(returns["provider_code_returned"] != "", returns["provider_code"])
    return returns.assign(provider_code=code.astype("str"))[code != ""].reset_index(drop=True)


_LOGGED: dict[str, tuple[str, Literal["note", "warning"], str]] = {
    "corrected": ("code_corrected", "warning", "used under the provider's code"),
    "split": ("organisation_divided", "warning", "used for the provider with the larger part"),
    "none": ("no_provider_2025", "note", "used for its own round, not linked to 2025"),
}  # fmt: skip


def _log_routes(routes: pd.DataFrame, log: QualityLog) -> None:
    """One entry per organisation that did not simply stay or merge."""
    keys = ["round", "code_returned"]
    first_parts = routes.drop_duplicates(keys)
    odd = first_parts[~first_parts["accounted"] | first_parts["kind"].isin(_LOGGED)]
    for (year, code), parts in routes.merge(odd[keys], on=keys).groupby(keys):
        first = parts.iloc[0]
        if not first["accounted"]:
            log.note(
                "unknown_provider_code", f"{first['name_returned']}: no provider and no succession",
                round=year, provider_code=code, value=code, severity="quarantined",
                action="not used; correct the code or add a row to successions.csv",
                rule="organisations.link",
            )  # fmt: skip
        elif first["kind"] in _LOGGED:
            kind, severity, action = _LOGGED[first["kind"]]
            where = " and ".join(parts["provider_code"]) or first["reason"]
            meaning = SUCCESSION_KINDS[first["kind"]]
            log.note(
                kind, f"{first['name_returned']}: {meaning}: {where}", round=year,
                provider_code=code, value=code, severity=severity, action=action,
                rule="organisations.link",
            )  # fmt: skip


def _log_stale(
    routes: pd.DataFrame, successions: pd.DataFrame, providers: pd.DataFrame, log: QualityLog
) -> None:
    """One entry per code that had been replaced before its round and is followed all the same."""
    keys = ["round", "code_returned"]
    listed = pd.MultiIndex.from_frame(routes[keys]).isin(
        pd.MultiIndex.from_frame(successions[keys])
    )
    current = routes["code_returned"].isin(providers["provider_code"])
    for (year, code), parts in routes[routes["accounted"] & ~listed & ~current].groupby(keys):
        log.note(
            "code_replaced",
            f"{parts['name_returned'].iloc[0]}: the code was replaced before the round",
            round=year, provider_code=code, value=code, severity="warning",
            action=f"used for {' and '.join(parts['provider_code']) or 'its own round'}",
            rule="the code's last known succession",
        )  # fmt: skip


def attach_systems(
    returns: pd.DataFrame, providers: pd.DataFrame, log: QualityLog, *, vintage: int = VINTAGES[0]
) -> pd.DataFrame:
    """Fill ``ics_code`` and ``region`` by the provider's place on one map of systems.

    Args:
        returns: tidy returns with provider codes.
        providers: the table of that name in the reference folder.
        log: gets providers without a place on the map (their returns keep an empty system), and
            returns that name another system than the map does (the map decides).
        vintage: 2022 for the 42 systems of 2022 to 2025, 2026 for the 36 of April 2026.
    """
    if vintage not in _SYSTEM_COLUMN:
        raise ValueError(f"vintage {vintage} is not a map of systems: use one of {VINTAGES}")
    places = providers.set_index("provider_code")
    given = returns["ics_code"]
    ics = returns["provider_code"].map(places[_SYSTEM_COLUMN[vintage]]).fillna("")
    region = returns["provider_code"].map(places["region"]).fillna("")
    placed = returns.assign(
        ics_code=ics.where(ics != "", given).astype("str"),
        region=region.where(region != "", returns["region"]).astype("str"),
    )
    organisations = placed.assign(given=given).drop_duplicates(["round", "provider_code", "given"])
    for row in organisations.itertuples():
        if not row.ics_code:
            log.note(
                "provider_without_system", f"{row.provider_name} is on no map of systems",
                round=row.round, provider_code=row.provider_code, action="left out of systems",
                rule="organisations.attach_systems",
            )  # fmt: skip
        elif row.given not in ("", row.ics_code) and vintage == VINTAGES[0]:
            log.note(
                "system_differs", f"{row.provider_name}: the map places it in {row.ics_code}",
                round=row.round, provider_code=row.provider_code, value=row.given,
                severity="warning", action="the map decides", rule="organisations.attach_systems",
            )  # fmt: skip
    return placed


def identify(
    returns: pd.DataFrame, reference: Reference, log: QualityLog, *, vintage: int = VINTAGES[0]
) -> pd.DataFrame:
    """Codes, links and systems, in that order: :func:`attach_codes`, :func:`link`,
    :func:`attach_systems`."""
    coded = attach_codes(returns, reference.providers, log)
    linked = link(coded, reference.successions, reference.providers, log)
    return attach_systems(linked, reference.providers, log, vintage=vintage)
