"""Margins of equivalence: how small is too small to matter, with the day and the reason."""

from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Margin(BaseModel):
    """One margin with its unit, the day it was fixed and why it is what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    margin: float = Field(gt=0)
    unit: str
    fixed_on: str
    reason: str


def margin(name: str) -> Margin:
    """The margin of that name from ``margins.yaml``.

    Raises:
        KeyError: there is none.
    """
    text = (resources.files("ics_maturity") / "margins.yaml").read_text(encoding="utf-8")
    listed = TypeAdapter(list[Margin]).validate_python(yaml.safe_load(text))
    return {entry.name: entry for entry in listed}[name]
