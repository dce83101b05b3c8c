"""The warm parents of this process, and how a kernel is asked of one.

Every process has parents of its own, one for each interpreter, folder and environment; they end
with it, or earlier with :meth:`Parents.close`. Nothing of Jupyter is imported here, so that a
parent can begin its imports before its owner does.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KERNEL_VARIABLE = "ICS_MATURITY_KERNEL"
LONGEST_MESSAGE = 1 << 16
_PARENT = "ics_maturity.report.warm.parent"
KILLED = -signal.SIGKILL  # what becomes of a kernel whose parent has gone


def warm_is_possible() -> bool:
    """Whether kernels may be forked: on Linux, and unless the environment asks for others."""
    return sys.platform == "linux" and os.environ.get(KERNEL_VARIABLE) != "ordinary"


class RefusedError(Exception):
    """A parent could not or would not fork."""


@dataclass(frozen=True)
class Key:
    """What a parent is started with; kernels that need the same share it."""

    python: tuple[str, ...]
    imports: str
    folder: str
    environment: tuple[tuple[str, str], ...]


class Parent:
    """A running parent. Requests may be sent before it is ready."""

    def __init__(self, key: Key) -> None:
        self._control, theirs = _pair()
        with theirs:
            self._process = subprocess.Popen(
                [*key.python, "-m", _PARENT, str(theirs.fileno()), key.imports],
                stdin=subprocess.DEVNULL,
                cwd=key.folder,
                env=dict(key.environment),
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # a Ctrl-C is for its owner
            )

    async def fork(self, arguments: Sequence[str], environment: Mapping[str, str]) -> "Forked":
        """A kernel that is ready to be talked to.

        Raises:
            RefusedError: the parent refuses, or it or the kernel is gone.
        """
        request = {"arguments": list(arguments), "environment": dict(environment)}
        line, theirs = _pair()
        line.setblocking(False)
        with contextlib.ExitStack() as on_error:
            on_error.callback(line.close)
            try:
                with theirs:
                    message = json.dumps(request).encode()
                    socket.send_fds(self._control, [message], [theirs.fileno(), 1, 2])
                news = await asyncio.get_running_loop().sock_recv(line, LONGEST_MESSAGE)
            except OSError as error:
                raise RefusedError(str(error)) from error
            answer = json.loads(news or "{}")
            if "ready" not in answer:
                raise RefusedError(answer.get("refused", "it ended while the kernel started"))
            on_error.pop_all()
        return Forked(answer["ready"], line)

    def leave(self) -> None:
        """Ask for nothing more: it ends with its last kernel."""
        self._control.close()

    def kill(self) -> None:
        """End it at once, and its kernels with it."""
        self._control.close()
        self._process.kill()
        self._process.wait()


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Forked:
    """A forked kernel, with what jupyter_client uses of a ``Popen``."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, line: socket.socket) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._line = line

    def poll(self) -> int | None:
        """The exit code; None while the kernel runs."""
        if self.returncode is None:
            with contextlib.suppress(BlockingIOError):
                news = self._line.recv(LONGEST_MESSAGE)
                self.returncode = json.loads(news)["ended"] if news else KILLED
        return self.returncode

    def wait(self) -> int:
        """Leave the kernel: its parent ends it, if it runs, and frees its process id."""
        self._line.close()
        if self.returncode is None:
            self.returncode = KILLED
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone."""
        if self.poll() is None:
            os.kill(self.pid, number)


class Parents:
    """The parents of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_key: dict[Key, Parent] = {}
        self._left: list[Parent] = []

    def of(self, key: Key) -> Parent:
        """The parent of that key, started where there is none."""
        with self._lock:
            if key not in self._by_key:
                self._by_key[key] = Parent(key)
            return self._by_key[key]

    def leave(self, key: Key, parent: Parent) -> None:
        """Ask this one for nothing more."""
        with self._lock:
            if self._by_key.get(key) is parent:
                parent.leave()
                self._left.append(self._by_key.pop(key))

    def close(self) -> None:
        """End all of them, and their kernels."""
        with self._lock:
            for parent in (*self._by_key.values(), *self._left):
                parent.kill()
            self._by_key.clear()
            self._left.clear()


parents = Parents()
