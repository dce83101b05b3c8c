"""The gate of a release turns red wherever a name, a code or a place can hide."""

import base64
import json

import pytest

from ics_maturity.release.scan import Identifiers, leaks

WANTED = Identifiers.of(["St Elsewhere's NHS Trust"], ["RX9", "RAP"], ["/srv/project"])
OWN_WORDS = "A reproducible analytical pipeline (RAP) has levels."


def picture(words: str = "Score") -> bytes:
    """A drawn word, with what it says beside it, as figures are written."""
    return f'<svg><!-- {words} --><use xlink:href="#DejaVuSans-53"/></svg>'.encode()


def page(inside: str) -> bytes:
    return f"<html><body>{inside}</body></html>".encode()


def inline(image: bytes, kind: str = "image/svg+xml") -> bytes:
    return page(f'<img src="data:{kind};base64,{base64.b64encode(image).decode()}">')


HIDDEN = {
    "in a cell of a table": ("a.csv", b"provider,score\nRX9,2.1\n"),
    "as text": ("a.html", page("<p>St Elsewhere's NHS Trust scored</p>")),
    "in other case and spacing": ("a.html", page("<p>ST  ELSEWHERE'S\nNHS TRUST</p>")),
    "with HTML's escapes": ("a.html", page("<p>St Elsewhere&#x27;s NHS Trust</p>")),
    "escaped twice": ("a.html", page("<p>St Elsewhere&amp;#x27;s NHS Trust</p>")),
    "in a comment": ("a.html", page("<!-- RX9 -->")),
    "in an attribute": ("a.html", page('<p title="RX9">x</p>')),
    "in JSON": ("a.json", json.dumps({"RX9": 1}).encode()),
    "with JSON's escapes": ("a.json", b'{"x": "St Elsewhere\\u0027s NHS Trust"}'),
    "in a notebook's metadata": (
        "a.ipynb", json.dumps({"metadata": {"note": "RX9"}, "cells": []}).encode()
    ),
    "in a picture's words": ("a.html", inline(picture("RX9"))),
    "in a picture's words, escaped": ("a.html", inline(picture("St Elsewhere&#x27;s NHS Trust"))),
    "in a picture file": ("a.svg", picture("RX9")),
    "in a picture of pixels": ("a.html", inline(b"\x89PNG\r\n", "image/png")),
    "in a picture that is cut off": ("a.html", page('<img src="data:image/svg+xml;base64,PHN2Z">')),
    "in something else that is encoded": ("a.html", inline(b"RX9", "text/css;charset=utf-8")),
    "in a file's name": ("RX9.csv", b"x\n1\n"),
    "as the project's folder": ("a.html", page("<pre>/srv/project/data</pre>")),
    "as a home folder": ("a.json", b'{"file": "/home/somebody/returns.xlsx"}'),
    "as a folder of another system": ("a.html", page(r"C:\Users\me\returns.xlsx")),
    "as a word of ours, in a cell": ("a.csv", b"code,score\nRAP,2\n"),
    "as a word of ours, in a table": ("a.html", page("<table><tr><td>RAP</td></tr></table>")),
    "in a file that cannot be searched": ("a.bin", b"\xff\xfe\x00RX9"),
}  # fmt: skip


@pytest.mark.parametrize("where", HIDDEN)
def test_it_is_found(where: str) -> None:
    file, content = HIDDEN[where]
    found = leaks({file: content}, WANTED, OWN_WORDS)
    assert [leak.file for leak in found][:1] == [file]


def test_a_clean_release_has_no_leak() -> None:
    files = {
        "a.html": page("<p>RAP levels. RX90 and ARX9 are other words.</p>"),
        "b.html": inline(picture()),
        "a.csv": b"what,n\nall,204\n",
        "a.json": json.dumps([{"name": "mix.icc", "value": 0.1}]).encode(),
        "hash.json": b'{"sha256": "' + b"RX9a" * 16 + b'"}',
    }
    assert leaks(files, WANTED, OWN_WORDS) == []


def test_a_leak_says_where_it_is() -> None:
    (leak,) = leaks({"a.html": page("<p>The score of RX9 fell</p>")}, WANTED)
    assert str(leak).startswith("a.html: a provider's code in '")
    assert "The score of RX9 fell" in str(leak)
