"""``python -m ics_maturity.simulate --out data/raw/demo``: write the demo returns."""

import argparse
from pathlib import Path

from ics_maturity.simulate.demo import DEMO_SEED, write_demo


def main() -> None:
    """Parse the command line and write the folder."""
    parser = argparse.ArgumentParser(prog="python -m ics_maturity.simulate", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=DEMO_SEED, help="seed of the world")
    arguments = parser.parse_args()
    write_demo(arguments.out, arguments.seed)
    print(f"Wrote simulated returns to {arguments.out}")


if __name__ == "__main__":
    main()
