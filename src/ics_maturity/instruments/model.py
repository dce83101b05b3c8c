"""The shape of an instrument file."""

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ics_maturity.instruments.wording import wording_key


def _words(text: str) -> str:
    # Printed on pages and in tables, where a spreadsheet would take = + - @ for a formula.
    if not re.fullmatch(r"[^=+\-@\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]{0,999}", text):
        raise ValueError("one line of text, not empty, that does not start with = + - @ or a blank")
    return text


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", text) or len(text) > 60:
        raise ValueError("lower-case words joined by underscores, such as well_led")
    return text


Words = Annotated[str, AfterValidator(_words)]
Slug = Annotated[str, AfterValidator(_slug)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scoring(_Frozen):
    """How answers become scores.

    ``dont_know`` is what the answer Don't Know does in instruments scored by answers.
    """

    rule: Literal["compensatory_mean", "all_elements_met"]
    words: Words
    evidence: Words
    dont_know: Literal["zero", "not_scored"] | None = None


class Design(_Frozen):
    """Facts for the design table, in words, with their source.

    ``midpoint`` is the middle of the fieldwork as a decimal year (2017.80 is mid-October 2017; the
    middle of the year where no more is known).
    """

    fieldwork: Words
    midpoint: Number
    published: Words
    items: Words
    scale: Words
    reviewer: Words
    incentive: Words
    source: Words


class Comparison(_Frozen):
    """Another instrument this one can be compared with, and on what."""

    instrument: str
    how: str


class Setting(_Frozen):
    """A care setting (or other kind of return) and the spellings that files use for it."""

    id: Slug
    names: tuple[str, ...] = ()


class Part(_Frozen):
    """Something that carries a published score.

    ``heading`` is its column in published files; the returns template needs none.
    """

    id: Slug
    title: Words
    heading: str = ""


class Theme(Part):
    """A theme of the questionnaires of 2015/16 and 2017."""


class Section(Part):
    """A section of a theme."""

    theme: str


class Pillar(Part):
    """A part whose scores are averaged, such as a pillar of What Good Looks Like."""


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


class Tiers(_Frozen):
    """What a system is offered or asked for by its score.

    ``names`` from the lowest scores to the highest, one more than ``cuts``; a score on a cut point
    belongs to the tier above it. ``words`` says what the tiers decide, ``source`` who says so.
    """

    words: Words
    names: tuple[Words, ...] = Field(min_length=2)
    cuts: tuple[Number, ...] = Field(min_length=1)
    source: Words


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

    id: Slug
    round: int = Field(ge=2000, le=2100)
    title: Words
    scale_min: Number
    scale_max: Number
    scoring: Scoring
    design: Design
    comparable_with: tuple[Comparison, ...] = ()
    settings: tuple[Setting, ...] = ()
    themes: tuple[Theme, ...] = ()
    sections: tuple[Section, ...] = ()
    pillars: tuple[Pillar, ...] = ()
    domains: tuple[Domains, ...] = ()
    tiers: Tiers | None = None
    crosswalk: tuple[Crosswalk, ...] = ()
    profile: tuple[ProfileColumn, ...] = ()
    items: tuple[Item, ...] = ()
    answers: dict[str, dict[str, float]] = Field(default_factory=dict)

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
