"""Pages in a real browser: axe-core finds no fault, nothing is asked for, nothing runs.

Needs Chromium (``apt-get install chromium``) and the packages of package.json
(``npm ci --prefix tests/pages``); skips with a reason where they are absent.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from sample import context, sample
from test_export import HOSTILE, index_context

from ics_maturity.report import directory, index
from ics_maturity.report.context import Batch, PageLink, SystemPage
from ics_maturity.report.html import LARGEST_PAGE, export
from needs import unavailable

HERE = Path(__file__).parent
SHEETS_OF_THE_BRIEF = 2
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

BATCH = Batch(
    PageLink("08", "08_profile_ics", "Profiles", "profiles/index.html"),
    tuple(
        SystemPage(PageLink("08", code, name, f"profiles/{code}.demo.html"), f"profiles/{code}",
                   code, f"{name} Board", name, region, providers)
        for code, name, region, providers in (
            ("QA1", "Ay", "East", 3), ("QB2", "Bee & Co", "", 1),
        )
    ),
)  # fmt: skip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser to test in, once everything else that is needed is there too."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        unavailable("browser", "no Chromium: apt-get install chromium")
    if shutil.which("node") is None:
        unavailable("browser", "no Node.js: apt-get install nodejs npm")
    if not (HERE / "node_modules/axe-core").is_dir():
        unavailable("browser", "no axe-core: npm ci --prefix tests/pages")
    return found


def check(chromium: str, *pages: Path) -> dict[tuple[str, str], dict]:
    """What check.mjs reports, by file name and colour scheme."""
    done = subprocess.run(
        ["node", "check.mjs", chromium, *map(str, pages)],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60 + 30 * len(pages),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {(Path(r["page"]).name, r["colorScheme"]): r for r in json.loads(done.stdout)}


def faults(report: dict) -> list[str]:
    """Everything a page must not have, in words."""
    own = f"file://{report['page']}"
    found = [f"{v['id']} ({v['impact']}): {v['nodes']}" for v in report["violations"]]
    found += [f"asks for {url}" for url in report["requests"] if url != own]
    found += [f"console: {error}" for error in report["errors"]]
    found += ["a script ran"] * (report["hit"] is not None)
    found += ["a script would run without the policy"] * (report["hitWithoutPolicy"] is not None)
    found += [f"{report['overflow']} pixels too wide"] * (report["overflow"] > 0)
    return found


@pytest.fixture(scope="module")
def reports(tmp_path_factory, chromium) -> dict[tuple[str, str], dict]:
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        ordinary = sample(folder / "a", patch)
        hostile = sample(folder / "b", patch, HOSTILE)
    payload = HOSTILE[2]
    pages = {
        "ordinary.html": export(ordinary, context()),
        "hostile.html": export(hostile, context(label=payload, banner=payload)),
        "index.html": index.render(index_context()),
        "bad.html": (HERE / "bad.html").read_text(encoding="utf-8"),
    }
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return check(chromium, *(folder / name for name in pages))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["ordinary.html", "hostile.html", "index.html"])
def test_a_page_has_no_fault(reports, page, scheme):
    report = reports[page, scheme]
    assert faults(report) == []
    assert report["passes"] >= (30 if scheme == "light" else 1)
    assert report["printed"] >= 2


def test_the_gate_turns_red(reports):
    report = reports["bad.html", "light"]
    ids = {violation["id"] for violation in report["violations"]}
    assert {
        "html-has-lang",
        "document-title",
        "color-contrast",
        "image-alt",
        "heading-order",
    } <= ids
    found = " ".join(faults(report))
    assert "asks for http://127.0.0.1:9/elsewhere.png" in found
    assert "a script ran" in found
    assert "pixels too wide" in found


def _pages_to_open(report: Path) -> list[Path]:
    """Every page, but of the pages of systems, which are all alike, the smallest, a middle and the
    largest one."""
    profiles = sorted(report.glob("profiles/*.html"), key=lambda page: page.stat().st_size)
    systems = [page for page in profiles if page.name != "index.html"]
    sample = {systems[i] for i in (0, len(systems) // 2, -1)} if systems else set()
    return sorted(sample | set(report.rglob("*.html")) - set(systems))


def test_the_directory_of_systems_has_no_fault_and_its_search_works(chromium, tmp_path):
    page = tmp_path / "index.html"
    page.write_text(directory.render(index_context(), BATCH), encoding="utf-8")
    for report in check(chromium, page).values():
        assert faults(report) == []
    done = subprocess.run(
        ["node", "search.mjs", chromium, str(page), "bee", "EAST ay", "nowhere", ""],
        cwd=HERE, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["withoutProgram"] == {"field": False, "shown": ["Ay", "Bee & Co"]}
    assert found["searches"] == [
        {"shown": ["Bee & Co"], "regions": 1, "said": "1 system found"},
        {"shown": ["Ay"], "regions": 1, "said": "1 system found"},
        {"shown": [], "regions": 0, "said": "0 systems found"},
        {"shown": ["Ay", "Bee & Co"], "regions": 2, "said": ""},
    ]


@pytest.mark.slow
@pytest.mark.parametrize("profile", ["demo", "open"])
def test_every_page_of_a_finished_report(root, chromium, profile):
    pages = _pages_to_open(root / "reports" / profile)
    if not (root / "reports" / profile / "index.html").is_file():
        pytest.skip(f"no finished report: ics-maturity run --data {profile}")
    reports = check(chromium, *pages)
    found = {name: faults(report) for name, report in reports.items()}
    found |= {
        (name, "print"): [f"{report['printed']} sheets"]
        for (name, _), report in reports.items()
        if "_brief" in name and report["printed"] > SHEETS_OF_THE_BRIEF
    }
    found |= {
        (page.name, "bytes"): [f"{page.stat().st_size} bytes"]
        for page in pages
        if page.stat().st_size > LARGEST_PAGE
    }
    assert {name: listed for name, listed in found.items() if listed} == {}
