"""The register of official files, and fetching them from a server that misbehaves."""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ics_maturity import fetch as fetching
from ics_maturity.errors import InputError
from ics_maturity.fetch import fetch
from ics_maturity.sources import (
    Register,
    Source,
    fault,
    load_register,
    sources_folder,
    verify,
)

CONTENT = bytes(range(256)) * 800  # 204,800 bytes
CUT = 70_000


class Handler(BaseHTTPRequestHandler):
    """Serves CONTENT in the way the address says; notes the ranges it was asked for."""

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        getattr(self, "get_" + self.path.strip("/").split(".")[0], self.get_missing)()

    def answer(self, status: int, body: bytes, *, length: int | None = None, **more: str) -> None:
        self.send_response(status)
        kind = more.pop("kind", "application/octet-stream")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in more.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def get_missing(self) -> None:
        self.answer(404, b"gone", kind="text/plain")

    def get_good(self) -> None:
        start = 0
        if asked := self.headers.get("Range"):
            self.server.ranges.append(asked)  # type: ignore[attr-defined]
            start = int(asked.removeprefix("bytes=").rstrip("-"))
        self.answer(206 if start else 200, CONTENT[start:])

    def get_unranged(self) -> None:
        self.answer(200, CONTENT)

    def get_wrong(self) -> None:
        self.answer(200, CONTENT[::-1])

    def get_short(self) -> None:
        self.answer(200, CONTENT[:1000])

    def get_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        self.wfile.write(CONTENT + CONTENT)

    def get_cut(self) -> None:
        if self.headers.get("Range"):
            self.get_good()
            return
        self.answer(200, CONTENT[:CUT], length=len(CONTENT))
        self.close_connection = True

    def get_alwayscut(self) -> None:
        self.answer(200, CONTENT[:CUT], length=len(CONTENT))
        self.close_connection = True

    def get_moved(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/page.html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def get_page(self) -> None:
        self.answer(200, b"<!doctype html><title>Sign in</title>", kind="text/html; charset=utf-8")


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def url(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> str:
    server.ranges = []  # type: ignore[attr-defined]
    monkeypatch.setattr(fetching, "PAUSE", 0.01)
    for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return f"http://127.0.0.1:{server.server_address[1]}/"


def source(*urls: str, name: str = "first", content: bytes = CONTENT) -> Source:
    return Source(
        id=name,
        title="A file",
        publisher="A publisher",
        landing_page="https://example.org/page",
        licence="Open",
        urls=list(urls),
        path=f"rounds/{name}.bin",
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        citation="A citation",
    )


def register(*sources: Source) -> Register:
    return Register(sources=list(sources))


def test_right_file_is_downloaded_and_verified(url: str, tmp_path: Path) -> None:
    assert fetch(register(source(url + "good")), tmp_path) == {"first": "downloaded"}
    assert (tmp_path / "rounds/first.bin").read_bytes() == CONTENT
    assert [p.name for p in (tmp_path / "rounds").iterdir()] == ["first.bin"]
    assert fetch(register(source("https://127.0.0.1:1/x")), tmp_path) == {"first": "present"}


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("wrong", "sha256"),
        ("short", "1,000 bytes instead of 204,800"),
        ("endless", "more than the registered 204,800 bytes"),
        ("missing", "404"),
        ("moved", "page.html is a web page"),
        ("alwayscut", "ended at|broke at"),
    ],
)
def test_anything_else_is_refused_and_a_good_file_kept(
    address: str, why: str, url: str, tmp_path: Path
) -> None:
    bad = source(url + address)
    with pytest.raises(InputError) as caught:
        fetch(register(bad), tmp_path)
    assert re.search(why, str(caught.value))
    assert "rounds/first.bin" in str(caught.value)
    assert "--from DIR" in str(caught.value)
    assert not (tmp_path / "rounds/first.bin").exists()

    (tmp_path / "rounds/first.bin").write_bytes(CONTENT)
    assert fetch(register(bad), tmp_path) == {"first": "present"}
    assert not fault(bad, tmp_path / "rounds/first.bin")


def test_file_that_is_not_the_registered_one_stays_until_the_right_one_is_here(
    url: str, tmp_path: Path
) -> None:
    place = tmp_path / "rounds/first.bin"
    place.parent.mkdir()
    place.write_bytes(b"an older version")
    with pytest.raises(InputError):
        fetch(register(source(url + "wrong")), tmp_path)
    assert place.read_bytes() == b"an older version"
    fetch(register(source(url + "good")), tmp_path)
    assert place.read_bytes() == CONTENT


def test_cut_connection_is_continued(url: str, server: ThreadingHTTPServer, tmp_path: Path) -> None:
    assert fetch(register(source(url + "cut")), tmp_path) == {"first": "downloaded"}
    (asked,) = server.ranges  # type: ignore[attr-defined]
    assert 0 < int(asked.removeprefix("bytes=").rstrip("-")) <= CUT


def test_partial_file_of_an_earlier_command_is_continued(
    url: str, server: ThreadingHTTPServer, tmp_path: Path
) -> None:
    with pytest.raises(InputError):
        fetch(register(source(url + "alwayscut")), tmp_path)
    kept = (tmp_path / "rounds/first.bin.part").stat().st_size
    assert 0 < kept <= CUT
    fetch(register(source(url + "good")), tmp_path)
    assert server.ranges == [f"bytes={kept}-"]  # type: ignore[attr-defined]
    assert (tmp_path / "rounds/first.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("address", ["good", "unranged"])
def test_partial_file_of_something_else_is_thrown_away(
    address: str, url: str, tmp_path: Path
) -> None:
    part = tmp_path / "rounds/first.bin.part"
    part.parent.mkdir()
    part.write_bytes(b"x" * 5000)
    assert fetch(register(source(url + address)), tmp_path) == {"first": "downloaded"}
    assert (tmp_path / "rounds/first.bin").read_bytes() == CONTENT
    assert not part.exists()


def test_next_address_is_tried(url: str, tmp_path: Path) -> None:
    both = source(url + "missing", url + "wrong", url + "good")
    assert fetch(register(both), tmp_path) == {"first": "downloaded"}


def test_one_bad_file_does_not_stop_the_others(url: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        fetch(
            register(source(url + "missing"), source(url + "good", name="second")),
            tmp_path,
        )
    assert len(caught.value.problems) == 1
    assert (tmp_path / "rounds/second.bin").read_bytes() == CONTENT


def test_no_network_fails_in_seconds_and_says_what_to_do(url: str, tmp_path: Path) -> None:
    many = [source("http://127.0.0.1:9/x", name=f"file{i}") for i in range(20)]
    start = time.monotonic()
    with pytest.raises(InputError) as caught:
        fetch(register(*many), tmp_path)
    assert time.monotonic() - start < 5
    assert "no connection to 127.0.0.1:9" in str(caught.value)
    assert "ICS_MATURITY_SOURCES" in str(caught.value)
    assert len(caught.value.problems) == 20


def test_file_without_address_names_its_page(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"https://example\.org/page"):
        fetch(register(source()), tmp_path)


@pytest.mark.parametrize("name", ["rounds/first.bin", "first.bin"])
def test_from_a_folder(name: str, tmp_path: Path) -> None:
    (tmp_path / "from" / name).parent.mkdir(parents=True)
    (tmp_path / "from" / name).write_bytes(CONTENT)
    one = register(source("https://127.0.0.1:1/x"))
    assert fetch(one, tmp_path / "to", from_dir=tmp_path / "from") == {"first": "copied"}
    assert (tmp_path / "to/rounds/first.bin").read_bytes() == CONTENT


def test_wrong_or_absent_file_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    one = register(source("https://127.0.0.1:1/x"))
    with pytest.raises(InputError, match="no such file in the folder"):
        fetch(one, tmp_path / "to", from_dir=tmp_path / "from")
    (tmp_path / "from/first.bin").write_bytes(CONTENT[::-1])
    with pytest.raises(InputError, match="sha256"):
        fetch(one, tmp_path / "to", from_dir=tmp_path / "from")
    assert not list((tmp_path / "to/rounds").iterdir())


def test_only_some_files(url: str, tmp_path: Path) -> None:
    two = register(source(url + "missing"), source(url + "good", name="second"))
    assert fetch(two, tmp_path, only=["second"]) == {"second": "downloaded"}
    with pytest.raises(InputError, match="one of first, second"):
        fetch(two, tmp_path, only=["third"])


def test_verify_names_every_fault(tmp_path: Path) -> None:
    (tmp_path / "rounds").mkdir()
    (tmp_path / "rounds/first.bin").write_bytes(b"other")
    with pytest.raises(InputError) as caught:
        verify([source(), source(name="second")], tmp_path)
    assert [p.expected for p in caught.value.problems] == [
        "the registered file (5 bytes instead of 204,800)",
        "the registered file (no such file)",
    ]
    (tmp_path / "rounds/first.bin").write_bytes(CONTENT)
    verify([source()], tmp_path)


def test_variable_names_the_folder_of_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ICS_MATURITY_SOURCES", raising=False)
    assert sources_folder(tmp_path) == tmp_path / "data/raw/open"
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(tmp_path))
    assert sources_folder(tmp_path / "elsewhere") == tmp_path
    monkeypatch.setenv("ICS_MATURITY_SOURCES", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="ICS_MATURITY_SOURCES"):
        sources_folder(tmp_path)


# The committed register

REGISTER_HEAD = "sources:\n"
ENTRY = """\
  - id: one
    title: A
    publisher: B
    landing_page: https://example.org
    licence: C
    path: rounds/one.csv
    sha256: {sha}
    bytes: 3
    citation: D
"""


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "data/raw").mkdir(parents=True)
    (tmp_path / "data/raw/sources.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_committed_register_fits_and_covers_the_rounds(root: Path) -> None:
    loaded = load_register(root)
    assert {s.layout for s in loaded.returns} == {
        "dma_2016_answers",
        "dma_2016_published_scores",
        "dma_2017_scores",
        "question_key",
        "dma_workbook",
    }
    pinned = [u for s in loaded.sources for u in s.urls if "githubusercontent" in u]
    assert pinned
    assert all(re.search(r"/[0-9a-f]{40}/", u) for u in pinned)
    assert all(s.urls for s in loaded.returns)


@pytest.mark.sources
def test_committed_register_describes_the_files(root: Path, sources_dir: Path) -> None:
    verify(load_register(root).sources, sources_dir)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("sha256: " + "a" * 64, "sha256: abc"), "sources.0.sha256"),
        (("bytes: 3", "bytes: '3'"), "valid integer"),
        (("bytes: 3", "bytes: 0"), "greater than 0"),
        (("path: rounds/one.csv", "path: ../one.csv"), "inside the sources folder"),
        (("path: rounds/one.csv", "path: /etc/passwd"), "inside the sources folder"),
        (("title: A", "titel: A"), "key sources.0.title"),
        (("citation: D", "citation: D\n    layout: dma_2018"), "dma_2016_answers"),
        (("citation: D", "citation: D\n    round: 2018"), "2016, 2017"),
        (("citation: D", "citation: D\n    urls: ['http://example.org/x']"), "https://"),
        (("citation: D", "citation: D\n    title: E"), "title a second time"),
        (("title: A", "title: &x A\n    notes: *x"), "an alias"),
        (("title: A", "title: !!python/name:os.system A"), "plain YAML"),
        (("title: A", "title: ["), "row"),
    ],
)
def test_register_that_does_not_fit_is_refused(
    change: tuple[str, str], why: str, tmp_path: Path
) -> None:
    good = REGISTER_HEAD + ENTRY.format(sha="a" * 64)
    assert load_register(written(tmp_path, good)).sources[0].id == "one"
    (tmp_path / "data/raw/sources.yaml").write_text(good.replace(*change), encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(why)) as caught:
        load_register(tmp_path)
    assert "data/raw/sources.yaml" in str(caught.value)


def test_register_with_one_id_twice_is_refused(tmp_path: Path) -> None:
    text = REGISTER_HEAD + ENTRY.format(sha="a" * 64) + ENTRY.format(sha="b" * 64)
    with pytest.raises(InputError, match="twice: one"):
        load_register(written(tmp_path, text))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 1_000_001, b"", b"- 1\n", b"[" * 5000])
def test_register_that_is_no_register_is_refused(content: bytes, tmp_path: Path) -> None:
    root = written(tmp_path, "")
    (root / "data/raw/sources.yaml").write_bytes(content)
    with pytest.raises(InputError, match=r"data/raw/sources\.yaml"):
        load_register(root)
