# what users hand over is of any type, and its parts are unknown to a strict checker:
# pyright: basic
"""Nests of arguments: their leaves by path, and the same nest again with other leaves."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Nest: TypeAlias = Any
"""A leaf, or a tuple, list, mapping, named tuple or dataclass of nests."""

Path: TypeAlias = tuple[str, ...]


def leaves(nest: Nest, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield what a nest holds, in its own order, each with its keys and positions."""
    parts = _parts(nest)
    if parts is None:
        yield path, nest
        return
    for key, part in parts:
        yield from leaves(part, (*path, key))


def replaced(nest: Nest, change: Callable[[Path, Any], Any], path: Path = ()) -> Nest:
    """Return the same nest with every leaf put through `change`, which gets its path too."""
    parts = _parts(nest)
    if parts is None:
        return change(path, nest)
    made = [replaced(part, change, (*path, key)) for key, part in parts]
    return _like(nest, made)


def _parts(nest: Nest) -> list[tuple[str, Any]] | None:
    """Return keys and parts, or None for a leaf."""
    if hasattr(nest, "dtype"):
        return None  # an array of whatever framework: most leaves are
    if isinstance(nest, Mapping):
        return [(str(key), nest[key]) for key in nest]
    fields = getattr(nest, "_fields", None)
    if isinstance(nest, tuple) and fields is not None:
        return list(zip(fields, nest, strict=True))
    if isinstance(nest, (tuple, list)):
        return [(str(k), part) for k, part in enumerate(nest)]
    if dataclasses.is_dataclass(nest) and not isinstance(nest, type):
        fields = [item.name for item in dataclasses.fields(nest) if item.init]
        return [(name, getattr(nest, name)) for name in fields]
    return None


def _like(nest: Nest, made: Sequence[Any]) -> Nest:
    if isinstance(nest, Mapping):
        pairs = dict(zip(nest, made, strict=True))
        return pairs if type(nest) is dict else _rebuilt(nest, pairs)
    if isinstance(nest, tuple) and hasattr(nest, "_fields"):
        return type(nest)(*made)
    if isinstance(nest, (tuple, list)):
        return tuple(made) if isinstance(nest, tuple) else list(made)
    fields = [item.name for item in dataclasses.fields(nest) if item.init]
    return dataclasses.replace(nest, **dict(zip(fields, made, strict=True)))


def _rebuilt(nest: Mapping[Any, Any], pairs: dict[Any, Any]) -> Any:
    """Return a mapping of the same type, such as an OrderedDict."""
    try:
        return type(nest)(pairs)  # pyright: ignore[reportCallIssue] - most mappings take one
    except TypeError:
        return pairs


def named(path: Path) -> str:
    """Return how a leaf is named in messages: its path, with dots."""
    return ".".join(path)
