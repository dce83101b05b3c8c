"""Where the project is, and which returns each data profile lists."""

from pathlib import Path

import pytest

from ics_maturity.errors import InputError
from ics_maturity.paths import inside, project_root
from ics_maturity.profiles import load_folder, load_profile

PROFILE = """\
label: Own returns
banner: Restricted.
file_suffix: .own
returns:
  - {file: returns/dma_2025.xlsx, layout: dma_workbook, round: 2025, source_id: our_2025}
  - {file: key.xlsx, layout: question_key, source_id: key}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path) -> Path:
    """A project folder of its own, with the committed register."""
    monkeypatch.delenv("ICS_MATURITY_ROOT", raising=False)
    monkeypatch.delenv("ICS_MATURITY_SOURCES", raising=False)
    project = tmp_path / "project"
    for folder in ("notebooks", "data/raw/own", "data/raw/reference"):
        (project / folder).mkdir(parents=True)
    (project / "data/raw/sources.yaml").write_bytes((root / "data/raw/sources.yaml").read_bytes())
    (project / "data/raw/own/profile.yaml").write_text(PROFILE, encoding="utf-8")
    return project


def test_root_is_found_from_below_and_by_variable(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert project_root(project / "notebooks") == project
    monkeypatch.chdir(project / "data/raw")
    assert project_root() == project
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="to be inside a project folder"):
        project_root()
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(project))
    assert project_root() == project
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(tmp_path))
    with pytest.raises(InputError, match="ICS_MATURITY_ROOT"):
        project_root(project)


@pytest.mark.parametrize("relative", ["", "..", "../x", "/etc/passwd", "a/../../x", "link/x"])
def test_paths_stay_inside(relative: str, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path)
    assert inside(folder, "a/../b.csv") == folder / "b.csv"
    with pytest.raises(ValueError, match="not a path inside folder/"):
        inside(folder, relative)


def test_own_profile_lists_its_files(project: Path) -> None:
    profile = load_profile("own", project)
    assert [(r.label, r.layout, r.round) for r in profile.returns] == [
        ("own/returns/dma_2025.xlsx", "dma_workbook", 2025),
        ("own/key.xlsx", "question_key", None),
    ]
    assert profile.reference == project / "data/raw/reference"
    assert profile.processed == project / "data/processed/own"
    assert profile.reports == project / "reports/own"
    assert profile.file_suffix == ".own"


def test_an_example_is_named_after_its_folder(project: Path) -> None:
    folder = project / "data/raw/examples/urgent_care"
    folder.mkdir(parents=True)
    text = PROFILE + "reference: ../../demo/reference\ninstruments: [one.toml]\n"
    (folder / "profile.yaml").write_text(text, encoding="utf-8")
    profile = load_profile("urgent_care", project)
    assert profile.reports == project / "reports/urgent_care"
    assert profile.reference == project / "data/raw/demo/reference"
    assert profile.instruments == {"urgent_care/one.toml": folder / "one.toml"}
    with pytest.raises(InputError, match=r"file urgent_care/one.toml: expected an instrument file"):
        profile.check()
    with pytest.raises(InputError, match="one of demo, open, own, urgent_care"):
        load_profile("procurement", project)


def test_check_names_absent_files(project: Path) -> None:
    profile = load_profile("own", project)
    with pytest.raises(InputError) as caught:
        profile.check()
    assert [p.file for p in caught.value.problems] == ["own/returns/dma_2025.xlsx", "own/key.xlsx"]
    (project / "data/raw/own/returns").mkdir()
    (project / "data/raw/own/returns/dma_2025.xlsx").touch()
    (project / "data/raw/own/key.xlsx").touch()
    profile.check()


def test_unknown_and_absent_profiles(project: Path) -> None:
    with pytest.raises(InputError, match="one of demo, open, own"):
        load_profile("opne", project)
    with pytest.raises(InputError, match="ics-maturity simulate"):
        load_profile("demo", project)
    (project / "data/raw/own/profile.yaml").unlink()
    with pytest.raises(InputError, match=r"data/raw/own/README\.md"):
        load_profile("own", project)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("label: Own returns", "lable: Own returns"), "the key label"),
        (("layout: dma_workbook", "layout: dma_wrokbook"), "returns.0.layout"),
        (("round: 2025", "round: '2025'"), "returns.0.round"),
        (("round: 2025", "round: 1999"), "returns.0.round"),
        (("round: 2025", "round: 2018"), "for other rounds use the layout template"),
        (("file: key.xlsx", "file: ../key.xlsx"), "returns.1.file"),
        (("file: key.xlsx", "file: /etc/passwd"), "returns.1.file"),
        (("file_suffix: .own", "file_suffix: /../x"), "file_suffix"),
        (("file_suffix: .own", "reference: ../../reference"), "column reference"),
        (("banner: Restricted.", "banner: *x"), "an alias"),
        (("source_id: key", "source_id: key, sheet: 2"), "returns.1.sheet"),
    ],
)
def test_profile_file_that_does_not_fit_is_refused(
    change: tuple[str, str], why: str, project: Path
) -> None:
    folder = project / "data/raw/own"
    (folder / "profile.yaml").write_text(PROFILE.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_folder(folder, "own", project)
    assert why in str(caught.value)
    assert "own/profile.yaml" in str(caught.value)


def test_open_profile_reads_the_register(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = load_profile("open", project)
    assert profile.raw == project / "data/raw/open"
    assert {r.round for r in profile.returns} == {2016, 2017, 2025, None}
    with pytest.raises(InputError, match="ics-maturity fetch") as caught:
        profile.check()
    assert len(caught.value.problems) == len(profile.returns)
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(tmp_path))
    assert load_profile("open", project).returns[0].path.is_relative_to(tmp_path)


@pytest.mark.sources
def test_open_profile_verifies_the_files_in_place(
    project: Path, sources_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(sources_dir))
    load_profile("open", project).check()
    assert not (project / "data/raw/open").exists()


def test_open_profile_refuses_another_content(project: Path) -> None:
    folder = project / "data/raw/open"
    for listed in load_profile("open", project).returns:
        listed.path.parent.mkdir(parents=True, exist_ok=True)
        assert listed.registered
        listed.path.write_bytes(b"0" * listed.registered.bytes)
    with pytest.raises(InputError, match="another content") as caught:
        load_profile("open", project).check()
    assert str(folder) not in str(caught.value)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("lable: L", r"column lable: expected one of the keys label, banner.*did you mean label"),
        ("round: 2023", r"column round: expected one of the keys label"),
    ],
)
def test_an_unknown_key_is_told_the_known_ones(wrong: str, told: str, project: Path) -> None:
    place = project / "data/raw/own/profile.yaml"
    place.write_text(f"{PROFILE}{wrong}\n", encoding="utf-8")
    with pytest.raises(InputError, match=told):
        load_profile("own", project)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("{file: a.csv, layout: template, source_id: a}", r"returns\.0: .*the key round"),
        ("{file: a.csv, layout: template, round: 2023, sorce_id: a}", r"did you mean source_id"),
        (
            "{file: a.csv, layout: template, round: 2023, source_id: a}\n"
            "  - {file: b.csv, layout: template, round: 2019, source_id: a}",
            r"each source_id once, not a twice",
        ),
    ],
)
def test_faults_of_a_listed_file_say_what_to_write(entry: str, told: str, project: Path) -> None:
    place = project / "data/raw/own/profile.yaml"
    place.write_text(f"label: L\nbanner: B\nreturns:\n  - {entry}\n", encoding="utf-8")
    with pytest.raises(InputError, match=told):
        load_profile("own", project)


def test_claims_that_are_named_must_be_there(project: Path) -> None:
    place = project / "data/raw/own/profile.yaml"
    place.write_text(f"{PROFILE}published: claims\n", encoding="utf-8")
    with pytest.raises(InputError, match="column published: found 'claims'"):
        load_profile("own", project)
    (project / "data/raw/own/claims").mkdir()
    assert load_profile("own", project).published.name == "claims"
