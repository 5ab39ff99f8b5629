"""The global generators of random numbers, which a function may draw from, seeded for a while."""

import random
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

# the LEGACY generator of numpy is global: users' code draws from it, this project never does
from numpy import random as global_numpy

WORD: Final = 2**32  # numpy takes seeds below it


@contextmanager
def reseeded(seed: int) -> Generator[None, None, None]:
    """Seed Python's, numpy's and torch's global generators, and restore them at the end.

    torch's only if somebody has imported it, those of CUDA only if somebody has used it.
    """
    with preserved():
        reseed(seed)
        yield


@contextmanager
def preserved() -> Generator[None, None, None]:
    """Restore the global generators at the end, also after an exception."""
    own, legacy = random.getstate(), global_numpy.get_state()  # noqa: NPY002 - users draw from it
    torch = [(generator, generator.get_state()) for generator in _of_torch()]
    try:
        yield
    finally:
        random.setstate(own)
        global_numpy.set_state(legacy)  # noqa: NPY002 - users draw from it
        for generator, state in torch:
            _ = generator.set_state(state)


def reseed(seed: int) -> None:
    """Seed the global generators; at a tenth of what it costs to preserve them."""
    word = seed % WORD
    random.seed(word)
    global_numpy.seed(word)  # noqa: NPY002 - users draw from it
    for generator in _of_torch():
        _ = generator.manual_seed(word)


def standing() -> object:
    """Return what is equal before and after a call that draws from no global generator."""
    legacy = global_numpy.get_state(legacy=False)  # noqa: NPY002 - users draw from it
    numbers = legacy["state"]["key"].tobytes(), legacy["state"]["pos"]
    torch = [generator.get_state().numpy().tobytes() for generator in _of_torch()]
    return random.getstate(), numbers, torch


def _of_torch() -> list[Any]:
    """Return torch's generators, if torch is there at all."""
    torch: Any = sys.modules.get("torch")
    found = getattr(torch, "default_generator", None)  # None while torch is being imported
    if found is None:
        return []
    return [found, *(torch.cuda.default_generators if torch.cuda.is_initialized() else ())]
