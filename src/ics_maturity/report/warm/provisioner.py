"""Starts kernels by forking a warm parent: a kernel provisioner for jupyter_client.

A kernelspec asks for it with::

    "metadata": {"kernel_provisioner": {
        "provisioner_name": "ics-maturity-warm",
        "config": {"imports": "import pandas\\nfrom ics_maturity import figures"}
    }}

``imports`` are the import statements that the parent runs, one a line.
``ICS_MATURITY_KERNEL=ordinary`` asks for ordinary kernels instead.
"""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode

from ics_maturity.report.warm.parents import Forked, Key, RefusedError, parents, warm_is_possible

NAME = "ics-maturity-warm"
_LAUNCHER = ["-m", "ipykernel_launcher"]
# They differ from kernel to kernel and mean nothing to what is imported.
_OF_ONE_KERNEL = ("JPY_PARENT_PID", "JPY_SESSION_NAME")


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
