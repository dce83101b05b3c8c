"""Starts kernels by forking a warm parent: a kernel provisioner for jupyter_client.

A kernelspec asks for it with::

    "metadata": {"kernel_provisioner": {
        "provisioner_name": "ics-maturity-warm",
        "config": {"imports": "import pandas\\nfrom ics_maturity import figures"}
    }}

``imports`` are the import statements that the parent runs, one a line. Every process has parents
of its own, one for each interpreter, folder and environment; they end with it, or earlier with
:meth:`Parents.close`. ``ICS_MATURITY_KERNEL=ordinary`` asks for ordinary kernels instead.
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
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode

NAME = "ics-maturity-warm"
KERNEL_VARIABLE = "ICS_MATURITY_KERNEL"
LONGEST_MESSAGE = 1 << 16
_LAUNCHER = ["-m", "ipykernel_launcher"]
_PARENT = "ics_maturity.report.warm.parent"
# They differ from kernel to kernel and mean nothing to what is imported.
_OF_ONE_KERNEL = ("JPY_PARENT_PID", "JPY_SESSION_NAME")
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


class WarmProvisioner(LocalProvisioner):
    """Forks where it can, and starts the ordinary kernel where it cannot."""

    process: Any = None
    imports = Unicode(help="import statements for the parent to run, one a line").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel; see the base class."""
        if warm_is_possible() and not set(kwargs) - {"env", "cwd", "extra_arguments", "kernel_id"}:
            why = ""
            for _ in range(2):  # the second parent has the code as it is now
                try:
                    await self._fork(cmd, kwargs["env"], kwargs.get("cwd") or os.getcwd())
                    return self.connection_info
                except RefusedError as error:
                    why = str(error)
            self.log.warning("An ordinary kernel instead of a warm one: %s", why)
        return await super().launch_kernel(cmd, **kwargs)

    async def _fork(self, cmd: list[str], env: Mapping[str, str], folder: str) -> None:
        at = next((i for i in range(len(cmd)) if cmd[i : i + 2] == _LAUNCHER), None)
        if at is None:
            raise RefusedError("this is no ipykernel")
        own = {name: env[name] for name in _OF_ONE_KERNEL if name in env}
        shared = tuple(sorted((name, text) for name, text in env.items() if name not in own))
        key = Key(tuple(cmd[:at]), self.imports, str(folder), shared)
        parent = parents.of(key)
        try:
            kernel = await parent.fork(cmd[at + len(_LAUNCHER) :], own)
        except RefusedError:
            parents.leave(key, parent)
            raise
        self.process = kernel
        self.pid = self.pgid = kernel.pid
        self.cwd = folder

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel, and wait for its end, which takes some milliseconds."""
        await super().kill(restart)
        while isinstance(self.process, Forked) and self.process.poll() is None:
            await asyncio.sleep(0.002)
