"""The same numbers in another layout are the same numbers, and lie as is asked."""

import numpy as np
import pytest

from gradverify.arrays import Array
from gradverify.oracles.function import Layout
from gradverify.oracles.layout import laid

SHAPES = [(6,), (3, 4), (2, 3, 4)]
KEEPING = [layout for layout in Layout if layout is not Layout.EXPANDED]
every_shape = pytest.mark.parametrize("shape", SHAPES)


def numbers(shape: tuple[int, ...], dtype: type = np.float64) -> Array:
    count = int(np.prod(shape))
    return np.linspace(1.0, max(1, count), count).reshape(shape).astype(np.dtype(dtype))


@every_shape
@pytest.mark.parametrize("layout", KEEPING)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_the_numbers_are_the_same(shape: tuple[int, ...], layout: Layout, dtype: type) -> None:
    array = numbers(shape, dtype)
    found = laid(array, layout)
    np.testing.assert_array_equal(found, array)
    assert (found.shape, found.dtype) == (array.shape, array.dtype)


@every_shape
@pytest.mark.parametrize("layout", [item for item in KEEPING if item is not Layout.PLAIN])
def test_they_do_not_lie_in_order(shape: tuple[int, ...], layout: Layout) -> None:
    assert not laid(numbers(shape), layout).flags.c_contiguous
    assert laid(numbers(shape), Layout.PLAIN).flags.c_contiguous


def test_each_layout_has_its_strides() -> None:
    strides = {layout.name: laid(numbers((3, 4)), layout).strides for layout in Layout}
    assert strides == {
        "PLAIN": (32, 8),
        "TRANSPOSED": (8, 24),
        "SPACED": (64, 16),
        "TANGLED": (16, 48),
        "EXPANDED": (0, 0),
    }


@every_shape
def test_what_is_expanded_is_one_number_that_can_be_written_to(shape: tuple[int, ...]) -> None:
    found = laid(numbers(shape), Layout.EXPANDED)
    np.testing.assert_array_equal(found, np.ones(shape))
    found[...] = 5.0
    np.testing.assert_array_equal(found, np.full(shape, 5.0))


def test_other_numbers_stand_in_the_gaps() -> None:
    found = laid(numbers((4,)), Layout.SPACED)
    memory = np.lib.stride_tricks.as_strided(found, (8,), (8,))
    assert not np.any(memory[1::2] == found)


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,), (1, 1)])
def test_nothing_and_one_number_have_every_layout(layout: Layout, shape: tuple[int, ...]) -> None:
    array = numbers(shape)
    np.testing.assert_array_equal(laid(array, layout), array)
