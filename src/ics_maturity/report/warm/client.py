"""A client that greets a kernel without waiting for silence.

jupyter_client's own waits until nothing has come for 0.2 seconds. This one waits for the end of
its own question, which everything before it precedes.
"""

import time
from queue import Empty

from jupyter_client.asynchronous import AsyncKernelClient

_PATIENCE = 1.0  # seconds until the question is asked again


class QuickClient(AsyncKernelClient):
    """Ready as soon as the kernel has answered on both channels; without a heartbeat, since a
    kernel's manager knows whether it lives."""

    def start_channels(
        self,
        shell: bool = True,
        iopub: bool = True,
        stdin: bool = True,
        hb: bool = False,
        control: bool = True,
    ) -> None:
        """Start the channels; see the base class."""
        super().start_channels(shell, iopub, stdin, hb, control)

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel has answered a question and said on iopub that it is idle.

        Raises:
            RuntimeError: it died, or has not answered in ``timeout`` seconds.
        """
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        while not await self._answers(self.kernel_info()):
            if not await self._async_is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > end:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    async def _answers(self, question: str) -> bool:
        """Whether the answer, and then the kernel's being idle again, come in time."""
        try:
            while True:
                reply = await self.shell_channel.get_msg(timeout=_PATIENCE)
                if reply["parent_header"].get("msg_id") == question:
                    break
            self._handle_kernel_info_reply(reply)
            while True:
                news = await self.iopub_channel.get_msg(timeout=_PATIENCE)
                if (
                    news["parent_header"].get("msg_id") == question
                    and news["content"].get("execution_state") == "idle"
                ):
                    return True
        except Empty:
            return False
