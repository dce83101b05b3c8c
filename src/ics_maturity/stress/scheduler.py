"""Is the Dask scheduler that was asked for there? Asked before anything is run."""

import socket
from importlib.util import find_spec
from urllib.parse import urlsplit

from ics_maturity.errors import InputError, Problem

_SECONDS = 5.0


def check_scheduler(address: str) -> None:
    """Do nothing where a scheduler may be reached.

    Raises:
        InputError: the optional library is not installed, the address is none, or nobody answers
            there within a few seconds.
    """
    if find_spec("distributed") is None:
        raise InputError(Problem("the optional library distributed", column="--scheduler",
                                 value=address, fix="uv sync --extra cluster"))  # fmt: skip
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise InputError(
            Problem("an address such as tcp://host:8786", column="--scheduler", value=address,
                    fix="give the one that the scheduler prints")
        )  # fmt: skip
    try:
        socket.create_connection((host, port), timeout=_SECONDS).close()
    except OSError:
        raise InputError(
            Problem("a Dask scheduler that answers there", column="--scheduler", value=address,
                    fix="start it (dask scheduler), or leave --scheduler out to use this machine")
        ) from None  # fmt: skip
