"""Read a folder of own returns as a run would, and tell what was found."""

from dataclasses import replace
from pathlib import Path

from ics_maturity.clean import Cleaned, clean
from ics_maturity.errors import InputError, Problem
from ics_maturity.profiles import Profile, load_folder


def check_returns(folder: Path) -> str:
    """A short account of the returns in the folder: rows by file, notes by kind.

    Raises:
        InputError: everything that would stop a run, over all files.
    """
    profile = load_folder(folder, "own")
    try:
        return _account(clean(profile))
    except InputError as first:
        raise InputError(_over_all_files(profile) or first.problems) from None


def _over_all_files(profile: Profile) -> list[Problem]:
    """The problems of every file; a run stops at the first file that has any."""
    problems: list[Problem] = []
    for file in profile.returns:
        try:
            clean(replace(profile, returns=[file]))
        except InputError as error:
            problems += [found for found in error.problems if found not in problems]
    return problems


def _account(cleaned: Cleaned) -> str:
    lines = [
        f"{row.file}: {row.score_rows} scores, {row.item_rows} answers"
        for row in cleaned.files.itertuples()
    ]
    log = cleaned.log.frame()
    lines.append(f"No problem would stop a run. {len(log)} entries in the quality log:")
    counted = log.groupby(["severity", "kind"]).size()
    lines += [f"  {severity} {kind}: {n}" for (severity, kind), n in counted.items()]
    return "\n".join(lines)
