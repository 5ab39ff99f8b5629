"""Results as bytes and back, nothing lost: for the cache, and from one process to another."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

import numpy as np
from pydantic import TypeAdapter

from gradverify.verdict.verdict import SpecResult

T = TypeVar("T")


def encoded(result: SpecResult) -> bytes:
    """Return a result as one line of JSON, in ASCII; NaN and infinities are JavaScript's words."""
    return dumped(result)


def decoded(data: bytes) -> SpecResult:
    """Return the result that was encoded, equal to the bit. Raises ValueError for other bytes."""
    return loaded(SpecResult, data)


def dumped(value: object) -> bytes:
    """Return a dataclass of plain values, other dataclasses and mappings of them as one line."""
    return json.dumps(value, default=_plain, separators=(",", ":")).encode("ascii")


def loaded(kind: type[T], data: bytes) -> T:
    """Return what was dumped of a type. Raises ValueError for what is not of this type."""
    return cast("T", _reader(kind).validate_json(data))


@lru_cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _plain(value: Any) -> Any:
    """Return what JSON knows in place of what it does not: numpy's numbers, parts of a result."""
    if is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    if isinstance(value, np.generic):
        return cast("Any", value).item()
    raise TypeError(type(value).__name__)
