"""The shape of an instrument file."""

from functools import cached_property
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ics_maturity.instruments.wording import wording_key


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scoring(_Frozen):
    """How answers become scores.

    ``dont_know`` is what the answer Don't Know does in instruments scored by answers.
    """

    rule: Literal["compensatory_mean", "all_elements_met"]
    words: str
    evidence: str
    dont_know: Literal["zero", "not_scored"] | None = None


class Design(_Frozen):
    """Facts for the design table, in words, with their source.

    ``midpoint`` is the middle of the fieldwork as a decimal year (2017.80 is mid-October 2017; the
    middle of the year where no more is known).
    """

    fieldwork: str
    midpoint: float
    published: str
    items: str
    scale: str
    reviewer: str
    incentive: str
    source: str


class Comparison(_Frozen):
    """Another instrument this one can be compared with, and on what."""

    instrument: str
    how: str


class Setting(_Frozen):
    """A care setting and the spellings that published files use for it."""

    id: str
    names: tuple[str, ...]


class Part(_Frozen):
    """Something that carries a published score; ``heading`` is its column in the files."""

    id: str
    title: str
    heading: str


class Theme(Part):
    """A theme of the questionnaires of 2015/16 and 2017."""


class Section(Part):
    """A section of a theme."""

    theme: str


class Pillar(Part):
    """One of the seven pillars of What Good Looks Like."""


class Domains(_Frozen):
    """How many domains a pillar has in a care setting: ``count``, or only a lower bound."""

    pillar: str
    care_setting: str
    count: int | None = Field(default=None, ge=1)
    at_least: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if (self.count is None) == (self.at_least is None):
            raise ValueError("give either count or at_least")
        return self


class Crosswalk(_Frozen):
    """The pillars a theme of the earlier instruments comes nearest to."""

    theme: str
    main: tuple[str, ...]
    also: tuple[str, ...]


class ProfileColumn(_Frozen):
    """A column about the organisation, not scored: a service it ticks, or context."""

    heading: str
    kind: Literal["service", "context"]


class Item(_Frozen):
    """One question. ``answers`` names its scoring table, or ``percentage`` or ``number``.

    ``scored`` says whether it counts towards its section; ``score_column`` whether the
    published file holds a score column beside the answer.
    """

    id: str
    section: str
    answers: str
    wording: str
    scored: bool = True
    score_column: bool = True
    note: str = ""


class Instrument(_Frozen):
    """One round's questionnaire: structure, scoring, design facts and what it compares with."""

    id: str
    round: int
    title: str
    scale_min: float
    scale_max: float
    scoring: Scoring
    design: Design
    comparable_with: tuple[Comparison, ...] = ()
    settings: tuple[Setting, ...] = ()
    themes: tuple[Theme, ...] = ()
    sections: tuple[Section, ...] = ()
    pillars: tuple[Pillar, ...] = ()
    domains: tuple[Domains, ...] = ()
    crosswalk: tuple[Crosswalk, ...] = ()
    profile: tuple[ProfileColumn, ...] = ()
    items: tuple[Item, ...] = ()
    answers: dict[str, dict[str, float]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        """Every name used is defined, and none is defined twice."""
        sections = [section.id for section in self.sections]
        themes = [theme.id for theme in self.themes]
        pillars = [pillar.id for pillar in self.pillars]
        settings = [setting.id for setting in self.settings]
        items = [item.id for item in self.items]
        for names in (sections, themes, pillars, settings, items):
            if len(names) != len(set(names)):
                raise ValueError(f"a name is given twice among {names}")
        unknown = {section.theme for section in self.sections} - set(themes)
        unknown |= {item.section for item in self.items} - set(sections)
        unknown |= {link.theme for link in self.crosswalk} - set(themes)
        unknown |= {item.answers for item in self.items} - {
            *self.answers,
            "percentage",
            "number",
        }
        unknown |= {entry.pillar for entry in self.domains} - set(pillars)
        unknown |= {entry.care_setting for entry in self.domains} - set(settings)
        if unknown:
            raise ValueError(f"used but not defined: {sorted(unknown)}")
        return self

    @cached_property
    def by_wording(self) -> dict[str, Item]:
        """Items by their wording as :func:`~.wording.wording_key` reduces it."""
        return {wording_key(item.wording): item for item in self.items}

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Items by id."""
        return {item.id: item for item in self.items}

    @property
    def scored_items(self) -> tuple[Item, ...]:
        """The items that count towards a section score, in the order of the questionnaire."""
        return tuple(item for item in self.items if item.scored)

    @property
    def published_parts(self) -> tuple[Part, ...]:
        """Sections and themes: what the score files of the questionnaires give columns to."""
        return (*self.sections, *self.themes)

    @cached_property
    def constructs(self) -> dict[str, frozenset[str]]:
        """The slugs that may be scored, by level."""
        return {
            "item": frozenset(self.by_id),
            "section": frozenset(section.id for section in self.sections),
            "theme": frozenset(theme.id for theme in self.themes),
            "pillar": frozenset(pillar.id for pillar in self.pillars),
        }

    def setting_named(self, name: str) -> str | None:
        """The care-setting slug for a published spelling, case and blanks ignored."""
        for setting in self.settings:
            if wording_key(name) in {wording_key(known) for known in setting.names}:
                return setting.id
        return None

    def domain_count(self, pillar: str, care_setting: str) -> int | None:
        """Number of domains of a pillar in a setting, where it is known."""
        for entry in self.domains:
            if (entry.pillar, entry.care_setting) == (pillar, care_setting):
                return entry.count
        return None
