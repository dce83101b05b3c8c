"""Comparing wordings that went through several spreadsheets."""

import re
import unicodedata
from functools import lru_cache


@lru_cache(maxsize=10_000)  # files repeat their answers and headings
def wording_key(text: str) -> str:
    """The wording without what spreadsheets change on the way.

    Case, runs of blanks (no-break ones too), the stray letter that a no-break space leaves when
    UTF-8 is read as Latin-1, and a full stop at the end do not count.
    """
    text = unicodedata.normalize("NFKC", text.replace("\u00c2\u00a0", " "))
    return " ".join(text.casefold().split()).rstrip(" .")


def same_wording(first: str, second: str) -> bool:
    """Whether two questions have the same words, punctuation and case aside."""
    return _words(first) == _words(second)


def _words(text: str) -> list[str]:
    without_apostrophes = re.sub(r"['’‘`]", "", wording_key(text))
    return re.findall(r"[^\W_]+", without_apostrophes)
