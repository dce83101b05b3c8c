"""What reaches a terminal: text to be read, and nothing for the terminal to obey."""

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from corpus.case import put, spoilt
from ics_maturity import cli
from ics_maturity.errors import on_terminal
from ics_maturity.report.plan import STEPS
from ics_maturity.report.progress import Progress
from small_project import ROOT, SmallProject

# Colours, a new title, the clipboard, the cursor sent home, a line written over, text turned
# round, a bell, C1 control characters, a line separator: each is followed by "evil".
EVIL = (
    "A\x1b[31mevil\x1b]0;evil\x07\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[H\revil\x08\u202eevil"
    "\x9b1mevil\u2028"
)


def is_harmless(said: str) -> bool:
    return all(c.isprintable() or c in "\n\t" for c in said)


def call(*arguments: str) -> int:
    try:
        return cli.main(arguments)
    except SystemExit as error:
        return int(error.code or 0)


def own_returns(folder: Path, text: str, **changed: object) -> None:
    """A folder of own returns with the text in a file, or in the description of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    path = spoilt("template", put(1, "provider_name", text), put(2, "score", text),
                  put(3, "construct", text), put(4, "provider_code", text))(folder)  # fmt: skip
    shutil.copytree(ROOT / "data/raw/demo/reference", folder / "reference")
    described = {"label": "Own", "banner": "Own", "reference": "reference", "returns": [
        {"file": path.name, "layout": "template", "round": 2025, "source_id": "own"}]}  # fmt: skip
    (folder / "profile.yaml").write_text(yaml.safe_dump(described | changed), encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallProject:
    monkeypatch.setenv("ICS_MATURITY_ROOT", str(tmp_path))
    monkeypatch.delenv("ICS_MATURITY_SOURCES", raising=False)
    monkeypatch.chdir(tmp_path)
    return SmallProject.make(tmp_path, STEPS[:1])


def checked(project: SmallProject) -> list[str]:
    own_returns(project.root / "own", EVIL.replace("\r", ""))  # an unquoted one ends a row
    return ["check", "own"]


def described(project: SmallProject) -> list[str]:
    own_returns(project.root / "own", "A", label=EVIL, **{EVIL: 1})
    return ["check", "own"]


def raised_in_a_notebook(project: SmallProject) -> list[str]:
    project.write_notebook(STEPS[0].slug, before=f"raise ValueError({EVIL!r})")
    return ["run"]


def printed_in_a_notebook(project: SmallProject) -> list[str]:
    project.write_notebook(STEPS[0].slug, before=f"print({EVIL!r}); raise KeyError({EVIL!r})")
    return ["run", "--kernel", "ordinary"]


def titled(project: SmallProject) -> list[str]:
    project.write_notebook(STEPS[0].slug, words=EVIL.replace("\u2028", "").replace("\r", ""))
    return ["list"]


COMMANDS: list[Callable[[SmallProject], list[str]]] = [
    checked, described, raised_in_a_notebook, printed_in_a_notebook, titled,
    lambda project: ["run", "-P", f"{EVIL}=1"],
    lambda project: ["run", "-P", f"seed={EVIL}", "--why"],
    lambda project: ["run", "--data", EVIL],
    lambda project: ["run", "--only", EVIL],
    lambda project: ["run", EVIL],
    lambda project: ["verify", EVIL.replace("\0", "")],
    lambda project: ["template", "--out", f"{EVIL}.csv"],
    lambda project: [EVIL],
]  # fmt: skip


@pytest.mark.parametrize("prepare", COMMANDS)
def test_a_command_prints_nothing_to_obey(
    prepare: Callable[[SmallProject], list[str]],
    project: SmallProject,
    capfd: pytest.CaptureFixture[str],
) -> None:
    call(*prepare(project))
    said = "".join(capfd.readouterr())
    assert "evil" in said or "ZXZpbA" in said, "nothing was repeated, so nothing was tried"
    assert is_harmless(said), said.encode("unicode_escape")


def test_progress_prints_nothing_to_obey() -> None:
    said = io.StringIO()
    progress = Progress([EVIL], stream=said)
    progress.start(EVIL)
    progress.tell(f"{EVIL}: input {EVIL} has changed")
    progress.finish(EVIL, failed=True)
    assert said.getvalue().count("evil") > 10
    assert is_harmless(said.getvalue())


def test_the_bars_of_a_terminal_repeat_nothing_to_obey() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    said = Terminal()
    progress = Progress(["page"], stream=said)
    progress.start("page")
    progress.cell(EVIL, 1, 2)
    progress.close()
    assert "evil" in said.getvalue()
    assert "\x1b[31m" not in said.getvalue()
    assert "\x07" not in said.getvalue()
    assert "\u202e" not in said.getvalue()


def test_lines_and_words_stay() -> None:
    told = "file é.csv, row 2: found 'ʻŌ 漢'; expected 1.\n\tFix: so."
    assert on_terminal(told) == told
    assert on_terminal("a\x1b[0m\rb") == "a\\x1b[0m\\rb"
    assert is_harmless(on_terminal("".join(map(chr, range(0xD800))))), sys.version
