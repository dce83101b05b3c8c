"""What every kernel of a run is started with, whoever starts it."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from ics_maturity.paths import ROOT_VARIABLE
from ics_maturity.report.notebook import Notebook, shared_imports
from ics_maturity.report.warm.parents import Key, parents, warm_is_possible

# This interpreter, and its files as they are: the debugger cannot see into frozen modules.
PYTHON = (sys.executable, "-Xfrozen_modules=off")
# No history of inputs on disk: all kernels at once would write it to one file, cell by cell.
KERNEL = (
    "-m",
    "ipykernel_launcher",
    "-f",
    "{connection_file}",
    "--HistoryManager.enabled=False",
)
_IPYTHON_FOLDER = ".cache/ipython"

# The same for every kernel, whatever the shell that started the run has set: one thread of
# linear algebra (its sums depend on the number of threads), no randomised hashing, figures
# drawn without a screen, no start-up file of the user's (IPYTHONDIR, below, likewise).
_FIXED_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONSTARTUP": "",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "TZ": "UTC",
}

_DRAWS = "from ics_maturity import figures"
_REHEARSAL = "from ics_maturity.rehearsal import rehearse; rehearse()"


def preparation(pages: Iterable[Notebook]) -> str:
    """What a warm parent does before it forks these pages, one statement a line.

    It imports what they share and, where they draw, rehearses that.
    """
    shared = shared_imports(pages)
    return f"{shared}\n{_REHEARSAL}" if _DRAWS in shared.splitlines() else shared


def environment(root: Path) -> dict[str, str]:
    """The environment variables that a kernel of the project has besides those of its owner."""
    (root / _IPYTHON_FOLDER).mkdir(parents=True, exist_ok=True)
    folders = {ROOT_VARIABLE: str(root), "IPYTHONDIR": str(root / _IPYTHON_FOLDER)}
    return {**_FIXED_ENVIRONMENT, **folders}


def warm_up(root: Path, folder: Path, imports: str) -> None:
    """Start the parent of the kernels that will be asked for, if kernels can be forked.

    Its imports take longer than those of the runner, which can happen meanwhile.

    Args:
        root: the project's root folder.
        folder: the kernels' working folder.
        imports: as :func:`ics_maturity.report.execute.execute` will be given them.
    """
    if warm_is_possible():
        shared = {**os.environ, **environment(root)}
        parents.of(Key(PYTHON, imports, str(folder), tuple(sorted(shared.items()))))
