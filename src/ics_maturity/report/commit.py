"""The commit that a report is labelled with: for people; what is current is decided by content."""

import subprocess
from pathlib import Path

UNCOMMITTED = "uncommitted"
# What a report's content rests on, besides the returns.
CODE_PATHS = ("src", "notebooks", "data/raw", "pyproject.toml", "uv.lock")


def commit(root: Path) -> str:
    """The last commit that touched code or data; "uncommitted" where they differ from it.

    A commit of anything else, such as a finished page, leaves the label as it is.
    """
    changed = _git(root, "status", "--porcelain", "--", *CODE_PATHS)
    last = _git(root, "log", "-1", "--format=%H", "--", *CODE_PATHS)
    return last if last and changed == "" else UNCOMMITTED


def _git(root: Path, *arguments: str) -> str | None:
    """Output of git in the project's folder; None where git, or a repository, is missing."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
