"""Imported by the fork server before it forks: what workers need is loaded once for all."""

import contextlib
import gc
import os

from gradverify.oracles.table import load_oracle
from gradverify.run import child
from gradverify.run.forkserver import OURS, PRELOAD, SAFE_PATH

__all__ = ["child"]

for _name in os.environ.pop(PRELOAD, "").split():
    # whatever is wrong with a framework is said by the specs that need it, in their workers
    with contextlib.suppress(Exception):
        _ = load_oracle(_name)
if os.environ.get(SAFE_PATH) == OURS:
    del os.environ[SAFE_PATH]
gc.freeze()  # of what is loaded nothing is garbage, and its pages stay shared after a fork
