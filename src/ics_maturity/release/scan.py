"""The last gate: a search of every byte of a release for what must not be in it.

Searched for: names and codes of providers, and places of files on this computer. Searched in: text
files as they are and with their escapes undone, and pictures inside them, which are text too and
name what their letters say. What is no text cannot be searched and is refused.
"""

import html
import json
import re
from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ENCODED = re.compile(r"data:[^\s,\"']*;base64,([A-Za-z0-9+/=]+)")
_PATHS = re.compile(r"(?:/home/|/Users/|/root/|[A-Za-z]:\\Users\\|file://)[^\s\"'<]*")
_DIGEST = re.compile(r"\b[0-9a-f]{40,64}\b")
_SHORTEST = 3
_SHOWN_AROUND = 30


@dataclass(frozen=True)
class Leak:
    """What was found, and in which file of the release."""

    file: str
    what: str
    around: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what} in '{self.around}'"


@dataclass(frozen=True)
class Identifiers:
    """What must not leave: names, codes and places.

    ``names`` are compared without regard to case and spacing, ``codes`` exactly; both as whole
    words. ``places`` are paths, found anywhere.
    """

    names: frozenset[str]
    codes: frozenset[str]
    places: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[str], codes: Iterable[str], places: Iterable[str]) -> "Identifiers":
        """Those long enough to mean anything, names with spacing and case evened out."""
        return cls(
            frozenset(n for n in map(_even, names) if len(n) >= _SHORTEST),
            frozenset(c.strip() for c in codes if len(c.strip()) >= _SHORTEST),
            frozenset(p for p in places if len(p) >= _SHORTEST),
        )

    def without(self, own_words: str) -> "Identifiers":
        """Those that are no words of the workbook itself, where they would be found always.

        ``own_words`` is text that holds no data: sources of notebooks, templates. A code that
        is also a word there (RAP, REM) is still looked for in tables; see :func:`leaks`.
        """
        said = _even(own_words)
        return Identifiers(
            self.names - _found(self.names, said),
            self.codes - _found(self.codes, own_words),
            self.places,
        )


def leaks(files: Mapping[str, bytes], identifiers: Identifiers, own_words: str = "") -> list[Leak]:
    """Everything in the files that must not leave, by file.

    Args:
        files: by relative path, the content to be released.
        identifiers: what to look for.
        own_words: text of the workbook itself; identifiers that are words of it are looked for
            only where data stand by themselves: cells of tables and values in JSON.
    """
    anywhere = identifiers.without(own_words)
    only_cells = (identifiers.names - anywhere.names) | {
        _even(code) for code in identifiers.codes - anywhere.codes
    }
    found: list[Leak] = []
    for file, content in sorted(files.items()):
        try:
            text = content.decode("utf-8")
            inside = [b64decode(encoded).decode("utf-8") for encoded in _ENCODED.findall(text)]
        except ValueError:
            found.append(Leak(file, "content that cannot be searched", repr(content[:20])))
            continue
        plain = _ENCODED.sub("", text)
        found += _search(file, "\n".join([file, plain, *inside]), anywhere)
        found += [
            Leak(file, "a provider", cell)
            for cell in _cells(file, plain)
            if _even(cell) in only_cells
        ]
    return list(dict.fromkeys(found))


def _search(file: str, text: str, wanted: Identifiers) -> list[Leak]:
    found = []
    for face in {text, html.unescape(html.unescape(text)), _unescaped(text)}:
        bare = _DIGEST.sub("", face)
        even = _even(bare)
        for what, words, where in (
            ("a provider's name", wanted.names, even),
            ("a provider's code", wanted.codes, bare),
        ):
            found += [
                Leak(file, what, _around(where, word)) for word in sorted(_found(words, where))
            ]
        places = {match[0] for match in _PATHS.finditer(bare)}
        places |= {place for place in wanted.places if place in bare}
        found += [Leak(file, "a place on this computer", place) for place in sorted(places)]
    return found


def _found(words: Iterable[str], text: str) -> set[str]:
    """Those of the words that stand in the text as whole words."""
    # Looking for each as it is, and for its edges only where it is there, is far quicker than
    # one pattern of hundreds of names.
    return {word for word in words if word in text and re.search(_word(word), text)}


def _word(text: str) -> str:
    return rf"(?<!\w){re.escape(text)}(?!\w)"


def _even(text: str) -> str:
    """Lower case, one space between words."""
    return " ".join(text.split()).casefold()


def _unescaped(text: str) -> str:
    """Text with JSON's escapes undone."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text).replace('\\"', '"')


def _around(text: str, word: str) -> str:
    match = re.search(_word(word), text)
    start = match.start() if match else 0
    shown = text[max(0, start - _SHOWN_AROUND) : start + len(word) + _SHOWN_AROUND]
    return " ".join(shown.split())


def _cells(file: str, text: str) -> list[str]:
    """Texts that stand by themselves: cells of tables, values of JSON."""
    if file.endswith(".csv"):
        return [cell.strip("'") for line in text.splitlines() for cell in re.split('[,"]', line)]
    if file.endswith(".json"):
        return _values(json.loads(text))
    return [html.unescape(cell) for cell in re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", text)]


def _values(data: object) -> list[str]:
    if isinstance(data, str):
        return [data]
    if isinstance(data, Mapping):
        data = [*data, *data.values()]
    return [text for item in data for text in _values(item)] if isinstance(data, list) else []
