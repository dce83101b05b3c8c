"""What is done often starts without the heavy packages."""

import json
import os
import subprocess
import sys
from pathlib import Path

from small_project import SmallProject

HEAVY = ("IPython", "matplotlib", "nbconvert", "nbformat", "numpy", "pandas", "papermill", "zmq")
LOADED = "import json, sys; print(json.dumps(sorted(m for m in sys.modules if '.' not in m)))"


def loaded(code: str, root: Path) -> set[str]:
    """Names of the packages that the code has imported in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{LOADED}", str(root)],
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "ICS_MATURITY_ROOT": str(root),
        },
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_help_and_an_unchanged_rerun_import_nothing_heavy(tmp_path: Path) -> None:
    project = SmallProject.make(tmp_path)
    for path in project.root.glob("notebooks/0[234]*"):
        path.unlink()
    help_ = "from ics_maturity.cli import main\ntry: main(['run', '--help'])\nexcept SystemExit: 0"
    assert not loaded(help_, tmp_path) & {*HEAVY, "pydantic", "yaml", "doit"}
    run = (
        "import sys\nfrom pathlib import Path\n"
        "from ics_maturity.report.plan import Step\nfrom ics_maturity.report.run import run\n"
        "steps = [Step('01_first', inputs=('raw',), outputs=('cleaned',))]\n"
        "run('demo', root=Path(sys.argv[1]), steps=steps)"
    )
    assert loaded(run, tmp_path) >= {"papermill", "nbconvert"}  # there was something to do
    assert not loaded(run, tmp_path) & set(HEAVY)
    rerun = "from ics_maturity.cli import main\nassert main(['run', '--data', 'demo']) == 0"
    assert not loaded(rerun, tmp_path) & {*HEAVY, "pydantic", "yaml", "doit"}
