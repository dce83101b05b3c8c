"""The other analyses that could have been done, declared as data in ``specifications.toml``."""

import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from itertools import product
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

Fact = str | int | bool | dict[str, int]


class Option(BaseModel):
    """One answer to a choice: its id, its words, what it does, and what it asks of the others.

    ``only`` maps a fact's name to the value that some chosen option must have; other fields are
    facts, such as ``round`` or ``level``.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    id: str
    words: str
    only: dict[str, Fact] = Field(default_factory=dict)

    @property
    def facts(self) -> dict[str, Fact]:
        return dict(self.model_extra or {})


class Choice(BaseModel):
    """One choice with its options; the first is the usual one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    words: str
    options: list[Option] = Field(min_length=1)


class Family(BaseModel):
    """Analyses that answer one question about one quantity.

    ``predicted``: sign foretold, or 0; ``apart``: what asks another question, and so is left out.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    estimand: str
    unit: str
    predicted: int = Field(ge=-1, le=1)
    apart: list[str]
    choice: list[Choice]

    def words(self) -> dict[str, dict[str, str]]:
        """Per choice (its id), the words of its options by id."""
        return {c.id: {o.id: o.words for o in c.options} for c in self.choice}

    def option_ids(self, choice: str) -> list[str]:
        """Ids of one choice's options."""
        return [o.id for c in self.choice if c.id == choice for o in c.options]

    def titled(self) -> dict[str, dict[str, str]]:
        """The same with the choice's words before its first option's, for a figure."""
        return {
            c.id: {o.id: o.words if i else f"{c.words}: {o.words}"
                   for i, o in enumerate(c.options)} for c in self.choice
        }  # fmt: skip


def families() -> dict[str, Family]:
    """The declared families by name."""
    text = (resources.files("ics_maturity") / "stress" / "specifications.toml").read_text("utf-8")
    declared = tomllib.loads(text)
    return {name: Family.model_validate(_completed(declared, name)) for name in declared}


def _completed(declared: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A family that is ``like`` another takes that one's choices, with some replaced."""
    own = dict(declared[name])
    like = own.pop("like", None)
    if like is not None:
        mine = {choice["id"]: choice for choice in own["choice"]}
        own["choice"] = [mine.get(c["id"], c) for c in declared[like]["choice"]]
    return own


Chosen = dict[str, Option]


def combinations(family: Family, present: Callable[[Option], bool]) -> list[Chosen]:
    """Every valid combination of one option per choice, in the declared order.

    Args:
        family: the declared choices.
        present: whether the data hold what an option needs, such as its round.
    """
    offered = [[option for option in c.options if present(option)] for c in family.choice]
    names = [c.id for c in family.choice]
    found = (dict(zip(names, options, strict=True)) for options in product(*offered))
    return [chosen for chosen in found if _valid(chosen)]


def _valid(chosen: Chosen) -> bool:
    facts = all_facts(chosen)
    return all(
        facts.get(name) == value
        for option in chosen.values()
        for name, value in option.only.items()
    )


def all_facts(chosen: Chosen) -> dict[str, Fact]:
    """The facts of all chosen options together."""
    return {name: value for option in chosen.values() for name, value in option.facts.items()}


def table(chosen: list[Chosen]) -> pd.DataFrame:
    """Ids of the chosen options: one row per combination, one column per choice."""
    return pd.DataFrame([{name: o.id for name, o in one.items()} for one in chosen])


def choices_table(declared: Mapping[str, Family]) -> pd.DataFrame:
    """What was varied: family, estimand, choice, options (their words), number of options."""
    return pd.DataFrame(
        [
            {"family": name, "estimand": family.estimand, "choice": choice.words,
             "options": "; ".join(o.words for o in choice.options),
             "number": len(choice.options)}
            for name, family in declared.items()
            for choice in family.choice
        ]
    )  # fmt: skip
