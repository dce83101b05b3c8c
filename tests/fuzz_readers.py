"""Feed the readers files that a coverage-guided fuzzer makes up; run by tests/slow.

    python tests/fuzz_readers.py FOLDER_OF_SEEDS -max_total_time=60

An input that ends the run goes into tests/corpus/found, which the fast tests read again.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ics_maturity"]):
    from fuzz_inputs import one_input, seeds

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for number, seed in enumerate(seeds()):
            (Path(sys.argv[1]) / f"seed-{number:03}").write_bytes(seed)
        atheris.Setup(sys.argv, lambda data: one_input(data, Path(scratch)))
        atheris.Fuzz()
