"""Files that a fuzzer makes up, and what must come of each.

The first byte of an input chooses the layout. For a CSV the rest is the file; for a workbook it
is the XML of the sheet, packed into an otherwise valid workbook, since a fuzzer hardly ever gets
past the checksums of a zip. Anything but a valid result or an InputError is a fault.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import corpus
from corpus.case import LAYOUTS, TEMPLATE_XLSX, WORKBOOKS, spoilt
from ics_maturity.errors import InputError
from ics_maturity.readers.result import ReadResult
from ics_maturity.returns import validate
from return_files import read

LARGEST = 60_000  # bytes of a seed
EVERY = 8  # of the corpus, one case in so many is a seed


def part(layout: str) -> str:
    return f"xl/worksheets/sheet{2 if layout == 'dma_workbook' else 1}.xml"


def parts(layout: str) -> dict[str, bytes]:
    """The parts of a valid workbook."""
    with tempfile.TemporaryDirectory() as folder:
        content = spoilt(layout)(Path(folder)).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


PARTS = {layout: parts(layout) for layout in WORKBOOKS}


def content(layout: str, made_up: bytes) -> bytes:
    """The file that an input stands for."""
    if layout not in WORKBOOKS:
        return made_up
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, usual in PARTS[layout].items():
            archive.writestr(name, made_up if name == part(layout) else usual)
    return packed.getvalue()


def one_input(data: bytes, folder: Path) -> None:
    """Read one made-up file: valid returns or an error that names the file, nothing else."""
    if not data:
        return
    layout = LAYOUTS[data[0] % len(LAYOUTS)]
    path = folder / ("a.xlsx" if layout in WORKBOOKS else "a.csv")
    path.write_bytes(content(layout, data[1:]))
    outcome = attempt(path, "template" if layout == TEMPLATE_XLSX else layout)
    if isinstance(outcome, InputError):
        assert outcome.problems
        assert all(problem.file == path.name and problem.fix for problem in outcome.problems)
        assert all(line.isprintable() for line in str(outcome).splitlines())
    else:
        validate(outcome.returns)
        validate(outcome.items)


def attempt(path: Path, layout: str) -> ReadResult | InputError:
    """The result or the refusal; any other exception ends the run."""
    try:
        return read(path, layout)
    except InputError as error:
        return error


def seeds() -> Iterator[bytes]:
    """Valid files and some of the corpus, as inputs: the tests read every case as it is anyway."""
    cases = [case for case in corpus.CASES if case.layout in LAYOUTS and not case.slow]
    for case in cases[::EVERY]:
        with tempfile.TemporaryDirectory() as folder:
            path = case.make(Path(folder))
            made = path.read_bytes() if path.is_file() else b""
        if case.layout in WORKBOOKS:
            try:
                with zipfile.ZipFile(io.BytesIO(made)) as archive:
                    made = archive.read(part(case.layout))
            except (zipfile.BadZipFile, KeyError):
                continue
        if len(made) <= LARGEST:
            yield bytes([LAYOUTS.index(case.layout)]) + made
