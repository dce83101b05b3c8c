"""Execute one notebook: this interpreter's own kernel, checked parameters, nothing of the clock.

papermill executes in this process (its API, through nbclient); each notebook has a kernel of
its own, forked from a warm parent where that is wanted and possible (see
:mod:`ics_maturity.report.warm`). Safe to call from several threads at once.
"""

import logging
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4
from weakref import WeakSet

import nbformat
import papermill
import zmq
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.execute import ERROR_MARKER_TAG
from traitlets import Bool, Unicode, default
from traitlets.config import Config

from ics_maturity.paths import project_root
from ics_maturity.report import kernels
from ics_maturity.report.notebook import INJECTED
from ics_maturity.report.warm import parents, provisioner

KERNEL = "python3"
_LOW_PRIORITY = 10  # a tenth of a processor where the other process is not low
OnCell = Callable[[int, int], None]

# What it would log is in the error that is raised.
logging.getLogger("papermill").addHandler(logging.NullHandler())


class NotebookFailedError(Exception):
    """A notebook stopped: where, and why.

    ``cell`` counts all cells of the notebook as written from 1; ``line`` is the first line of
    that cell; ``cause`` the error in one line; ``executed`` the notebook as far as it came;
    ``page`` is for the runner to say which page of a batch it was.
    """

    def __init__(
        self, slug: str, cell: int, line: str, cause: str, executed: NotebookNode | None = None
    ) -> None:
        super().__init__(f"{slug}, cell {cell}: {cause}")
        self.slug, self.cell, self.line, self.cause = slug, cell, line, cause
        self.page = slug
        self.executed = executed


class OwnKernels(KernelSpecManager):
    """Knows one kernel: the interpreter that runs this command.

    A kernel that some folder on the machine calls "python3" may be another interpreter with
    other packages.
    """

    imports = Unicode(
        None, allow_none=True, help="what a warm parent imports; None for an ordinary kernel"
    ).tag(config=True)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        root = project_root()
        # Values are templates ($NAME); a dollar in a path is meant as it stands.
        literal = {k: v.replace("$", "$$") for k, v in kernels.environment(root).items()}
        spec = KernelSpec(argv=[*kernels.PYTHON, *kernels.KERNEL], env=literal)
        spec.display_name, spec.language = _KERNELSPEC["display_name"], _KERNELSPEC["language"]
        if self.imports is not None and _knows_warm_kernels():
            spec.metadata["kernel_provisioner"] = {
                "provisioner_name": provisioner.NAME,
                "config": {"imports": self.imports},
            }
        return spec


def _knows_warm_kernels() -> bool:
    """Whether this package is installed with its entry point, and not just importable."""
    return provisioner.NAME in KernelProvisionerFactory.instance().provisioners


@cache
def _only_private_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="ics-maturity-")


def _private_folder() -> str:
    """Where kernels' sockets are: for this user only, removed when this process ends."""
    # Pages start side by side, and a cache alone may be filled twice at once. The folder that
    # lost would be removed under the kernels that were given it.
    with _making_private_folder:
        return _only_private_folder().name


_making_private_folder = threading.Lock()


class OwnKernel(AsyncKernelManager):
    """Starts kernels of :class:`OwnKernels`; others on the machine cannot listen in.

    Sockets are files in a private folder; on Windows, which has none, ports with encryption.
    """

    running: ClassVar[WeakSet["OwnKernel"]] = WeakSet()
    can_wait = Bool(False, help="whether others go first where processors are few").tag(config=True)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_class = "ics_maturity.report.warm.client.QuickClient"
        if sys.platform == "win32":
            self.transport_encryption = "auto" if zmq.has("curve") else "disabled"
        else:
            self.transport = "ipc"
            self.connection_file = f"{_private_folder()}/{uuid4().hex[:12]}.json"
        self.running.add(self)

    async def _async_post_start_kernel(self, **options: Any) -> None:
        await super()._async_post_start_kernel(**options)
        pid = getattr(self.provisioner, "pid", None)
        if self.can_wait and pid:
            _let_others_go_first(pid)

    @default("kernel_spec_manager")
    def _own_kernels(self) -> KernelSpecManager:
        return OwnKernels(parent=self)


def _let_others_go_first(pid: int) -> None:
    """Lower a kernel's priority, where the system knows of such a thing."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, pid, _LOW_PRIORITY)
        # Linux divides processors between sessions first, and a kernel is one of its own.
        Path(f"/proc/{pid}/autogroup").write_text(str(_LOW_PRIORITY), encoding="ascii")


def stop_kernels() -> None:
    """Kill every kernel that is running for :func:`execute`, from whatever thread."""
    parents.parents.close()
    for kernel in list(OwnKernel.running):
        pid = getattr(kernel.provisioner, "pid", None)
        if kernel.has_kernel and pid:
            with suppress(ProcessLookupError):
                os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def execute(
    path: Path,
    changed: Mapping[str, Any],
    on_cell: OnCell,
    imports: str | None = None,
    *,
    can_wait: bool = False,
) -> NotebookNode:
    """Execute a notebook from a new kernel and return it without traces of clock or machine.

    Args:
        path: the notebook; it runs with its own folder as working directory.
        changed: the parameters that differ from the notebook's defaults. Names and values must
            have been checked: papermill runs what it is given.
        on_cell: called with the position of the cell about to run and the number of cells.
        imports: import statements of the notebooks that share a warm parent, one a line; None
            for an ordinary kernel. The parent lives until :func:`stop_kernels`.
        can_wait: whether other processes go first where processors are few.

    Raises:
        NotebookFailedError: a cell raised an error, or the kernel died or did not start.
    """
    position = _Position()
    try:
        executed = papermill.execute_notebook(
            _blank(nbformat.read(path, as_version=4)),
            None,
            parameters=dict(changed) or None,
            kernel_name=KERNEL,
            language="python",
            progress_bar=False,
            record_timing=False,
            kernel_manager_class=OwnKernel,
            config=Config(OwnKernels={"imports": imports}, OwnKernel={"can_wait": can_wait}),
            shutdown_kernel="immediate",  # all cells have ended; nothing is left to tidy up
            resources={"metadata": {"path": str(path.parent)}},
            on_notebook_start=position.start,
            on_cell_start=lambda cell, cell_index: position.move(cell, on_cell),
        )
    except PapermillExecutionError as error:
        raise position.failed(path.stem, f"{error.ename}: {error.evalue}") from None
    except DeadKernelError:
        position.forget_number()
        raise position.failed(path.stem, "the kernel died (killed, or out of memory)") from None
    except RuntimeError as error:
        raise position.failed(path.stem, f"the kernel did not start: {error}") from error
    return _clean(executed)


@dataclass
class _Position:
    """Where an execution is, counted in cells of the notebook as written."""

    notebook: NotebookNode | None = None
    at: NotebookNode | None = None
    cell: int = 0
    line: str = ""

    def start(self, notebook: NotebookNode) -> None:
        self.notebook = notebook

    def move(self, cell: NotebookNode, on_cell: OnCell) -> None:
        if self.notebook is None or INJECTED in cell.metadata.get("tags", []):
            return
        self.at = cell
        self.cell += 1
        self.line = next((line for line in cell.source.splitlines() if line.strip()), "")
        injected = any(INJECTED in c.metadata.get("tags", []) for c in self.notebook.cells)
        on_cell(self.cell, len(self.notebook.cells) - injected)

    def forget_number(self) -> None:
        """A kernel that dies in a cell may or may not still have said which number it has."""
        if self.at is not None and self.at.cell_type == "code":
            self.at.execution_count = None

    def failed(self, slug: str, cause: str) -> NotebookFailedError:
        executed = _clean(self.notebook) if self.notebook else None
        return NotebookFailedError(slug, self.cell, self.line, _plain(cause), executed)


def _blank(notebook: NotebookNode) -> NotebookNode:
    """The notebook as written: no outputs, no counts, no metadata but the cells' tags."""
    notebook.metadata = nbformat.from_dict({"kernelspec": _KERNELSPEC})
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({"tags": list(cell.metadata.get("tags", []))})
        if cell.cell_type == "code":
            cell.outputs = []
            cell.execution_count = None
    return notebook


_KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": KERNEL}


def _clean(notebook: NotebookNode) -> NotebookNode:
    """Remove what papermill and the kernel leave: times, paths, versions, random cell names."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": _KERNELSPEC, "language_info": {"name": "python"}}
    )
    notebook.cells = [
        c for c in notebook.cells if ERROR_MARKER_TAG not in c.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        tags = list(cell.metadata.get("tags", []))
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if INJECTED in tags:
            cell.id = INJECTED
    return notebook


def _plain(text: str) -> str:
    """One line without terminal colours: the last line of a long message says most."""
    lines = [line.strip() for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()]
    return " ".join(line for line in lines if line)[:1000]
