"""Bring the official files into a folder, each verified before it takes its place.

A file is downloaded beside its place (``NAME.part``), continued where a broken download
stopped, compared with the register and only then moved there: what is already good is never
replaced by something else.
"""

import os
import shutil
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import requests
from tqdm import tqdm

from ics_maturity.errors import InputError, Problem
from ics_maturity.paths import SOURCES_VARIABLE
from ics_maturity.sources import Register, Source, fault

# Seconds. Short, because a person waits: without a network the whole command ends in seconds.
CONNECT_TIMEOUT = 4.0
READ_TIMEOUT = 15.0
PAUSE = 0.5
# Broken transfers are continued this often; a host that cannot be reached is not asked again.
ATTEMPTS = 3
_BLOCK = 1 << 16

How = Literal["present", "copied", "downloaded"]


class _NotFetchedError(Exception):
    """Why one address did not give the file; the next one may."""


class _BrokenError(_NotFetchedError):
    """The transfer broke; what arrived is kept and the next attempt continues from it."""


@dataclass
class _Network:
    session: requests.Session = field(default_factory=requests.Session)
    unreachable: set[str] = field(default_factory=set)


def fetch(
    register: Register,
    target: Path,
    from_dir: Path | None = None,
    only: Collection[str] | None = None,
) -> dict[str, How]:
    """Put the registered files under ``target``, each at its registered path.

    Args:
        register: the register of sources.
        target: folder to fill; created where absent.
        from_dir: take the files from this folder (by registered path, else by file name)
            instead of the network.
        only: ids of the files to fetch; all by default.

    Returns:
        By id, how the file came there: it was present, was copied or was downloaded.

    Raises:
        InputError: one problem for each file that could not be had. The others are in place.
    """
    sources = register.sources if only is None else [register[name] for name in only]
    network = _Network()
    network.session.max_redirects = 5
    done: dict[str, How] = {}
    problems = []
    for source in sources:
        try:
            done[source.id] = _fetch_one(source, target, from_dir, network)
        except _NotFetchedError as error:
            problems.append(_problem(source, str(error), from_dir))
    if problems:
        raise InputError(problems)
    return done


def _problem(source: Source, why: str, from_dir: Path | None) -> Problem:
    if from_dir is not None:
        fix = f"get it from {source.landing_page} and put it into that folder as {source.path}"
    else:
        fix = (
            "without a network take the files from a folder: ics-maturity fetch --from DIR, or "
            f"set {SOURCES_VARIABLE} to it; the publisher's page is {source.landing_page}"
        )
    return Problem(f"the registered file ({why})", file=source.path, fix=fix)


def _fetch_one(source: Source, target: Path, from_dir: Path | None, network: _Network) -> How:
    place = target / source.path
    if not fault(source, place):
        return "present"
    place.parent.mkdir(parents=True, exist_ok=True)
    if from_dir is not None:
        _copy(source, from_dir, place)
        return "copied"
    if not source.urls:
        raise _NotFetchedError("no address to download it from is known")
    reasons = []
    for url in source.urls:
        try:
            _download(source, url, place, network)
            return "downloaded"
        except _NotFetchedError as error:
            reasons.append(str(error))
    raise _NotFetchedError("; ".join(reasons))


def _copy(source: Source, from_dir: Path, place: Path) -> None:
    found = [from_dir / source.path, from_dir / Path(source.path).name]
    for path in found:
        if not fault(source, path):
            part = _part(place)
            shutil.copyfile(path, part)
            os.replace(part, place)
            return
    present = next((path for path in found if path.is_file()), found[0])
    raise _NotFetchedError(f"{fault(source, present)} in the folder given with --from")


def _part(place: Path) -> Path:
    return place.with_name(place.name + ".part")


def _download(source: Source, url: str, place: Path, network: _Network) -> None:
    host = urlsplit(url).netloc
    if host in network.unreachable:
        raise _NotFetchedError(f"no connection to {host}")
    part = _part(place)
    for attempt in range(1, ATTEMPTS + 1):
        continued = part.is_file() and part.stat().st_size > 0
        try:
            _transfer(source, url, part, network)
            if wrong := fault(source, part):
                part.unlink()
                if continued:  # the part may have come from elsewhere: once more from the start
                    continue
                raise _NotFetchedError(f"{url} gave another file: {wrong}")
            os.replace(part, place)
            return
        except requests.ConnectionError:
            network.unreachable.add(host)
            raise _NotFetchedError(f"no connection to {host}") from None
        except requests.RequestException as error:
            raise _NotFetchedError(f"{url} did not answer ({type(error).__name__})") from None
        except _BrokenError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE * attempt)
    raise _NotFetchedError(f"{url} gave another file")


def _transfer(source: Source, url: str, part: Path, network: _Network) -> None:
    """Append to ``part`` what is missing of the file at ``url``."""
    have = part.stat().st_size if part.is_file() else 0
    if have >= source.bytes:
        part.unlink()
        have = 0
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    with network.session.get(
        url, headers=headers, stream=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT)
    ) as response:
        if response.status_code not in (200, 206):
            if response.status_code == 416:
                part.unlink(missing_ok=True)
            raise _NotFetchedError(f"{url} answered {response.status_code} {response.reason}")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise _NotFetchedError(f"{response.url} is a web page, not the file")
        if response.status_code == 200:
            have = 0
        offered = have + int(response.headers.get("Content-Length", source.bytes - have))
        if offered != source.bytes and "Content-Encoding" not in response.headers:
            raise _NotFetchedError(
                f"{response.url} offers {offered:,} bytes instead of {source.bytes:,}"
            )
        _write(source, response, part, have)


def _write(source: Source, response: requests.Response, part: Path, have: int) -> None:
    bar = tqdm(
        total=source.bytes, initial=have, unit="B", unit_scale=True, desc=source.id, disable=None
    )
    with part.open("r+b" if have else "wb") as file, bar:
        file.seek(have)
        try:
            for block in response.iter_content(_BLOCK):
                have += len(block)
                if have > source.bytes:
                    file.truncate(0)
                    raise _NotFetchedError(
                        f"{response.url} gives more than the registered {source.bytes:,} bytes"
                    )
                file.write(block)
                bar.update(len(block))
        except requests.RequestException:
            raise _BrokenError(
                f"the connection broke at {have:,} of {source.bytes:,} bytes"
            ) from None
    if have < source.bytes:
        raise _BrokenError(f"{response.url} ended at {have:,} of {source.bytes:,} bytes")
