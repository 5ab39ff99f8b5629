"""How long `gradverify --help` takes, against nothing but importing click, and what it imports."""

import subprocess
from typing import Final

from processes import GRADVERIFY, PYTHON, in_turns, print_costs

ROUNDS: Final = 21
TARGET: Final = 2.0
HEAVY: Final = ("torch", "jax", "pydantic", "numpy", "yaml", "rich")


def imported() -> frozenset[str]:
    """Return the top-level modules that `gradverify --help` imports."""
    command = [PYTHON, "-X", "importtime", GRADVERIFY, "--help"]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = process.stderr.splitlines()
    return frozenset(line.rpartition("|")[2].strip().partition(".")[0] for line in lines)


def main() -> None:
    """Print both times, their ratio, and which of the heavy modules are imported."""
    commands = {
        "gradverify --help": [GRADVERIFY, "--help"],
        'python -c "import click"': [PYTHON, "-c", "import click"],
    }
    print_costs(in_turns(commands, ROUNDS), TARGET)
    modules = imported()
    print("imported:    ", ", ".join(name for name in HEAVY if name in modules) or "none of these")
    print("not imported:", ", ".join(name for name in HEAVY if name not in modules))


if __name__ == "__main__":
    main()
