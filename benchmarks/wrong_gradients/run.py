"""Run the benchmark as a script: `python benchmarks/wrong_gradients/run.py --help`."""

import sys
from pathlib import Path
from runpy import run_module

if __name__ == "__main__":
    # In place of this folder, whose modules are meant to be imported by their whole names.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    _ = run_module("benchmarks.wrong_gradients.main", run_name="__main__")
