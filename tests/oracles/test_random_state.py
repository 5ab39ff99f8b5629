"""The global generators draw the same in every seeded block, and go on as if there were none."""

import random
import subprocess
import sys
from collections.abc import Callable, Generator

import pytest
import torch
from numpy import random as global_numpy

from gradverify.oracles.random_state import preserved, reseed, reseeded

DRAWS: dict[str, Callable[[], float]] = {
    "python": random.random,
    "numpy": lambda: float(global_numpy.random_sample()),  # noqa: NPY002
    "numpy normal": lambda: float(global_numpy.standard_normal()),  # noqa: NPY002
    "torch": lambda: float(torch.rand(())),
}
every_generator = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@pytest.fixture(autouse=True)
def _kept() -> Generator[None, None, None]:
    with preserved():
        yield


@every_generator
def test_the_same_seed_draws_the_same_and_another_seed_does_not(draw: Callable[[], float]) -> None:
    drawn: list[float] = []
    for seed in (7, 7, 8):
        with reseeded(seed):
            drawn.append(draw())
    assert drawn[0] == drawn[1] != drawn[2]


@every_generator
def test_what_is_drawn_afterwards_is_what_would_have_been_drawn(draw: Callable[[], float]) -> None:
    reseed(3)
    expected = [draw() for _ in range(3)]
    reseed(3)
    found = [draw()]  # numpy keeps the second of a pair of normal numbers, which is state too
    with reseeded(9):
        _ = draw()
    found.append(draw())
    with pytest.raises(ZeroDivisionError), reseeded(9):
        _ = draw() / 0
    assert [*found, draw()] == expected


@every_generator
def test_without_a_seeded_block_what_is_drawn_changes(draw: Callable[[], float]) -> None:
    assert draw() != draw()


@pytest.mark.parametrize("seed", [0, -1, 2**70])
def test_every_whole_number_is_a_seed(seed: int) -> None:
    drawn: list[tuple[float, ...]] = []
    for _ in range(2):
        with reseeded(seed):
            drawn.append(tuple(draw() for draw in DRAWS.values()))
    assert drawn[0] == drawn[1]


def test_torch_is_not_imported_for_it() -> None:
    code = (
        "import sys\n"
        "from gradverify.oracles.random_state import reseeded\n"
        "with reseeded(1): pass\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["False"]
