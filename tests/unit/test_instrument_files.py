"""Instruments that a data profile brings: read, checked, stored, and faults named."""

import re
from pathlib import Path

import pytest

from ics_maturity import instruments
from ics_maturity.errors import InputError
from ics_maturity.instruments import Catalogue
from ics_maturity.profiles import load_profile
from ics_maturity.readers.result import Source
from ics_maturity.readers.template import read_template
from ics_maturity.returns import QualityLog

GOOD = """\
id = "survey_2018"
round = 2018
title = "A survey"
scale_min = 0
scale_max = 4

[scoring]
rule = "compensatory_mean"
words = "The mean of the answers"
evidence = "The handbook"

[design]
fieldwork = "June 2018"
midpoint = 2018.5
published = "Never"
items = "Two parts"
scale = "0 to 4"
reviewer = "None"
incentive = "None"
source = "The handbook"

[tiers]
words = "Who gets help"
names = ["help", "none"]
cuts = [2]
source = "The handbook"

[[settings]]
id = "dental"

[[pillars]]
id = "people"
title = "People"

[[pillars]]
id = "tools"
title = "Tools"

[[domains]]
pillar = "people"
care_setting = "dental"
count = 4
"""
SECOND = """\
inherits = "survey_2018"
id = "survey_2022"
round = 2022
title = "A survey, again"

[design]
fieldwork = "June 2022"
midpoint = 2022.5
published = "Never"
items = "As before"
scale = "0 to 4"
reviewer = "None"
incentive = "None"
source = "The handbook"
"""


def read(folder: Path, **files: str) -> Catalogue:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return instruments.with_own({f"own/{name}.toml": folder / f"{name}.toml" for name in files})


def problems(folder: Path, **files: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(folder, **files)
    return [str(problem) for problem in caught.value.problems]


def test_own_instruments_stand_beside_the_packaged_ones(tmp_path: Path) -> None:
    own = read(tmp_path, first=GOOD, second=SECOND)
    assert own.own == {2018, 2022}
    assert [one.round for one in own.instruments] == [
        2016,
        2017,
        2018,
        2019,
        2022,
        2023,
        2024,
        2025,
    ]
    assert own.of(2022).pillars == own.of(2018).pillars
    assert own.titles(2018) == {"people": "People", "tools": "Tools"}
    assert instruments.with_own({}) == instruments.packaged()
    assert own.of(2016) == instruments.for_round(2016)


def test_an_own_instrument_takes_its_year(tmp_path: Path) -> None:
    own = read(tmp_path, first=GOOD.replace("2018", "2023"))
    assert own.of(2023).id == "survey_2023"
    assert instruments.for_round(2023).id == "dma_2023"


def test_a_catalogue_survives_its_table(tmp_path: Path) -> None:
    own = read(tmp_path, first=GOOD)
    table = own.table([2018, 2016, 2030])
    assert table["round"].tolist() == [2016, 2018]
    assert table["own"].tolist() == [False, True]
    back = Catalogue.from_table(table)
    assert back.own == {2018}
    assert back.of(2018) == own.of(2018)
    assert back.of(2018).tiers.names == ("help", "none")
    assert back.find(2017) is None
    assert Catalogue.from_table(own.table([])).design_table().empty


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (('id = "survey_2018"\n', ""), "id: expected a value. Fix: add it"),
        (("round = 2018", 'round = "2018"'), "round: found '2018'; expected a whole number"),
        (("round = 2018", "round = 1918"), "round: found '1918'"),
        (("scale_max = 4", 'scale_max = "4"'), "scale_max: found '4'; expected a number"),
        (("scale_max = 4", "scale_max = nan"), "scale_max"),
        (("scale_max = 4", "scale_max = 0"), "a number above scale_min (0)"),
        (("scale_max = 4", "scale_max = 4.5"), "a scale of whole numbers"),
        (('title = "A survey"', 'title = "=1+1"'), "does not start with = + - @"),
        (('title = "A survey"', 'tilte = "A survey"'), "tilte: found 'A survey'; expected only"),
        (('id = "people"', 'id = "Our people"'), "pillars entry 1, id: found 'Our people'"),
        (('id = "tools"', 'id = "people"'), "pillars entry 2: found 'people'"),
        (('care_setting = "dental"', 'care_setting = "optical"'),
         "domains entry 1, care_setting: found 'optical'; expected one defined"),
        (("count = 4", "count = 4\nat_least = 3"), "either count or at_least"),
        (('[[settings]]\nid = "dental"', '[[settings]]\nid = "score"'), "no column of the tables"),
        (("cuts = [2]", "cuts = [2, 3]"), "tiers, names: found 'help, none'; expected 3 names"),
        (("cuts = [2]", "cuts = [7]"), "inside the scale from 0 to 4"),
        (("midpoint = 2018.5", "midpoint = 2081.5"), "a decimal year near 2018"),
        (('rule = "compensatory_mean"', 'rule = "best"'), "scoring, rule: found 'best'"),
        (("[scoring]", "[scoring"), "expected TOML"),
        (('id = "survey_2018"', 'id = "survey_2018"\ninherits = "dma_1999"'), "column inherits"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(change: tuple[str, str], why: str, tmp_path: Path) -> None:
    read(tmp_path, good=GOOD)
    assert change[0] in GOOD
    found = problems(tmp_path, one=GOOD.replace(*change, 1))
    assert any(why in one for one in found)
    assert all(one.startswith("file own/one.toml") for one in found)


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        one=GOOD.replace("scale_min = 0", "scale_min = true").replace(
            'title = "Tools"', "title = 3"
        ),
        two=SECOND.replace("2022", "20.22", 1).replace("round = 2022", "round = 2022.5"),
        three="id = ",
    )
    assert {re.match(r"file own/(\w+)", one)[1] for one in found} == {"one", "two", "three"}
    assert sum("own/one" in one for one in found) == 2


@pytest.mark.parametrize(
    "change", [("survey_2018", "other_2018"), ("round = 2018", "round = 2017")]
)
def test_two_files_for_one_round_or_id_are_refused(change: tuple[str, str], tmp_path: Path) -> None:
    assert "in one file only" in problems(tmp_path, one=GOOD, two=GOOD.replace(*change))[0]


def test_inheriting_in_a_circle_is_refused(tmp_path: Path) -> None:
    circle = 'inherits = "survey_2022"\n' + GOOD
    assert any("column inherits" in one for one in problems(tmp_path, a=circle, b=SECOND))


HEADER = "round,provider_name,care_setting,level,construct,score,assessed_by\n"


def template(folder: Path, *rows: str, known: Catalogue, log: QualityLog):
    path = folder / "returns.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return read_template(Source(path, 2018, "survey", log, instruments=known))


def test_returns_are_held_to_their_own_instrument(tmp_path: Path) -> None:
    known = read(tmp_path, first=GOOD)
    log = QualityLog()
    returns = template(
        tmp_path, "2018,ONE,dental,pillar,people,0.5,self", "2018,ONE,dental,pillar,tools,3.7,self",
        "2018,TWO,dental,pillar,people,0.6,self", known=known, log=log,
    ).returns  # fmt: skip
    assert set(returns["scale_max"]) == {4.0}
    off = log.frame()
    assert off["kind"].tolist() == ["off_lattice"]
    assert "TWO (dental): 0.6" in off["value"][0]
    assert "whole numbers 0 to 4" in off["rule"][0]
    with pytest.raises(InputError) as caught:
        template(tmp_path, "2018,ONE,acute,pillar,peolpe,4.5,self", known=known, log=log)
    message = str(caught.value)
    assert "expected one of all, dental" in message
    assert "did you mean people?" in message
    assert "a score from 0 to 4" in message


def test_the_examples_are_what_their_seed_draws(root: Path, tmp_path: Path) -> None:
    """Written anew from the instrument files alone, byte for byte."""
    import shutil

    from ics_maturity.profiles import load_folder
    from ics_maturity.simulate import write_profile_returns

    raw = tmp_path / "data/raw"
    shutil.copytree(root / "data/raw/examples", raw / "examples")
    shutil.copytree(root / "data/raw/demo/reference", raw / "demo/reference")
    for name in ("urgent_care", "procurement"):
        committed = {p.name: p.read_bytes() for p in (raw / "examples" / name).glob("*.csv")}
        for path in (raw / "examples" / name).glob("*.csv"):
            path.unlink()
        written = write_profile_returns(load_folder(raw / "examples" / name, name, tmp_path))
        assert {path.name: path.read_bytes() for path in written} == committed
        assert sum(map(len, committed.values())) < 300_000
        assert "simulated" in load_profile(name, root).banner.lower()
