"""Before a commit: refuse own returns, and anything that names who is in them.

Used by ``tools/hooks/pre-commit`` (``git config core.hooksPath tools/hooks``). Looks at what is
staged: places that hold own data, notebooks executed on anything but the demo returns, and, where
own returns have been processed here, the names and codes of their organisations.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLOSED = ("data/raw/own/", "data/processed/", "reports/own")
OPEN_IN_THEM = {"data/raw/own/README.md", "data/processed/README.md"}
# Names and codes of these are public or invented, and stand in the repository's own tables.
KNOWN = ("data/raw/", "src/", "tests/")


def faults(staged: dict[str, bytes], root: Path = ROOT) -> list[str]:
    """What must not be committed, one sentence each.

    Args:
        staged: content by path from the root, as it would be committed.
        root: the project's folder, where own returns may have been processed.
    """
    found = [
        f"{path} holds own data; it stays on this computer"
        for path in sorted(staged)
        if path.startswith(CLOSED) and path not in OPEN_IN_THEM
    ]
    for path, content in sorted(staged.items()):
        if path.endswith(".ipynb"):
            found += [f"{path}: {fault}" for fault in _notebook_faults(content)]
    return found + _named(staged, root)


def _notebook_faults(content: bytes) -> list[str]:
    cells = json.loads(content)["cells"]
    tags = [tag for cell in cells for tag in cell["metadata"].get("tags", [])]
    given = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    found = []
    if "injected-parameters" in tags:
        found.append("it was executed with parameters; commit the notebook as written")
    if any('profile = "demo"' not in "".join(cell["source"]).replace("'", '"') for cell in given):
        found.append("its profile is not demo, so its outputs may be of own returns")
    return found


def _named(staged: dict[str, bytes], root: Path) -> list[str]:
    """Organisations of processed own returns in staged files; names that are public apart."""
    if not (root / "data/processed/own/returns.csv").is_file():
        return []
    from ics_maturity.profiles import load_profile
    from ics_maturity.release.build import identifiers
    from ics_maturity.release.scan import leaks

    public = "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((root / "data/raw").glob("*/*/*.csv"))
        if "own" not in path.relative_to(root).parts
    )  # fmt: skip
    wanted = identifiers(load_profile("own", root), root).without(public)
    text = {path: body for path, body in staged.items() if not path.startswith(KNOWN)}
    return [f"{leak}" for leak in leaks(text, wanted)]


def _staged() -> dict[str, bytes]:
    def git(*arguments: str) -> bytes:
        return subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, check=True
        ).stdout

    names = git("diff", "--cached", "--name-only", "--diff-filter=ACMR", "-z").decode().split("\0")
    return {name: git("show", f":{name}") for name in names if name}


if __name__ == "__main__":
    wrong = faults(_staged())
    print(*wrong, sep="\n", file=sys.stderr)
    sys.exit(1 if wrong else 0)
