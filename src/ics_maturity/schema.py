"""Declared shapes for what people write by hand: YAML files and parameters.

A shape is a pydantic model that takes no unknown key and converts nothing. What does not fit
is reported as problems that name the file, the key, the value and what was expected.
"""

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ics_maturity.errors import InputError, Problem

LARGEST_FILE = 1_000_000


class Strict(BaseModel):
    """Base of every declared shape: frozen, no unknown keys, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Model = TypeVar("Model", bound=BaseModel)


def problems(
    error: ValidationError, *, file: str = "", fix: str = "", model: type[BaseModel] | None = None
) -> list[Problem]:
    """The validation error's faults, as problems of that file.

    With the ``model`` that did not fit, an unknown key is told the known ones.
    """
    return [_problem(fault, file, fix, model) for fault in error.errors(include_url=False)]


def _problem(fault: Any, file: str, fix: str, model: type[BaseModel] | None) -> Problem:
    key = ".".join(str(part) for part in fault["loc"])
    match fault["type"]:
        case "extra_forbidden":
            known = _known_keys(model, fault["loc"][:-1]) if model else []
            near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"remove {key}"
            expected = "one of the keys " + ", ".join(known) if known else "only known keys"
            return Problem(expected, file, column=key, fix=fix or hint)
        case "missing":
            return Problem(f"the key {key}", file, fix=fix or f"add {key}")
        case "model_type" if not key:
            return Problem("keys and values", file, fix=fix or "start from the example")
    expected = str(fault["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
    return Problem(
        expected, file, column=key, value=str(fault["input"]), fix=fix or f"correct {key}"
    )


def _known_keys(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """The keys of the shape at that place of the model; numbers are positions in lists."""
    for part in place:
        if isinstance(part, str) and part in model.model_fields:
            inner = get_args(model.model_fields[part].annotation)
            model = next((one for one in inner if _is_shape(one)), model)
    return list(model.model_fields)


def _is_shape(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


class _Loader(yaml.SafeLoader):
    """Plain data only: no aliases (a small file can grow without bound) and no repeated keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()
            raise yaml.MarkedYAMLError(
                problem="an alias (*name); write the value out", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key that is no plain word", problem_mark=key.start_mark
                )
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key.value} a second time", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, model: type[Model], *, file: str) -> Model:
    """Read a YAML file into its declared shape.

    Args:
        path: the file.
        model: its declared shape.
        file: how messages name it.

    Raises:
        InputError: the file is absent, too large, not plain YAML in UTF-8, or does not fit.
    """
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise InputError(
                Problem(
                    f"at most {LARGEST_FILE:,} bytes",
                    file=file,
                    value=f"{size:,} bytes",
                    fix="keep only the keys it needs",
                )
            )
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise InputError(
            Problem(f"a readable file ({error.strerror})", file=file, fix="check its permissions")
        ) from None
    except UnicodeDecodeError:
        raise InputError(Problem("text in UTF-8", file=file, fix="save it as UTF-8")) from None
    except RecursionError:
        raise InputError(
            Problem("keys nested a few levels deep", file=file, fix="write it out flat")
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise InputError(
            Problem(
                "plain YAML",
                file=file,
                row=mark.line + 1 if mark else None,
                value=error.problem or str(error),
                fix="correct the line; data/raw/own/README.md shows an example",
            )
        ) from None
    except yaml.YAMLError as error:
        raise InputError(
            Problem("plain YAML", file=file, value=str(error), fix="correct or remove it")
        ) from None
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(problems(error, file=file, model=model)) from None
