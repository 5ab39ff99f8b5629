"""1,000 small specs in two worker processes against one process, start-up aside."""

import statistics
import tempfile
from pathlib import Path
from typing import Final

from many_specs import ORACLES, write_specs
from processes import GRADVERIFY, in_turns

MANY: Final = 1000
ROUNDS: Final = 5
TARGET: Final = 1.7
FEW: Final = ("polynomial-000", "layer-001")  # one for each of two workers


def main() -> None:
    """Print how many times faster two workers are, in every round and then the median."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_specs(folder, MANY)
        few = [str(folder / f"{stem}.grad.yaml") for stem in FEW]
        run = [GRADVERIFY, "run", "--no-cache", "--oracles", ORACLES]
        costs = in_turns(
            {
                "one, few": [*run, *few],
                "two, few": [*run, "-n", "2", *few],
                "one": [*run, name],
                "two": [*run, "-n", "2", name],
            },
            ROUNDS,
        )
    rounds = list(zip(*costs.values(), strict=True))
    ones = [one.wall - few.wall for few, _, one, _ in rounds]
    twos = [two.wall - few.wall for _, few, _, two in rounds]
    ratios = [one / two for one, two in zip(ones, twos, strict=True)]
    print(f"{MANY} specs with {ORACLES}, start-up aside")
    print(f"one process: {statistics.median(ones):6.2f} s")
    print(f"-n 2:        {statistics.median(twos):6.2f} s")
    print("ratios:      ", ", ".join(f"{ratio:.2f}" for ratio in ratios))
    print(f"median:      {statistics.median(ratios):6.2f}   (target: at least {TARGET})")


if __name__ == "__main__":
    main()
