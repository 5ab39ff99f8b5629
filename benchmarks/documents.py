"""How long `gradverify run specs/` takes, against a script with the same gradients by hand."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

from by_hand_examples import EXAMPLES
from processes import GRADVERIFY, PYTHON, ROOT, in_turns, print_costs

ROUNDS: Final = 7
TARGET: Final = 1.25


def compared() -> Mapping[str, tuple[str, frozenset[str]]]:
    """Return a spec's id, and by what torch is asked to differentiate it, by the spec's title.

    Specs with a tape are left out: a script by hand would have to be a tape, too.
    """
    command = [GRADVERIFY, "run", "specs/", "--format", "json"]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    specs = [s for s in json.loads(process.stdout)["specs"] if not _is_taped(s)]
    found = {spec["title"]: (spec["id"], _by_torch(spec)) for spec in specs}
    return {title: row for title, row in found.items() if row[1]}


def _is_taped(spec: dict[str, Any]) -> bool:
    return any(comparison["at"] for comparison in spec["comparisons"])


def _by_torch(spec: dict[str, Any]) -> frozenset[str]:
    mine = [c for c in spec["comparisons"] if (c["party"], c["kind"]) == ("torch", "gradient")]
    return frozenset(comparison["of"] for comparison in mine)


def main() -> int:
    """Print both times and their ratio; return 1 where the two do not take the same gradients."""
    by_hand = {e.title: frozenset(e.leaves) | frozenset(e.intermediates) for e in EXAMPLES}
    found = compared()
    if {title: names for title, (_, names) in found.items()} != by_hand:
        print("by_hand_examples.py has to follow specs/: they differ in what is differentiated")
        return 1
    commands = {
        "gradverify run specs/": [
            GRADVERIFY,
            "run",
            "--no-cache",
            *(spec for spec, _ in found.values()),
        ],
        "by_hand.py": [PYTHON, "benchmarks/by_hand.py"],
    }
    print_costs(in_turns(commands, ROUNDS), TARGET)
    return 0


if __name__ == "__main__":
    sys.exit(main())
