"""The register of official files: where each comes from, its licence and its exact content.

``data/raw/sources.yaml`` is the register. A file is used only when its sha256 is the
registered one, whoever put it there.
"""

import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from ics_maturity.errors import InputError, Problem
from ics_maturity.paths import SOURCES_VARIABLE, project_root
from ics_maturity.schema import Strict, read_yaml

REGISTER = "data/raw/sources.yaml"
OPEN_FOLDER = "data/raw/open"

Layout = Literal[
    "dma_2016_answers",
    "dma_2016_published_scores",
    "dma_2017_scores",
    "question_key",
    "dma_workbook",
    "template",
]
Round = Annotated[int, Field(ge=2000, le=2100)]
OfficialRound = Literal[2016, 2017, 2019, 2023, 2024, 2025]
OFFICIAL_ROUNDS: tuple[int, ...] = get_args(OfficialRound)


class Source(Strict):
    """One registered file.

    ``path`` is its place in a folder of sources; ``layout`` the reader it needs, or None where
    it only backs a reference table; ``round`` the assessment round it reports; ``urls`` are
    tried in order (none: the file is had from its landing page by hand).
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    landing_page: str = Field(pattern=r"^https?://")
    licence: str = Field(min_length=1)
    urls: list[str] = Field(default_factory=list)
    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(gt=0)
    round: OfficialRound | None = None
    layout: Layout | None = None
    citation: str = Field(min_length=1)
    notes: str = ""

    @field_validator("urls")
    @classmethod
    def _secure(cls, urls: list[str]) -> list[str]:
        for url in urls:
            if not re.match(r"https://|http://(localhost|127\.0\.0\.1)[:/]", url):
                raise ValueError(f"'{url}' should begin with https://")
        return urls

    @field_validator("path")
    @classmethod
    def _tidy(cls, path: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_\-]+(/[A-Za-z0-9_.\-]+)+", path) or ".." in path:
            raise ValueError(f"'{path}' should be folder/file.ending, inside the sources folder")
        return path


class Register(Strict):
    """The register of official files, in the order of ``sources.yaml``."""

    sources: list[Source] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for name in ("id", "path"):
            values = [getattr(source, name) for source in self.sources]
            if twice := sorted({value for value in values if values.count(value) > 1}):
                raise ValueError(f"each {name} once; twice: {', '.join(twice)}")
        return self

    def __getitem__(self, source_id: str) -> Source:
        for source in self.sources:
            if source.id == source_id:
                return source
        raise InputError(
            Problem(
                "one of " + ", ".join(source.id for source in self.sources),
                column="source id",
                value=source_id,
            )
        )

    @property
    def returns(self) -> list[Source]:
        """The files an open run reads: those with a layout."""
        return [source for source in self.sources if source.layout]


def load_register(root: Path | None = None) -> Register:
    """The project's register; InputError where it does not fit its schema."""
    return read_yaml((root or project_root()) / REGISTER, Register, file=REGISTER)


def sources_folder(root: Path | None = None) -> Path:
    """Where the official files are read from: ``ICS_MATURITY_SOURCES``, else data/raw/open.

    Raises:
        InputError: the variable names no folder.
    """
    if named := os.environ.get(SOURCES_VARIABLE):
        folder = Path(named)
        if not folder.is_dir():
            raise InputError(
                Problem(
                    "a folder with the official files",
                    column=SOURCES_VARIABLE,
                    value=named,
                    fix=f"correct or unset the environment variable {SOURCES_VARIABLE}",
                )
            )
        return folder
    return (root or project_root()) / OPEN_FOLDER


def sha256(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fault(source: Source, path: Path) -> str:
    """Why the file at ``path`` is not the registered one; empty where it is."""
    if not path.is_file():
        return "no such file"
    size = path.stat().st_size
    if size != source.bytes:
        return f"{size:,} bytes instead of {source.bytes:,}"
    found = sha256(path)
    if found == source.sha256:
        return ""
    return f"another content: sha256 {found[:12]}... instead of {source.sha256[:12]}..."


def verify(sources: Collection[Source], folder: Path) -> None:
    """Check registered files where they are, without copying them.

    Raises:
        InputError: one problem per file that is absent or not the registered one.
    """
    faults = [(source, fault(source, folder / source.path)) for source in sources]
    wrong = [
        Problem(
            f"the registered file ({why})",
            file=source.path,
            fix="ics-maturity fetch downloads it; ics-maturity fetch --from DIR takes it from a "
            f"folder; {SOURCES_VARIABLE}=DIR reads it in a folder where it is",
        )
        for source, why in faults
        if why
    ]
    if wrong:
        raise InputError(wrong)
