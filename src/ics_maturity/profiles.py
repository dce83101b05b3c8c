"""Data profiles: which returns a run reads and where it writes.

``demo`` (invented returns, committed), ``open`` (the officially published files, fetched), ``own``
(the user's files, never committed), and the examples of other assessments, each named after its
folder. A notebook never asks which one it has: it reads what the profile lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from ics_maturity.errors import InputError, Problem
from ics_maturity.paths import inside, project_root
from ics_maturity.schema import Strict, read_yaml
from ics_maturity.sources import (
    OFFICIAL_ROUNDS,
    REGISTER,
    Layout,
    Round,
    Source,
    load_register,
    sources_folder,
    verify,
)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
NAMES = ("demo", "open", "own")
EXAMPLES = "data/raw/examples"
RAW = "data/raw"
PROFILE_FILE = "profile.yaml"
REFERENCE = "data/raw/reference"
PUBLISHED = "data/raw/published"
AssessedBy = Literal["self", "moderated"]

_HOW_TO_WRITE_ONE = {
    "demo": "write it with: ics-maturity simulate --out data/raw/demo",
    "own": "data/raw/own/README.md shows a profile.yaml to start from",
}


@dataclass(frozen=True)
class ReturnFile:
    """One file of returns.

    ``label`` is the place printed and stored (never an absolute path); ``layout`` the reader it
    needs; ``round`` the year, None where the file is not of one round; ``assessed_by`` who
    assessed, where the layout itself does not say; ``registered`` the register's entry, which
    only official files have.
    """

    path: Path
    label: str
    layout: Layout
    round: int | None
    source_id: str
    assessed_by: AssessedBy | None = None
    registered: Source | None = None


@dataclass(frozen=True)
class Profile:
    """A data profile with its folders.

    ``label`` and ``banner`` are printed on every page; ``file_suffix`` stands before the ending
    of every page and table of the report. ``described`` is the file that lists the returns,
    ``raw`` the folder they are in, ``reference`` holds the tables of organisations and geography,
    ``published`` the register of published claims (may be absent), ``processed`` what the
    notebooks write, ``reports`` the finished report. ``instruments`` are files that describe
    assessments other than those the workbook knows, by label.
    """

    name: str
    label: str
    banner: str
    file_suffix: str
    returns: list[ReturnFile]
    described: Path
    reference: Path
    published: Path
    raw: Path
    processed: Path
    reports: Path
    instruments: Mapping[str, Path] = field(default_factory=dict)

    @property
    def private(self) -> bool:
        """Whether what is read and written is the user's own and nobody else's to read."""
        return self.name == "own"

    def check(self) -> None:
        """Raise InputError where a listed file is absent or is not the registered one."""
        verify([r.registered for r in self.returns if r.registered], self.raw)
        absent = [
            Problem("a file", r.label, fix=f"put it there, or correct {PROFILE_FILE}")
            for r in self.returns
            if not r.path.is_file()
        ]
        absent += [
            Problem("an instrument file", label, fix=f"put it there, or correct {PROFILE_FILE}")
            for label, path in self.instruments.items()
            if not path.is_file()
        ]
        if not self.reference.is_dir():
            absent.append(
                Problem(
                    "a folder of reference tables",
                    PROFILE_FILE,
                    column="reference",
                    fix="put the folder there, or remove the key",
                )
            )
        if absent:
            raise InputError(absent)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("printable text on one line")
    return text


Line = Annotated[str, AfterValidator(_printable)]


class ListedFile(Strict):
    """One file of returns in ``profile.yaml``."""

    file: Line = Field(min_length=1, description="Path inside the profile's folder")
    layout: Layout = Field(description="How the file is laid out")
    round: Round | None = Field(
        default=None, description="Year the round is called after; only a question_key has none"
    )
    source_id: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_\-]{0,59}$",
        description="Short name of the file, printed with its values; each once",
    )
    assessed_by: AssessedBy | None = Field(
        default=None,
        description="Who assessed, for a file that does not say it; moderated is after peer review",
    )

    @model_validator(mode="after")
    def _round_of_the_layout(self) -> Self:
        """Published layouts were used in known rounds; the template takes any."""
        if self.round is None and self.layout != "question_key":
            raise ValueError("the key round, the year that the file's round is called after")
        if self.layout != "template" and self.round not in (None, *OFFICIAL_ROUNDS):
            listed = ", ".join(map(str, OFFICIAL_ROUNDS))
            raise ValueError(
                f"a round of that layout ({listed}); for other rounds use the layout template"
            )
        return self


class ProfileFile(Strict):
    """What ``profile.yaml`` may hold."""

    label: Line = Field(min_length=1, max_length=80, description="Name printed on every page")
    banner: Line = Field(max_length=400, description="Sentence printed at the top of every page")
    file_suffix: str = Field(
        default="",
        pattern=r"^(\.[a-z0-9]{1,20})?$",
        description="Stands before the ending of every page and table, such as .own",
    )
    reference: str | None = Field(
        default=None,
        description="Folder of organisations and geography, such as ../demo/reference; without it "
        "data/raw/reference is used",
    )
    instruments: list[str] = Field(
        default_factory=list,
        max_length=100,
        description="Files that describe assessments which the workbook does not know",
    )
    published: str | None = Field(
        default=None,
        description="Folder of published claims, such as ../demo/published; without it "
        "data/raw/published is used",
    )
    returns: list[ListedFile] = Field(
        min_length=1, max_length=500, description="The files of returns"
    )

    @field_validator("returns")
    @classmethod
    def _named_once(cls, returns: list[ListedFile]) -> list[ListedFile]:
        names = [entry.source_id for entry in returns]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each source_id once, not {', '.join(twice)} twice")
        return returns


def load_profile(name: str, root: Path | None = None) -> Profile:
    """The profile of that name: demo, open, own, or the folder of an example.

    Raises:
        InputError: no such profile, or its ``profile.yaml`` does not fit or leads out of its
            folder. Whether the returns themselves are there is for :attr:`Profile.check`.
    """
    root = root or project_root()
    if name == "open":
        return _open_profile(root)
    if name in NAMES:
        return load_folder(root / RAW / name, name, root)
    found = {path.parent.name for path in (root / EXAMPLES).glob(f"*/{PROFILE_FILE}")}
    examples = sorted(found - set(NAMES))  # the example of own returns is there to be copied
    if name not in examples:
        listed = ", ".join([*NAMES, *examples])
        raise InputError(Problem(f"one of {listed}", column="profile", value=name))
    return load_folder(root / EXAMPLES / name, name, root)


def _open_profile(root: Path) -> Profile:
    register = load_register(root)
    folder = sources_folder(root)
    return Profile(
        name="open",
        label="Published returns",
        banner="Computed from the returns that NHS England has published. Organisations assessed "
        "themselves; from 2023 on, peers and NHS England checked what they entered.",
        file_suffix="",
        returns=[
            ReturnFile(folder / s.path, s.path, s.layout, s.round, s.id, registered=s)
            for s in register.returns
            if s.layout
        ],
        described=root / REGISTER,
        reference=root / REFERENCE,
        published=root / PUBLISHED,
        raw=folder,
        processed=root / "data/processed/open",
        reports=root / "reports/open",
    )


def load_folder(folder: Path, name: str, root: Path | None = None) -> Profile:
    """The profile that the folder's ``profile.yaml`` describes; see :func:`load_profile`."""
    root = root or project_root()
    label = f"{folder.name}/{PROFILE_FILE}"
    if not (folder / PROFILE_FILE).is_file():
        fix = _HOW_TO_WRITE_ONE.get(name, "docs/new_instrument.md shows one")
        raise InputError(Problem("a profile.yaml", file=label, fix=fix))
    written = read_yaml(folder / PROFILE_FILE, ProfileFile, file=label)
    problems: list[Problem] = []

    def place(relative: str, key: str, within: Path = folder) -> Path:
        try:
            return inside(folder, relative, within)
        except ValueError as error:
            problems.append(
                Problem(
                    "a path inside its folder",
                    label,
                    column=key,
                    value=str(error),
                    fix="move the file into the folder and give its name",
                )
            )
            return folder

    returns = [
        ReturnFile(
            place(entry.file, f"returns.{i}.file"),
            f"{folder.name}/{entry.file}",
            entry.layout,
            entry.round,
            entry.source_id,
            entry.assessed_by,
        )
        for i, entry in enumerate(written.returns)
    ]
    instruments = {
        f"{folder.name}/{file}": place(file, f"instruments.{i}")
        for i, file in enumerate(written.instruments)
    }
    # Another profile's tables will do, such as the invented systems of the demo.
    raw = (root / RAW).resolve()
    shared = raw if folder.resolve().is_relative_to(raw) else folder
    reference, published = root / REFERENCE, root / PUBLISHED
    if written.reference is not None:
        reference = place(written.reference, "reference", shared)
    if written.published is not None:
        published = place(written.published, "published", shared)
        if not published.is_dir():
            problems.append(
                Problem("a folder of published claims", label, column="published",
                        value=written.published, fix="put it there, or remove the key")
            )  # fmt: skip
    elif written.instruments:  # the published claims are about digital maturity
        published = folder / "published"
    if problems:
        raise InputError(problems)
    return Profile(
        name=name,
        label=written.label,
        banner=written.banner,
        file_suffix=written.file_suffix,
        returns=returns,
        described=folder / PROFILE_FILE,
        reference=reference,
        published=published,
        raw=folder,
        processed=root / "data/processed" / name,
        reports=root / "reports" / name,
        instruments=instruments,
    )
