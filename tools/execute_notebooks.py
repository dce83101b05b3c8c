"""Re-execute the committed notebooks in order, on the demo returns with default parameters.

Run by ``make notebooks`` after a change to a notebook, to the package or to the demo returns.
What is stored is what a reader or nbval needs and nothing that changes from run to run.
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


# As the runner sets it: sums in another order differ in the last digits.
os.environ["OPENBLAS_NUM_THREADS"] = "1"


def execute(path: Path) -> None:
    """Execute one notebook in its own folder and write it back, without clock or machine traces."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": path.parent}}, record_timing=False
    )
    client.execute()
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    )
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    nbformat.validate(notebook)
    nbformat.write(notebook, path)


def main(names: list[str]) -> None:
    """Execute the notebooks whose names start with one of ``names`` (all, when there is none)."""
    paths = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    chosen = [p for p in paths if not names or any(p.name.startswith(name) for name in names)]
    for path in tqdm(chosen, unit="notebook"):
        execute(path)


if __name__ == "__main__":
    main(sys.argv[1:])
