"""A project of a few tiny notebooks in a temporary folder, for tests of the runner.

Its notebooks write results and tables with the standard library alone, so that a kernel needs
a second and nothing depends on the real notebooks.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat

from ics_maturity.report.parameters import cell_source
from ics_maturity.report.plan import Step

ROOT = Path(__file__).resolve().parent.parent

PROFILE = """\
label: Small returns
banner: Invented for a test.
file_suffix: .demo
reference: reference
returns:
  - {file: returns.csv, layout: template, round: 2025, source_id: small_2025}
"""

STEPS = (
    Step("01_first", inputs=("raw",), outputs=("cleaned",)),
    Step("02_second", ("01",)),
    Step("03_third", ("01",)),
    Step("04_last", ("02", "03")),
)

# What Page.close, Page.table and the cleaning step do, in plain Python. `value` is what a
# notebook computes, so a test can make one notebook's output depend on another's.
WRITE = """\
import json, os, pathlib
folder = pathlib.Path(os.environ["ICS_MATURITY_ROOT"]) / "data/processed" / profile
def write(name, text):
    path = folder / name
    if path.name == "systems_present.csv":
        text = globals().get("systems_present", text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".part").write_text(text)
    path.with_suffix(".part").replace(path)
result = {{"name": "{topic}.value", "value": value, "unit": "points", "low": None,
          "high": None, "n": 3, "method": "", "notebook": "{slug}"}}
write({results}, json.dumps([result]))
write({table} + ".csv", f"value\\n{{value}}\\n")
write({table} + ".schema.json",
      json.dumps({{"title": "A table", "notebook": "{slug}", "fields": [{{"name": "value"}}]}}))
for name in {promised}:
    write(f"{{name}}.csv", f"value\\n{{value}}\\n")
    write(f"{{name}}.schema.json", json.dumps({{"fields": []}}))
print(value)
"""


@dataclass
class SmallProject:
    """Notebooks, register and demo returns in ``root``; ``steps`` is their plan."""

    root: Path
    steps: tuple[Step, ...] = STEPS

    @classmethod
    def make(cls, root: Path, steps: tuple[Step, ...] = STEPS) -> "SmallProject":
        """Write the project with a notebook for every step."""
        project = cls(root, steps)
        for folder in ("notebooks", "data/raw/demo/reference", "data/raw/reference"):
            (root / folder).mkdir(parents=True)
        shutil.copy(ROOT / "data/raw/sources.yaml", root / "data/raw/sources.yaml")
        (root / "data/raw/demo/profile.yaml").write_text(PROFILE, encoding="utf-8")
        (root / "data/raw/demo/returns.csv").write_text("score\n3\n", encoding="utf-8")
        for step in steps:
            project.write_notebook(step.slug)
        return project

    def write_notebook(
        self,
        slug: str,
        value: str = "seed",
        *,
        parameters: str | None = None,
        before: str = "",
        words: str = "What is the value?",
        writes: bool = True,
    ) -> None:
        """Write ``notebooks/SLUG.ipynb``, whose result is the Python expression ``value``."""
        step = next(step for step in self.steps if step.slug == slug)
        new = nbformat.v4
        given = cell_source(step.parameters) if parameters is None else parameters
        # A page of a batch writes to a folder named after its system.
        part = f'{step.each.folder}/" + ics + "' if step.each else ""
        write = WRITE.format(
            topic=f"t{slug[:2]}",
            slug=slug,
            promised=step.outputs,
            results=f'"results/{part or slug}.json"',
            table=f'"tables/{part + "/" if part else ""}t{slug[:2]}"',
        )
        cells = [
            new.new_markdown_cell(f"# {words}\n\nNotebook {slug}."),
            new.new_code_cell(given, metadata={"tags": ["parameters"]}),
            *([new.new_code_cell(before)] if before else []),
            new.new_code_cell(f"value = {value}"),
            *([new.new_code_cell(write)] if writes else []),
        ]
        for i, cell in enumerate(cells):
            cell.id = f"cell-{i}"
        path = self.root / "notebooks" / f"{slug}.ipynb"
        nbformat.write(new.new_notebook(cells=cells), path)

    @property
    def report(self) -> Path:
        return self.root / "reports/demo"

    @property
    def processed(self) -> Path:
        return self.root / "data/processed/demo"

    def report_bytes(self) -> dict[str, bytes]:
        """Every file of the report."""
        return {
            path.relative_to(self.report).as_posix(): path.read_bytes()
            for path in sorted(self.report.rglob("*"))
            if path.is_file()
        }
