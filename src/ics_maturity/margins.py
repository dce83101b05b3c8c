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


_SPAN = 4.0  # of the scale from 1 to 5, for which the margins were fixed


def margin(name: str, span: float = _SPAN) -> Margin:
    """The margin of that name from ``margins.yaml``.

    Args:
        name: of the margin.
        span: highest less lowest score of the scale. On another scale than that from 1 to 5 the
            margin is the same share of the span.

    Raises:
        KeyError: there is none.
    """
    text = (resources.files("ics_maturity") / "margins.yaml").read_text(encoding="utf-8")
    listed = TypeAdapter(list[Margin]).validate_python(yaml.safe_load(text))
    found = {entry.name: entry for entry in listed}[name]
    if span == _SPAN:
        return found
    return found.model_copy(update={"margin": found.margin * span / _SPAN})
