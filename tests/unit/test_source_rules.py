"""What the source may not do, since it reads what strangers wrote."""

import ast
import re
from pathlib import Path

import pytest

# Modules and calls that run, or build objects from, what they are given.
FORBIDDEN_IMPORTS = {
    "pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "xml", "lxml", "xmlrpc",
    "telnetlib", "ftplib", "pty", "code", "codeop",
}  # fmt: skip
FORBIDDEN_CALLS = {
    "eval", "exec", "compile", "os.system", "os.popen", "os.spawnl", "os.execv", "joblib.load",
    "joblib.dump", "pd.read_pickle", "yaml.unsafe_load", "yaml.full_load",
    "yaml.load_all", "tempfile.mktemp", "pd.eval", "pd.read_html", "pd.read_xml",
    "subprocess.getoutput", "subprocess.getstatusoutput", "Markup",
}  # fmt: skip
# The parent of warm kernels runs the import statements of the project's own notebooks.
EXCEPTIONS = {"src/ics_maturity/report/warm/parent.py": ["exec"]}
_ALLOWED_LOADERS = {"_Loader"}  # plain data, no aliases, no repeated keys; see schema.py


def dotted(node: ast.expr) -> str:
    return ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""


def faults(source: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] in FORBIDDEN_IMPORTS]
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in (
            FORBIDDEN_IMPORTS
        ):
            found.append(f"from {node.module}")
        if not isinstance(node, ast.Call):
            continue
        name = dotted(node.func)
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if name in FORBIDDEN_CALLS:
            found.append(name)
        pickles = given.get("allow_pickle")  # numpy refuses them unless told otherwise
        if pickles is not None and ast.unparse(pickles) != "False":
            found.append(f"{name} with pickles")
        if "shell" in given or "preexec_fn" in given:
            found.append(f"{name} with a shell")
        if name == "yaml.load" and dotted(given.get("Loader", ast.Constant(0))) not in (
            _ALLOWED_LOADERS
        ):
            found.append("yaml.load without the strict loader")
        if "verify" in given and name.startswith(("requests.", "session.")):
            found.append("certificates not verified")
        if name.endswith("load_workbook") and "data_only" not in given:
            found.append("workbook read with its formulas")
    return found


def sources(root: Path) -> list[Path]:
    return sorted((root / "src").rglob("*.py"))


def test_no_shell_no_pickle_no_evaluated_text(root: Path) -> None:
    found = {
        path.relative_to(root).as_posix(): wrong
        for path in sources(root)
        if (wrong := faults(path.read_text(encoding="utf-8")))
    }
    assert len(sources(root)) > 100
    assert found == EXCEPTIONS


def test_workbooks_are_written_for_invented_returns_and_as_empty_templates_only(
    root: Path,
) -> None:
    """A workbook takes a text that starts with = for a formula; a report holds CSV files."""
    writers = {
        path.relative_to(root / "src/ics_maturity").as_posix()
        for path in sources(root)
        if re.search(r"\bWorkbook\(|\.to_excel\(|ExcelWriter\(", path.read_text(encoding="utf-8"))
    }
    assert writers == {
        "readers/template.py", "simulate/layouts_early.py", "simulate/layouts_later.py",
    }  # fmt: skip


@pytest.mark.parametrize(
    "source",
    ["import pickle", "from xml.etree import ElementTree", "eval('1')", "os.system('x')",
     "subprocess.run('x', shell=True)", "yaml.load(text, Loader=yaml.FullLoader)",
     "yaml.load(text)", "pd.read_pickle(path)", "np.load(path, allow_pickle=True)",
     "openpyxl.load_workbook(path)",
     "requests.get(url, verify=False)"],
)  # fmt: skip
def test_each_rule_finds_its_fault(source: str) -> None:
    assert faults(source)


def test_templates_mark_nothing_safe_but_what_was_cleaned(root: Path) -> None:
    """``safe`` lifts escaping: only for cleaned passages, the style sheet, and a script whose
    hash the page's security policy names."""
    for template in sorted((root / "src").rglob("*.j2")):
        text = template.read_text(encoding="utf-8")
        marked = set(re.findall(r"\{\{-?\s*([\w.\[\]'/ ()|]+?)\s*\|\s*safe\b", text))
        assert marked <= {"answer", "body", "script", "style"}, (template.name, marked)
        assert "autoescape false" not in text
