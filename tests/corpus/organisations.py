"""Returns of organisations that cannot be told, or are not what they say; read as a run would."""

from pathlib import Path

from return_files import template_rows, write_csv
from small_reference import write_reference

from .case import OWN, Case, Logged, Make, Read, Refused, Spoil, put

VALID = """\
label: Small returns
banner: ''
reference: reference
returns:
  - {{file: returns.csv, layout: template, round: 2023, source_id: ours_2023}}{more}
"""
AGAIN = "\n  - {file: returns.csv, layout: template, round: 2023, source_id: again}"


NO_SUCCESSOR = "2023,RDD,DELTA NHS TRUST,,1,none,2020-04-01,RDD,test,closed,test\n"


def own(*spoils: Spoil, more: str = "", succession: str = "") -> Make:
    """A folder of own returns: a template of two providers, and the reference tables."""

    def make(folder: Path) -> Path:
        grid = template_rows()
        for spoil in spoils:
            spoil(grid)
        reference = write_reference(folder / "reference")
        with (reference / "successions.csv").open("a", encoding="utf-8", newline="") as stream:
            stream.write(succession)
        write_csv(folder / "returns.csv", grid)
        path = folder / "profile.yaml"
        path.write_text(VALID.format(more=more), encoding="utf-8")
        return path

    return make


def whole(provider: int, **changed: str) -> Spoil:
    """Change the four rows of a provider (0 or 1)."""

    def spoil(grid: list[list[object]]) -> None:
        for row in range(1 + 4 * provider, 5 + 4 * provider):
            for heading, value in changed.items():
                put(row, heading, value)(grid)

    return spoil


def case(name: str, make: Make, outcome: Refused | Logged | Read) -> Case:
    return Case("organisations", OWN, name, make, outcome)


CASES = [
    case("as it should be", own(), Read()),
    case("unknown code", own(whole(0, provider_code="RZZ")),
         Logged("unknown_provider_code", "quarantined", "set aside")),
    case("unknown name, no code", own(whole(0, provider_code="", provider_name="OMEGA TRUST")),
         Logged("unknown_provider_name", "quarantined", "set aside")),
    case("name with a look-alike letter, no code",
         own(whole(0, provider_code="", provider_name="АLPHA NHS TRUST")),
         Logged("unknown_provider_name", "quarantined", "set aside")),
    case("name with a line left over, no code",
         own(whole(0, provider_code="", provider_name="ALPHA NHS TRUST (old)")),
         Logged("unknown_provider_name", "quarantined", "set aside")),
    case("name of markup, no code", own(whole(0, provider_code="", provider_name="<b>ALPHA</b>")),
         Logged("unknown_provider_name", "quarantined", "set aside")),
    case("code of the years before a merger", own(whole(0, provider_code="RCC")),
         Logged("code_name_disagreement", "warning", "as given")),
    case("code and name of two providers", own(whole(0, provider_name="BETA NHS TRUST")),
         Logged("code_name_disagreement", "warning", "as given")),
    case("provider renamed", own(whole(0, provider_name="OMEGA AND DELTA TRUST")),
         Logged("code_name_disagreement", "warning", "as given")),
    case("closed provider without successor", own(
        whole(0, provider_code="RDD", provider_name="DELTA NHS TRUST"), succession=NO_SUCCESSOR),
         Logged("no_provider_2025", "note", "as given")),
    case("system that the map does not give",
         own(lambda g: [row.append("QB2" if i else "ics_code") for i, row in enumerate(g)]),
         Logged("system_differs", "warning")),
    case("two spellings of one name, no codes", own(
        whole(0, provider_code=""), whole(1, provider_code="", provider_name="Alpha NHS-Trust")),
        Refused("each score once", "keep the return", value="Alpha NHS-Trust")),
    case("one file listed twice", own(more=AGAIN),
         Refused("each score in one file only", "list only one of the files")),
]  # fmt: skip
