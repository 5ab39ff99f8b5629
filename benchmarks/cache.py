"""How much faster a second run over 1,000 unchanged specs is, start-up included."""

import tempfile
from pathlib import Path
from typing import Final

from many_specs import ORACLES, write_specs
from processes import GRADVERIFY, Cost, measured, median

MANY: Final = 1000
ROUNDS: Final = 3
AGAIN: Final = 5
TARGET: Final = 10


def main() -> None:
    """Print the medians of first runs, and of the runs after each of them, and their ratio."""
    first: list[Cost] = []
    later: list[Cost] = []
    run = [GRADVERIFY, "run", "--oracles", ORACLES, "specs"]
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "specs").mkdir()
            write_specs(folder / "specs", MANY)
            first.append(measured(run, folder))
            later += [measured(run, folder) for _ in range(AGAIN)]
    before, after = median(first), median(later)
    print(f"{MANY} specs with {ORACLES}, start-up included")
    print(f"first run  {before.wall:7.2f} s   {before.cpu:7.2f} s of processor")
    print(f"second run {after.wall:7.2f} s   {after.cpu:7.2f} s of processor")
    print(
        f"ratio      {before.wall / after.wall:7.1f}     {before.cpu / after.cpu:7.1f}"
        f"   (target: at least {TARGET})"
    )


if __name__ == "__main__":
    main()
