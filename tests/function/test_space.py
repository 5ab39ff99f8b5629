"""Several arrays are one flat array and back, and every entry has its place."""

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gradverify.function.space import space

SHAPES = st.lists(st.lists(st.integers(0, 3), max_size=3).map(tuple), min_size=1, max_size=5)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(SHAPES)
def test_arrays_are_joined_and_split_again(shapes: Sequence[tuple[int, ...]]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in shapes]
    where = space(arrays)
    flat = where.join(arrays)
    assert flat.shape == (where.size,)
    for k, (array, part) in enumerate(zip(arrays, where.split(flat), strict=True)):
        np.testing.assert_array_equal(array, part)
        np.testing.assert_array_equal(flat[where.span(k)], np.ravel(array))


@settings(derandomize=True, max_examples=60, deadline=None)
@given(SHAPES)
def test_every_entry_has_its_place(shapes: Sequence[tuple[int, ...]]) -> None:
    arrays = [np.full(shape, k) for k, shape in enumerate(shapes)]
    where = space(arrays)
    flat = np.arange(where.size)
    for entry in flat:
        k, index = where.place(int(entry))
        assert where.split(flat)[k][index] == entry


def test_no_arrays_are_an_empty_one() -> None:
    where = space([])
    assert (where.size, where.join([]).shape, where.split(np.empty(0))) == (0, (0,), ())
