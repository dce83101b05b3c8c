"""Named results: what may be stored, how it is found, and that files give it back."""

import json

import numpy as np
import pytest

from ics_maturity.results import Result, ResultError, Results


def test_numpy_numbers_become_plain_ones():
    result = Result(
        "mix.rows", np.int64(285), low=np.float64(1), high=np.float64(300), n=np.int8(3)
    )
    assert (type(result.value), type(result.low), type(result.n)) == (int, float, int)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), None, True, [1], "x" * 201, "two\nlines", np.nan],
)
def test_a_value_that_prose_cannot_print_is_refused(value):
    with pytest.raises(ResultError):
        Result("mix.icc", value)


@pytest.mark.parametrize("name", ["icc", "Mix.icc", "mix.", "mix icc", "mix.icc!", "{mix.icc}", ""])
def test_a_name_has_a_topic_and_a_slug(name):
    with pytest.raises(ResultError, match="topic"):
        Result(name, 1)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"low": 1.0}, "one end"),
        ({"low": 2.0, "high": 1.0}, "above high"),
        ({"n": 1.5}, "whole number"),
        ({"n": -1}, "whole number"),
        ({"low": float("nan"), "high": 1.0}, "finite"),
    ],
)
def test_parts_that_contradict_each_other_are_refused(parts, message):
    with pytest.raises(ResultError, match=message):
        Result("mix.icc", 0.5, **parts)


def test_an_unknown_name_suggests_near_ones():
    results = Results([Result("mix.tau2_2025", 0.1), Result("shift.change", 0.2)])
    with pytest.raises(ResultError, match=r"mix\.tau2_2025"):
        results["mix.tau2_2052"]


def test_a_name_belongs_to_one_notebook():
    results = Results([Result("mix.icc", 1, notebook="03_model")])
    results.add(Result("mix.icc", 2, notebook="03_model"))
    assert results["mix.icc"].value == 2
    with pytest.raises(ResultError, match="03_model"):
        results.add(Result("mix.icc", 3, notebook="04_test"))


def test_a_file_gives_back_what_was_written(tmp_path):
    results = Results(
        [
            Result("b.text", "Café “Nord”", notebook="02_x"),
            Result("a.number", 1 / 3, "points", 0.1, 0.5, 42, "REML", "02_x"),
        ]
    )
    results.write(tmp_path / "results" / "02_x.json")
    again = Results.read(tmp_path / "results" / "02_x.json")
    assert list(again) == list(results)
    assert [result.name for result in again] == ["a.number", "b.text"]


def test_last_digits_on_which_machines_differ_are_not_stored():
    assert Result("a.b", 0.1 + 0.2) == Result("a.b", 0.3)
    assert "0.30000000000000004" not in Results([Result("a.b", 0.1 + 0.2)]).text()


def test_a_later_notebook_reads_only_earlier_ones(tmp_path):
    for notebook in ("01_clean", "03_model"):
        Results([Result(f"{notebook[3:]}.n", 1, notebook=notebook)]).write(
            tmp_path / f"{notebook}.json"
        )
    seen = Results.read_folder(tmp_path, before="03_model")
    assert [result.name for result in seen] == ["clean.n"]


@pytest.mark.parametrize(
    "text", ["{", '[{"name": "a.b"}]', '[{"name": "a.b", "value": 1, "x": 1}]']
)
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "02_x.json").write_text(text)
    with pytest.raises(ResultError, match=r"02_x\.json"):
        Results.read(tmp_path / "02_x.json")


def test_the_file_is_a_list_of_objects_with_every_field(tmp_path):
    listed = json.loads(Results([Result("a.b", 1)]).text())
    assert list(listed[0]) == ["name", "value", "unit", "low", "high", "n", "method", "notebook"]
