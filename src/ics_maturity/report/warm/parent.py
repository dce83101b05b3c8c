"""The parent of warm kernels: imports once, then forks a kernel for every request.

Run by :mod:`~ics_maturity.report.warm.provisioner` as
``python -m ics_maturity.report.warm.parent DESCRIPTOR IMPORTS``. It never has more than one
thread, and nothing of a kernel's machinery (sockets, loops, shell) exists before the fork.
"""

import contextlib
import ctypes
import gc
import io
import json
import os
import selectors
import signal
import socket
import sys
import sysconfig
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ipykernel.kernelapp import IPKernelApp

LONGEST_MESSAGE = 1 << 16
CHANGED = "the code that it has imported has changed since"
THREADED = "a library has started a thread, which a fork would lose"

# What a kernel imports while it starts.
_MACHINERY = """\
import IPython.core.completerlib
import IPython.core.debugger
import IPython.core.oinspect
import IPython.extensions.storemagic
import ipykernel.debugger
import psutil
import sqlite3
import tornado.platform.asyncio
"""

_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Request:
    """A kernel that somebody wants: its arguments and its own environment variables.

    ``line`` is its connection to whoever asked, ``stdout`` and ``stderr`` are theirs.
    """

    arguments: list[str]
    environment: dict[str, str]
    line: socket.socket
    stdout: int
    stderr: int


def main() -> None:
    """Serve requests; in each fork, become the kernel that was asked for."""
    if sys.path[0] == "" or Path(sys.path[0]) == Path.cwd():  # as ipykernel_launcher does
        del sys.path[0]
    control, statements = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    control.set_inheritable(False)
    with contextlib.redirect_stderr(io.StringIO()):  # the debugger's words on breakpoints
        run_imports(_MACHINERY)
    filters = _Filters.added_by(partial(run_imports, statements))
    parent = _Parent(control, _sources())
    gc.collect()
    gc.freeze()  # no collection in a fork touches, and so copies, what all of them share
    if request := parent.serve():
        app = IPKernelApp.instance(parent_handle=os.getppid())
        app.initialize(request.arguments)
        filters.restore()
        send(request.line, {"ready": os.getpid()})
        request.line.close()
        app.start()


def run_imports(statements: str) -> None:
    """Run import statements, one a line; what fails here fails again, visibly, in a notebook."""
    for statement in statements.splitlines():
        with contextlib.suppress(Exception):
            exec(statement, {})


def send(line: socket.socket, message: dict[str, Any]) -> None:
    """Send a message; one that nobody is there to hear is lost."""
    with contextlib.suppress(OSError):
        line.send(json.dumps(message).encode())


@dataclass(frozen=True)
class _Filters:
    """Filters of warnings that imports have set.

    They stand in front of those that a kernel sets while it starts, as where a notebook imports.
    """

    added: list[Any]

    @classmethod
    def added_by(cls, imports: Callable[[], None]) -> "_Filters":
        before = list(warnings.filters)
        imports()
        added = [entry for entry in warnings.filters if entry not in before]
        warnings.filters[:] = before  # type: ignore[index]
        return cls(added)

    def restore(self) -> None:
        warnings.filters[:0] = self.added  # type: ignore[index]
        with warnings.catch_warnings():  # which tells the interpreter of the change
            pass


def _sources() -> dict[str, tuple[int, int]]:
    """Time stamp and size of the imported files that somebody may be editing."""
    installed = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
    files = {getattr(module, "__file__", None) or "" for module in list(sys.modules.values())}
    return {path: _stamp(path) for path in files if path and not path.startswith(installed)}


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@dataclass
class _Parent:
    """Waits for requests, for kernels that end and for owners that leave."""

    control: socket.socket
    sources: dict[str, tuple[int, int]]
    lines: dict[int, socket.socket] = field(default_factory=dict)  # by the kernel's process id

    def serve(self) -> Request | None:
        """In a fork, its request; in this process None, when nobody needs it any more."""
        self.ends, told = socket.socketpair()
        for end in (self.ends, told):
            end.setblocking(False)
        self.told = told
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
        self.selector = selectors.PollSelector()  # holds nothing that a fork would share
        self.selector.register(self.control, selectors.EVENT_READ, self._fork)
        self.selector.register(self.ends, selectors.EVENT_READ, self._tell_ends)
        while len(self.selector.get_map()) > 1:
            for event, _ in self.selector.select():
                if request := event.data():
                    return request
        return None

    def _fork(self) -> Request | None:
        request = self._receive()
        if request is None:
            self.selector.unregister(self.control)
            return None
        if refusal := self._refusal():
            send(request.line, {"refused": refusal})
            request.line.close()
        elif pid := os.fork():
            self.lines[pid] = request.line
            self.selector.register(request.line, selectors.EVENT_READ, partial(self._end, pid))
        else:
            self._become_a_kernel(request)
            return request
        for descriptor in (request.stdout, request.stderr):
            os.close(descriptor)
        return None

    def _receive(self) -> Request | None:
        message, descriptors, _, _ = socket.recv_fds(self.control, LONGEST_MESSAGE, 3)
        if not message:
            return None
        line, stdout, stderr = descriptors
        connection = socket.socket(fileno=line)
        return Request(**json.loads(message), line=connection, stdout=stdout, stderr=stderr)

    def _refusal(self) -> str:
        if any(_stamp(path) != stamp for path, stamp in self.sources.items()):
            return CHANGED
        return THREADED if len(os.listdir("/proc/self/task")) > 1 else ""

    def _tell_ends(self) -> None:
        """Tell owners which kernels have ended, without freeing their process ids."""
        self.ends.recv(LONGEST_MESSAGE)
        for pid, line in self.lines.items():
            how = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if how:
                exited = how.si_code == os.CLD_EXITED
                send(line, {"ended": how.si_status if exited else -how.si_status})

    def _end(self, pid: int) -> None:
        """The owner has left: kill what there still is of its kernel, and free its number."""
        line = self.lines.pop(pid)
        self.selector.unregister(line)
        line.close()
        for kill in (os.killpg, os.kill):  # its group, or itself before it has one
            with contextlib.suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def _become_a_kernel(self, request: Request) -> None:
        """Leave everything of the parent behind, and take what an ordinary kernel starts with."""
        mother = os.getppid()
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != mother:
            os._exit(1)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for end in (self.control, self.ends, self.told, *self.lines.values()):
            end.close()
        for descriptor, place in ((request.stdout, 1), (request.stderr, 2)):
            os.dup2(descriptor, place)
            os.close(descriptor)
        os.environ.update(request.environment, JPY_PARENT_PID=str(mother))
        sys.argv[1:] = request.arguments
        if numpy := sys.modules.get("numpy"):  # Python's own generator seeds itself in a fork
            numpy.random.seed()


if __name__ == "__main__":
    main()
