"""A profile.yaml that does not fit, leads out of its folder, or is made to do harm."""

from collections.abc import Callable
from pathlib import Path

from .case import PROFILE, Case, Make, Read, Refused

VALID = """\
label: Returns of our systems
banner: Restricted. Not for publication.
file_suffix: .own
returns:
  - {file: returns.csv, layout: template, round: 2023, source_id: ours_2023}
"""
ENTRY = "{file: returns.csv, layout: template, round: 2023, source_id: ours_2023}"
ALIASES = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nc: &c [*b, *b, *b, *b]\n"


def written(change: Callable[[str], str | bytes]) -> Make:
    def make(folder: Path) -> Path:
        content = change(VALID)
        path = folder / "profile.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def case(name: str, change: Callable[[str], str | bytes], outcome: Refused | Read) -> Case:
    return Case("profile.yaml", PROFILE, name, written(change), outcome)


def entry(name: str, old: str, new: str, expected: str, fix: str, key: str, value: str) -> Case:
    return case(
        name, lambda text: text.replace(old, new), Refused(expected, fix, column=key, value=value)
    )


def link_outside(folder: Path) -> Path:
    (folder / "returns.csv").symlink_to(folder.parent / "elsewhere.csv")
    return written(str)(folder)


FILE, ROUND = "returns.0.file", "returns.0.round"
CASES = [
    case("as it should be", str, Read()),
    case("CR LF at the ends of lines", lambda t: t.replace("\n", "\r\n"), Read()),
    case("unknown key", lambda t: t + "colour: red\n",
         Refused("one of the keys", "remove colour", column="colour")),
    entry("unknown key of a file", "round:", "year: 2023, round:", "one of the keys",
          "remove returns.0.year", "returns.0.year", ""),
    entry("misspelt key", "label:", "lable:", "the key label", "add label", "", ""),
    case("no files", lambda t: t.split("returns:")[0], Refused("the key returns", "add returns")),
    entry("empty list of files", f"\n  - {ENTRY}", " []", "at least 1 item", "correct", "returns",
          ""),
    entry("file that is a number", "file: returns.csv", "file: 7", "valid string", "correct", FILE,
          "7"),
    entry("empty file name", "file: returns.csv", "file: ''", "at least 1 character", "correct",
          FILE, ""),
    entry("round as text", "round: 2023", "round: '2023'", "a valid int", "correct", ROUND, "2023"),
    entry("round that never was", "round: 2023", "round: 1899", "greater than", "correct", ROUND,
          "1899"),
    entry("round with a fraction", "round: 2023", "round: 2023.5", "a valid int", "correct", ROUND,
          "2023.5"),
    entry("unknown layout", "layout: template", "layout: pickle", "'template'", "correct",
          "returns.0.layout", "pickle"),
    entry("unknown assessor", "round: 2023", "round: 2023, assessed_by: board", "'self' or",
          "correct", "returns.0.assessed_by", "board"),
    entry("path outside its folder", "returns.csv", "../../secret.csv", "a path inside its folder",
          "move the file", FILE, "../../secret.csv"),
    entry("absolute path", "returns.csv", "/etc/passwd", "a path inside its folder",
          "move the file", FILE, "/etc/passwd"),
    entry("path with a NUL", "returns.csv", '"a\\0b.csv"', "printable text",
          "correct", FILE, ""),
    case("reference folder outside", lambda t: t + "reference: ../../reference\n",
         Refused("a path inside its folder", "move the file", column="reference")),
    Case("profile.yaml", PROFILE, "link that leads outside", link_outside,
         Refused("a path inside its folder", "move the file", column=FILE)),
    entry("formula for a short name", "ours_2023", "'=1+1'", "pattern", "correct",
          "returns.0.source_id", "=1+1"),
    entry("path in the suffix", ".own", "/../x", "pattern", "correct", "file_suffix", "/../x"),
    entry("label of 100 letters", "Returns of our systems", "a" * 100, "at most 80", "correct",
          "label", "aaa"),
    entry("terminal colours in the label", "Returns of our systems", '"\\e[31m"', "printable",
          "correct", "label", "\\x1b"),
    entry("text turned round in the banner", "Restricted. Not for publication.", '"\\u202e"',
          "printable", "correct", "banner", "\\u202e"),
    case("repeated key", lambda t: t + "label: another\n",
         Refused("plain YAML", "correct the line", 6, value="label a second time")),
    case("aliases that multiply", lambda t: ALIASES + t,
         Refused("plain YAML", "correct the line", 2, value="alias")),
    case("object of Python", lambda t: t.replace(
        "label: Returns of our systems", "label: !!python/object/apply:os.system ['true']"),
        Refused("plain YAML", "correct the line", 1, value="tag")),
    case("tag of its own", lambda t: t.replace("label: Returns", "label: !secret Returns"),
         Refused("plain YAML", "correct the line", 1, value="tag")),
    case("key that is a list", lambda t: t + "? [a, b]\n: c\n", Refused("plain YAML", "correct")),
    case("brackets 5,000 deep", lambda t: t + "deep: " + "[" * 5000 + "]" * 5000 + "\n",
         Refused("keys nested a few levels deep", "write it out")),
    case("more than a megabyte", lambda t: t + "# " + "x" * 1_100_000,
         Refused("at most 1,000,000 bytes", "only the keys", value="1,100,")),
    case("UTF-16", lambda t: t.encode("utf-16"), Refused("text in UTF-8", "save it as UTF-8")),
    case("Latin-1", lambda t: t.replace("our", "ÖR").encode("latin-1"),
         Refused("text in UTF-8", "save it as UTF-8")),
    case("tabs for blanks", lambda t: t.replace("  -", "\t-"), Refused("plain YAML", "correct")),
    case("control character", lambda t: t + "\x07", Refused("plain YAML", "correct")),
    case("empty", lambda t: "", Refused("keys and values", "start from the example")),
    case("a list", lambda t: "- a\n", Refused("keys and values", "start from the example")),
    case("two documents", lambda t: t + "---\n" + t, Refused("plain YAML", "correct")),
    case("merge key", lambda t: t + "<<: {colour: red}\n",
         Refused("one of the keys", "remove", column="colour")),
]  # fmt: skip
