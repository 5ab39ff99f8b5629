"""Located: the data of one YAML document, and the place of everything in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

from gradverify.errors import Mark, SpecError
from gradverify.spec.source import Source

MAX_FAULTS: Final = 100
"""How many faults of one file are told: nobody reads more."""

Path: TypeAlias = tuple[str | int, ...]
"""The keys and positions that lead to a value: ("recorded", "grads", "x", 0, 1)."""

Place: TypeAlias = tuple[int, int]
"""A line and a column, from 0."""


@final
@dataclass(frozen=True, slots=True)
class Located:
    """Plain data, the places of its values and keys, and the raw text of its scalars.

    `faults` are those of the YAML; what stands at the paths in `spoilt` is not to be judged
    further. `nulls` are the places of nothing at all.
    """

    source: Source
    data: Any
    values: Mapping[Path, Place]
    keys: Mapping[Path, Place]
    texts: Mapping[Path, str]
    faults: tuple[SpecError, ...]
    spoilt: frozenset[Path]
    nulls: tuple[Path, ...]

    def mark(self, path: Path) -> Mark:
        """Return the place of a value, or of the nearest value around it."""
        return self.source.mark(*_nearest(self.values, path))

    def key_mark(self, path: Path) -> Mark:
        """Return the place of a key, or of the nearest value around it where there is none."""
        place = self.keys.get(path)
        return self.source.mark(*place) if place else self.mark(path)

    def text(self, path: Path) -> str | None:
        """Return a scalar's text as it was written, without quotes; None for all else."""
        return self.texts.get(path)

    def known(self, path: Path) -> Path:
        """Drop from a path the names that the document does not hold: the model's own."""
        found: Path = ()
        for name in path:
            if (*found, name) in self.values:
                found = (*found, name)
        return found


def _nearest(places: Mapping[Path, Place], path: Path) -> Place:
    lengths = range(len(path), -1, -1)
    return next((places[path[:n]] for n in lengths if path[:n] in places), (0, 0))
