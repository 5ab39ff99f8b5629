"""What an examination needs of the machine: one thread for sums, and memory that stays."""

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any, Final

import numpy as np
from threadpoolctl import ThreadpoolController  # pyright: ignore[reportMissingTypeStubs] # has none

LARGE: Final = 2**15  # entries above which arrays are blocks of their own to the allocator
BLOCK: Final = 31 * 2**20  # bytes: just below the most that glibc lets the threshold grow to


def sparing(size: int) -> AbstractContextManager[object]:
    """Return the context in which an examination of so many entries runs.

    Inner products of BLAS are over before a second thread has started, which then stands in the way
    of the function's own. And glibc gives every large block back to the system, so that each pass
    would pay for its pages anew, until one of that size has been freed: mallopt(3),
    M_MMAP_THRESHOLD.
    """
    loaded = tuple(name for name in ("torch", "jax", "scipy") if name in sys.modules)
    threads = _controller(loaded)
    if size <= LARGE:
        return threads.limit(limits=1)  # nothing is large enough for a second thread
    block = np.empty(BLOCK, np.uint8)
    del block
    return threads.limit(limits=1, user_api="blas")


@lru_cache(maxsize=4)
def _controller(loaded: tuple[str, ...]) -> Any:
    """Return what controls the libraries; looked for again where others have been loaded since."""
    del loaded
    return ThreadpoolController()
