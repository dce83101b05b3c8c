"""What a notebook writes on: it reads tables, names results and shows what it found.

One :class:`Page` per notebook. It displays tables, figures and findings with everything a
reader needs (caption, alternative text, rounding) and writes the same content in full
precision beside them, so that no number on a page is without its file.
"""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from IPython.display import display

from ics_maturity import columns as declared
from ics_maturity import prose, tables
from ics_maturity.errors import InputError, Problem
from ics_maturity.instruments import Catalogue
from ics_maturity.profiles import load_profile
from ics_maturity.results import Result, Results
from ics_maturity.tables import Column

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ics_maturity.models.estimate import Coefficient

__all__ = ["Column", "Page", "random_generator", "read_table"]

_DTYPES = {"string": "str", "integer": "Int64", "number": "float64", "boolean": "boolean"}


def random_generator(seed: int, estimator: str) -> np.random.Generator:
    """A generator of its own for each estimator, so that none depends on who ran before it.

    Args:
        seed: the notebook's seed parameter.
        estimator: the estimator's name; another name gives an independent stream.
    """
    key = tuple(estimator.encode())
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read ``folder/name.csv`` with the types that ``folder/name.schema.json`` declares.

    Text stays as written (empty cells are empty strings); an integer column with empty cells
    is nullable (``Int64``), otherwise ``int64``; other empty cells are missing.

    Raises:
        InputError: the table or its dictionary is absent, or they do not agree.
    """
    path, dictionary = folder / f"{name}.csv", folder / f"{name}.schema.json"
    for needed in (path, dictionary):
        if not needed.is_file():
            raise InputError(
                Problem(
                    f"{needed.name} among the processed tables",
                    file=needed.name,
                    fix="run 01_clean_returns first (ics-maturity run --only 01)",
                )
            )
    schema = json.loads(dictionary.read_text(encoding="utf-8"))
    kinds = {field["name"]: field["type"] for field in schema["fields"]}
    text = [column for column, kind in kinds.items() if kind == "string"]
    frame = pd.read_csv(
        path,
        dtype={column: _DTYPES[kind] for column, kind in kinds.items() if kind in _DTYPES},
        keep_default_na=False,
        na_values={column: [""] for column in kinds if column not in text},
        encoding="utf-8",
    )
    if list(frame.columns) != list(kinds):
        raise InputError(
            Problem(
                "the columns " + ", ".join(kinds),
                file=path.name,
                value=", ".join(frame.columns),
                fix="run 01_clean_returns again",
            )
        )
    whole = [c for c, kind in kinds.items() if kind == "integer" and frame[c].notna().all()]
    return frame.astype(dict.fromkeys(whole, "int64"))


class Page:
    """The page of one notebook.

    Args:
        notebook: the notebook's name without ending, such as ``03_model_mix_and_rurality``.
        profile: name of the data profile (demo, open, own).
        seed: seed of every random number on the page.
        folder: folder of processed tables; by default the profile's.
        part: of a page that is one of many from the same notebook, the folder of its own that
            its results, tables and figures go to, such as ``profiles/QGH``.
    """

    def __init__(
        self,
        notebook: str,
        *,
        profile: str,
        seed: int,
        folder: Path | None = None,
        part: str = "",
    ) -> None:
        self.notebook = notebook
        self.profile = profile
        self.seed = seed
        self._part = part
        self._shown: set[str] = set()
        self._read: dict[str, pd.DataFrame] = {}
        self.folder = folder or load_profile(profile).processed
        self.results = Results.read_folder(self.folder / "results", before=notebook)

    # Reading

    def read(self, name: str) -> pd.DataFrame:
        """The processed table of that name with its declared types; see :func:`read_table`.

        ``tables/NAME`` is the table that an earlier notebook shows. Read once; every call gives a
        frame of its own.
        """
        if name not in self._read:
            self._read[name] = read_table(self.folder, name)
        return self._read[name].copy(deep=False)

    @cached_property
    def instruments(self) -> Catalogue:
        """What each round present asked: the instruments that notebook 01 stored."""
        return Catalogue.from_table(self.read("instruments"))

    @cached_property
    def _rounds(self) -> pd.DataFrame:
        return self.read("returns")[["round", "assessed_by", "level"]].drop_duplicates()

    def rounds(self, *, assessed_by: str | None = None, level: str | None = None) -> list[int]:
        """Years of the rounds with returns, or with returns of that assessor or level."""
        rounds = self._rounds
        if assessed_by is not None:
            rounds = rounds[rounds["assessed_by"] == assessed_by]
        if level is not None:
            rounds = rounds[rounds["level"] == level]
        return sorted(rounds["round"].unique().tolist())

    def has_round(
        self, year: int, *, assessed_by: str | None = None, level: str | None = None
    ) -> bool:
        """Whether that round has returns (of that assessor, at that level)."""
        return year in self.rounds(assessed_by=assessed_by, level=level)

    def chosen_round(self, year: int | None) -> int:
        """The round of that year, or the latest present where none is chosen.

        Raises:
            InputError: there are no returns of that round; the rounds present are listed.
        """
        present = self.rounds()
        chosen = max(present, default=None) if year is None else year
        if chosen is None or chosen not in present:
            listed = ", ".join(map(str, present)) or "none"
            raise InputError(
                Problem(f"a round with returns, present: {listed}", column="round", value=f"{year}")
            )
        return chosen

    def rng(self, estimator: str) -> np.random.Generator:
        """The estimator's own random generator; see :func:`random_generator`."""
        return random_generator(self.seed, estimator)

    # Naming results

    def result(
        self,
        name: str,
        value: Any,
        *,
        unit: str = "",
        low: float | None = None,
        high: float | None = None,
        n: int | None = None,
        method: str = "",
    ) -> None:
        """Name a result, so that prose can print it; see :class:`Result`."""
        self.results.add(Result(name, value, unit, low, high, n, method, self.notebook))

    def estimate(
        self, name: str, coefficient: "Coefficient", *, unit: str = "points", n: int | None = None
    ) -> None:
        """Name a coefficient with its 95% interval and method."""
        self.result(
            name,
            coefficient.estimate,
            unit=unit,
            low=coefficient.low,
            high=coefficient.high,
            n=n,
            method=coefficient.method,
        )

    # Showing

    def findings(self, template: str, *, key: str = "", **names: int | str) -> None:
        """Display Markdown filled with named results; see :mod:`ics_maturity.prose`.

        ``key`` names a passage that another page quotes: "answer" is the index's. ``names`` are
        the years or slugs that ``$name`` stands for in the template.
        """
        uses = prose.results_used(cleandoc(template), **names)
        about = {"kind": "findings", "key": key, "uses": uses}
        shown = prose.markdown(template, self.results, **names)
        plain = prose.plain(cleandoc(template), self.results, **names)
        _show({"text/markdown": shown, "text/plain": plain}, about)

    def text(self, template: str, **names: int | str) -> str:
        """Named results filled into plain text, for captions, titles and alternative texts."""
        return prose.plain(template, self.results, **names)

    def table(
        self,
        frame: pd.DataFrame,
        name: str,
        *,
        caption: str,
        columns: Mapping[str, Column] | None = None,
        show: Sequence[str] = (),
        note: str = "",
    ) -> None:
        """Display a table and write its CSV and column dictionary under ``tables/``.

        See :func:`ics_maturity.tables.build`. Columns are those declared for the table's name in
        :mod:`ics_maturity.columns`, unless given.
        """
        table = tables.build(
            frame,
            name,
            caption=caption,
            columns=declared.of(name) if columns is None else columns,
            show=show,
            note=note,
            notebook=self.notebook,
        )
        self._claim(name)
        twin = self._twin("tables", name)
        self._write(f"{twin}.csv", table.csv)
        self._write(f"{twin}.schema.json", table.dictionary)
        about = {"kind": "table", "name": name, "twin": f"{twin}.csv"}
        _show({"text/html": table.html, "text/plain": table.text}, about)

    def figure(
        self,
        figure: "Figure",
        name: str,
        *,
        title: str,
        alt: str,
        data: pd.DataFrame,
        columns: Mapping[str, Column] | None = None,
        note: str = "",
    ) -> None:
        """Display a figure, write its data under ``figures/`` and close it.

        Args:
            figure: a finished matplotlib figure, without a title of its own.
            name: slug, used for ids and file names.
            title: states what is shown, of whom and when.
            alt: what a reader who cannot see the figure needs: its kind, its axes, its message.
            data: what is drawn, one row per mark.
            columns: meaning of the data's columns, for the dictionary.
            note: printed under the figure.

        Raises:
            FigureError: the title or the alternative text is missing or too thin.
        """
        from ics_maturity import figures  # matplotlib: only pages that draw pay for it

        figures.check_words(name, title, alt)
        self._claim(name)
        twin = self._twin("figures", name)
        self._write(f"{twin}.csv", tables.csv_text(data))
        dictionary = tables.dictionary_text(title, data, columns, notebook=self.notebook)
        self._write(f"{twin}.schema.json", dictionary)
        drawn = figures.svg(figure)
        about = {"kind": "figure", "name": name, "twin": f"{twin}.csv"}
        _show({"text/markdown": f"**{prose.escape_markdown(title)}**"}, {"kind": "figure title"})
        _show(
            {"image/svg+xml": drawn, "text/plain": f"Figure: {title}\n{alt}"},
            {**about, "title": title, "note": note},
            {"image/svg+xml": {"alt": alt}},
        )

    def _claim(self, name: str) -> None:
        """Refuse a second table or figure of the same name: links and files would collide."""
        if name in self._shown:
            raise ValueError(f"this page already has a table or figure named '{name}'")
        self._shown.add(name)

    def _twin(self, kind: str, name: str) -> str:
        """Where the files behind a table or figure lie, without their endings."""
        return "/".join(part for part in (kind, self._part, name) if part)

    def _write(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # Notebooks run side by side: a file appears whole, or another run could read half of it.
        temporary = target.with_name(f"{target.name}.part")
        temporary.write_text(text, encoding="utf-8", newline="\n")
        temporary.replace(target)

    def close(self) -> None:
        """Write this page's results to ``results/NOTEBOOK.json``, or ``results/PART.json``."""
        own = Results(result for result in self.results if result.notebook == self.notebook)
        own.write(self.folder / "results" / f"{self._part or self.notebook}.json")


def _show(
    bundle: dict[str, str], about: dict[str, Any], metadata: dict[str, Any] | None = None
) -> None:
    """Display one output; ``about`` tells the report what it is."""
    display(bundle, metadata={"ics_maturity": about, **(metadata or {})}, raw=True)
