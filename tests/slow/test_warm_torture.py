"""A forked kernel behaves as an ordinary one, whatever a notebook does to it."""

from pathlib import Path

import nbformat
import pytest

from ics_maturity.report.execute import NotebookFailedError, execute, stop_kernels
from ics_maturity.report.warm.parents import warm_is_possible
from torture import NOTEBOOKS, notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not warm_is_possible(), reason="kernels are forked on Linux only"),
]

IMPORTS = "import matplotlib\nimport matplotlib.pyplot as plt\nimport numpy\nimport pandas"


def outcome(folder: Path, name: str, imports: str | None) -> tuple[str, str]:
    """Why the notebook stopped, if it did, and all that it shows as far as it came."""
    path = folder / f"{name.replace(' ', '_')}.ipynb"
    nbformat.write(notebook(name), path)
    try:
        return "", nbformat.writes(execute(path, {}, lambda *_: None, imports))
    except NotebookFailedError as error:
        return str(error), nbformat.writes(error.executed or nbformat.v4.new_notebook())


def test_torture_ends_alike_and_leaves_nothing_behind(tmp_path: Path) -> None:
    forked = {name: outcome(tmp_path, name, IMPORTS) for name in NOTEBOOKS}
    stop_kernels()
    ordinary = {name: outcome(tmp_path, name, None) for name in NOTEBOOKS}
    assert [name for name in NOTEBOOKS if forked[name] != ordinary[name]] == []
    assert forked["state"] == forked["state again"] == forked["state at last"]
    assert [name for name, (stopped, _) in forked.items() if stopped] == [
        "error", "recursion", "exit", "hard exit", "signal", "memory", "interrupted",
    ]  # fmt: skip


def test_a_cell_that_killed_its_kernel_has_no_number(tmp_path: Path) -> None:
    # Whether the kernel still said which number the cell had is chance, so nobody may rely on it.
    for how in ("os._exit(7)", "time.sleep(0.5)\nos._exit(7)"):
        cells = [nbformat.v4.new_code_cell(cell) for cell in ("import os, time", how)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "dies.ipynb")
        with pytest.raises(NotebookFailedError, match="the kernel died") as stopped:
            execute(tmp_path / "dies.ipynb", {}, lambda *_: None)
        assert stopped.value.executed is not None
        assert [cell.execution_count for cell in stopped.value.executed.cells] == [1, None]


def test_random_numbers_differ_between_kernels(tmp_path: Path) -> None:
    draw = "print(numpy.random.rand(), random.random(), numpy.random.default_rng().random())"
    cells = [nbformat.v4.new_code_cell(f"import numpy, os, random\n{draw}\nprint(os.getpid())")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "draw.ipynb")
    drawn = [
        execute(tmp_path / "draw.ipynb", {}, lambda *_: None, "import numpy\nimport random")
        for _ in range(2)
    ]
    stop_kernels()
    numbers = [executed.cells[0].outputs[0].text.split() for executed in drawn]
    assert len(numbers[0]) == 4
    assert all(a != b for a, b in zip(*numbers, strict=True))


@pytest.mark.parametrize("imports", ["import os", None], ids=["forked", "ordinary"])
def test_a_page_that_can_wait_leaves_the_processors_to_others(
    tmp_path: Path, imports: str | None
) -> None:
    group = Path("/proc/self/autogroup")
    ask = "import os, pathlib\nprint(os.getpriority(os.PRIO_PROCESS, 0))\n"
    ask += f"print(pathlib.Path({str(group)!r}).read_text())" if group.exists() else ""
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ask)]),
                   tmp_path / "asks.ipynb")  # fmt: skip
    told = [
        execute(tmp_path / "asks.ipynb", {}, lambda *_: None, imports, can_wait=can_wait)
        .cells[0].outputs[0].text.split()
        for can_wait in (False, True)
    ]  # fmt: skip
    stop_kernels()
    usual, low = (int(words[0]) for words in told)
    assert low == min(19, usual + 10)
    if group.exists():  # sessions share the processors by this number, whatever the other says
        assert [words[-1] for words in told] == ["0", "10"]
