"""What an instrument file must say together, beyond each value being sound."""

from collections.abc import Iterable, Iterator, Sequence

from ics_maturity.errors import Problem
from ics_maturity.instruments.model import Instrument, Item, Part, Setting

# Columns that stand beside one column per care setting in the tables of the workbook.
TAKEN = frozenset(
    {"provider_code", "provider_name", "ics_code", "region", "score", "returns", "parts",
     "provider_type", "rural_share", "care_setting", "system", "providers"}
)  # fmt: skip
_PARTS = ("settings", "themes", "sections", "pillars")
_ANSWERED_AS = ("percentage", "number")
_NEAR = 2.0  # years between a round's name and its fieldwork


def contradictions(one: Instrument, file: str) -> list[Problem]:
    """Every contradiction in an instrument, in the order of the file."""
    return [
        Problem(expected, file=file, column=key, value=str(value), fix=fix)
        for key, value, expected, fix in (
            *_numbers(one),
            *_repeated(one),
            *_undefined(one),
            *_settings(one),
            *_tiers(one),
        )
    ]


def place(*keys: str | int) -> str:
    """Where in the file: ``domains entry 3, pillar``; entries count from 1, as a reader counts."""
    named = [f" entry {key + 1}" if isinstance(key, int) else f", {key}" for key in keys]
    return "".join(named).removeprefix(", ")


_Fault = tuple[str, object, str, str]


def _numbers(one: Instrument) -> Iterator[_Fault]:
    if not one.scale_min < one.scale_max:
        yield ("scale_max", one.scale_max, f"a number above scale_min ({one.scale_min:g})",
               "give the lowest and the highest score that can be had")  # fmt: skip
    counted = any(entry.count for entry in one.domains)
    if counted and not (one.scale_min.is_integer() and one.scale_max.is_integer()):
        yield ("domains", f"{one.scale_min:g} to {one.scale_max:g}",
               "a scale of whole numbers, where numbers of domains are given",
               "leave the [[domains]] parts out")  # fmt: skip
    if abs(one.design.midpoint - one.round) > _NEAR:
        yield ("design, midpoint", one.design.midpoint, f"a decimal year near {one.round}",
               "give the middle of the fieldwork, such as 2022.5 for July 2022")  # fmt: skip
    if max(len(one.pillars), len(one.themes)) < 2:
        yield ("pillars", len(one.pillars), "two or more, since a score is the mean of its pillars",
               "add a [[pillars]] part, with id and title, for each part")  # fmt: skip


def _ids(parts: Iterable[Part | Setting | Item]) -> list[str]:
    return [part.id for part in parts]


def _repeated(one: Instrument) -> Iterator[_Fault]:
    lists: dict[str, Sequence[str]] = {
        **{name: _ids(getattr(one, name)) for name in (*_PARTS, "items")},
        "domains": [f"{entry.pillar} and {entry.care_setting}" for entry in one.domains],
    }
    for name, ids in lists.items():
        for at, given in enumerate(ids):
            if given in ids[:at]:
                yield (place(name, at), given, "each id once", "rename it or remove it")


def _undefined(one: Instrument) -> Iterator[_Fault]:
    """Names that are used and not defined."""
    known = {name: _ids(getattr(one, name)) for name in _PARTS}
    answers = [*one.answers, *_ANSWERED_AS]
    used: list[tuple[str, str, list[str]]] = []
    for i, section in enumerate(one.sections):
        used.append((place("sections", i, "theme"), section.theme, known["themes"]))
    for i, item in enumerate(one.items):
        used.append((place("items", i, "section"), item.section, known["sections"]))
        used.append((place("items", i, "answers"), item.answers, answers))
    for i, link in enumerate(one.crosswalk):
        used.append((place("crosswalk", i, "theme"), link.theme, known["themes"]))
    for i, entry in enumerate(one.domains):
        used.append((place("domains", i, "pillar"), entry.pillar, known["pillars"]))
        used.append((place("domains", i, "care_setting"), entry.care_setting, known["settings"]))
    for key, name, defined in used:
        if name not in defined:
            listed = ", ".join(defined) or "none is defined"
            yield key, name, f"one defined in this file ({listed})", "correct it, or define it"


def _settings(one: Instrument) -> Iterator[_Fault]:
    for at, setting in enumerate(one.settings):
        if setting.id in TAKEN:
            yield (place("settings", at, "id"), setting.id, "an id that is no column of the tables",
                   f"choose another id, such as {setting.id}_care")  # fmt: skip


def _tiers(one: Instrument) -> Iterator[_Fault]:
    if one.tiers is None:
        return
    cuts, names = one.tiers.cuts, one.tiers.names
    if len(names) != len(cuts) + 1:
        yield ("tiers, names", ", ".join(names), f"{len(cuts) + 1} names for {len(cuts)} cuts",
               "name the tiers from the lowest scores to the highest")  # fmt: skip
    if list(cuts) != sorted(set(cuts)):
        yield ("tiers, cuts", _listed(cuts), "cut points that rise", "put them in order, each once")
    outside = [cut for cut in cuts if not one.scale_min < cut < one.scale_max]
    if outside:
        yield ("tiers, cuts", _listed(outside),
               f"cut points inside the scale from {one.scale_min:g} to {one.scale_max:g}",
               "give them on the scale of the scores")  # fmt: skip
    if len(names) != len(set(names)):
        yield ("tiers, names", ", ".join(names), "each name once", "tell the tiers apart")


def _listed(cuts: Sequence[float]) -> str:
    return ", ".join(f"{cut:g}" for cut in cuts)
