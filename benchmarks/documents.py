"""How long `gradverify run specs/` takes, against a script with the same gradients by hand."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from by_hand_examples import EXAMPLES
from processes import GRADVERIFY, PYTHON, ROOT, in_turns, print_costs

ROUNDS: Final = 7
TARGET: Final = 1.25


def compared() -> Mapping[str, frozenset[str]]:
    """Return the variables by which torch is asked to differentiate, by the title of the spec."""
    command = [GRADVERIFY, "run", "specs/", "--format", "json"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found = {
        spec["title"]: frozenset(
            c["of"] for c in spec["comparisons"] if (c["party"], c["kind"]) == ("torch", "gradient")
        )
        for spec in json.loads(process.stdout)["specs"]
    }
    return {title: names for title, names in found.items() if names}


def main() -> int:
    """Print both times and their ratio; return 1 where the two do not take the same gradients."""
    by_hand = {e.title: frozenset(e.leaves) | frozenset(e.intermediates) for e in EXAMPLES}
    if compared() != by_hand:
        print("by_hand_examples.py has to follow specs/: they differ in what is differentiated")
        return 1
    commands = {
        "gradverify run specs/": [GRADVERIFY, "run", "specs/"],
        "by_hand.py": [PYTHON, "benchmarks/by_hand.py"],
    }
    print_costs(in_turns(commands, ROUNDS), TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
