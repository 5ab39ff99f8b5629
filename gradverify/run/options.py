"""What a run is asked for, besides the files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, final

if TYPE_CHECKING:  # a list of specs needs no more of this module than `matches`
    from gradverify.spec.spec import Spec


def _all() -> Mapping[str, frozenset[str]]:
    return MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Options:
    """Which oracles answer, which specs are taken, and within what limits.

    `oracles` None means all that there are; `require` names oracles that must be installed;
    `seed` None leaves each spec its own, and `default_seed` is that of specs without one;
    `keyword` "" takes every spec; of a file in `ids` only the specs named there are taken;
    `max_bytes` is the most that a program's arrays may take; `allow_import` lets specs name code;
    `shard` (2, 8) takes the second eighth of them all. `said` are the words of a command line by
    which one spec runs as all did: no configuration says them.
    """

    oracles: tuple[str, ...] | None
    require: tuple[str, ...]
    seed: int | None
    keyword: str
    max_bytes: int
    default_seed: int = 0
    ids: Mapping[str, frozenset[str]] = field(default_factory=_all)
    allow_import: bool = False
    shard: tuple[int, int] | None = None
    said: tuple[str, ...] = ()

    def seed_of(self, spec: "Spec") -> int:
        """Return the seed of a spec's random inputs."""
        given = (self.seed, spec.model.seed, self.default_seed)
        return next(seed for seed in given if seed is not None)


def matches(keyword: str, spec_id: str) -> bool:
    """Return whether an id has the keyword in it, whatever the case of its letters."""
    return keyword.casefold() in spec_id.casefold()


def is_named(ids: Mapping[str, frozenset[str]], path: str, spec_id: str) -> bool:
    """Return whether a spec of a file is taken: all are where none of them is named."""
    return path not in ids or spec_id in ids[path]
