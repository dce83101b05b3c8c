"""What the runner needs to know of a notebook file without starting anything heavy."""

import ast
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ics_maturity.errors import InputError, Problem

INJECTED = "injected-parameters"


@dataclass(frozen=True)
class Cell:
    """One cell as written: its type (code, markdown, raw), source and tags."""

    kind: str
    source: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Notebook:
    """A notebook as written: its name without ending, its cells, and what identifies them.

    ``sha256`` covers types, sources and tags of the cells only: outputs, execution counts and
    editor metadata may change without making a report stale.
    """

    slug: str
    cells: tuple[Cell, ...]
    sha256: str

    @property
    def number(self) -> str:
        return self.slug[:2]

    @property
    def title(self) -> str:
        """The first heading of the first level; the slug where there is none."""
        for cell in self.cells:
            if cell.kind == "markdown":
                for line in cell.source.splitlines():
                    if line.startswith("# "):
                        return line[2:].strip()
        return self.slug

    def tagged(self, tag: str) -> list[Cell]:
        """The cells with that tag."""
        return [cell for cell in self.cells if tag in cell.tags]


def read_notebook(path: Path) -> Notebook:
    """Read a notebook file (nbformat 4).

    Raises:
        InputError: it is not a notebook.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(_cell(cell) for cell in raw["cells"])
    except OSError as error:
        raise InputError(Problem(f"a notebook ({error.strerror})", path.name)) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(Problem("a notebook in nbformat 4 (JSON with cells)", path.name)) from None
    content = json.dumps([[c.kind, c.source, c.tags] for c in cells], ensure_ascii=False)
    return Notebook(path.stem, cells, hashlib.sha256(content.encode()).hexdigest())


def _cell(raw: dict[str, Any]) -> Cell:
    source = raw["source"]
    text = source if isinstance(source, str) else "".join(source)
    return Cell(raw["cell_type"], text, tuple(raw.get("metadata", {}).get("tags", ())))


def shared_imports(pages: Iterable[Notebook]) -> str:
    """What at least two pages import, one statement a line, sorted.

    A notebook with many pages is given more than once. A cell that is no plain Python (a
    ``%magic``) is passed over.
    """
    found = Counter(statement for page in pages for statement in _imports(page))
    return "\n".join(sorted(statement for statement, pages in found.items() if pages > 1))


def _imports(notebook: Notebook) -> set[str]:
    """The notebook's import statements, each of one name."""
    statements: list[ast.stmt] = []
    for cell in notebook.cells:
        if cell.kind == "code":
            with suppress(SyntaxError):
                statements += ast.parse(cell.source).body
    return {
        ast.unparse(type(s)(**{**vars(s), "names": [name]}))
        for s in statements
        if isinstance(s, ast.Import | ast.ImportFrom)
        for name in s.names
    }
