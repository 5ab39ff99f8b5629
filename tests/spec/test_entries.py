"""Single values: numbers keep their value and type, and lists of them their shape."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pydantic_core import PydanticCustomError

from gradverify.spec import entries


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    arrays.arrays(
        np.float64,
        arrays.array_shapes(max_dims=4, max_side=3),
        elements=st.floats(allow_nan=False),
    )
)
def test_an_array_survives_as_nested_tuples(array: Any) -> None:
    assert np.array_equal(np.array(entries.numbers(array.tolist())), array)


@pytest.mark.parametrize("value", [True, 3, 10**300, 2.5])
def test_a_number_keeps_its_type(value: Any) -> None:
    assert type(entries.numbers(value)) is type(value)


@pytest.mark.parametrize(
    ("value", "kind", "path"),
    [
        ([[1, 2], [3]], entries.RAGGED, (1,)),
        ([[[1], [2]], [[3], 4]], entries.RAGGED, (1, 1)),
        ([1, [2]], entries.RAGGED, (1,)),
        ([[1], [None]], entries.ENTRY, (1, 0)),
        ("x", entries.ENTRY, ()),
        ([1, 10**400], entries.TOO_LARGE, (1,)),
    ],
)
def test_a_fault_has_its_path(value: Any, kind: str, path: tuple[int, ...]) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        _ = entries.numbers(value)
    assert caught.value.type == kind
    assert (caught.value.context or {})["path"] == path


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (2, 0), (0, 0)])
def test_equal_rows_are_no_fault(rows: int, columns: int) -> None:
    row: list[object] = [1] * columns
    assert entries.numbers([row] * rows) == ((1,) * columns,) * rows


@pytest.mark.parametrize("text", ["ops:gelu", "my_package.ops:Gelu.apply", "пакет:функция"])
def test_a_reference_names_something_in_a_module(text: str) -> None:
    assert entries.reference(text) == text


@pytest.mark.parametrize(
    "text", ["ops.gelu", "ops:", ":gelu", "a..b:c", "a:b:c", "a:3", "a:if", ""]
)
def test_what_no_import_could_find_is_refused(text: str) -> None:
    with pytest.raises(PydanticCustomError, match=entries.REFERENCE):
        _ = entries.reference(text)
