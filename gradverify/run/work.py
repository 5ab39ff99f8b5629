"""What there is to do in a run: the specs that are selected, and what cannot be read."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias, final

from gradverify.errors import SpecErrors
from gradverify.run.options import Options, is_named, matches
from gradverify.run.outcome import unreadable
from gradverify.spec.parse import read_specs
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import SpecResult

Item: TypeAlias = Spec | SpecResult
"""A spec to run, or the result of a file that holds no specs for its faults."""


SEPARATOR: Final = "::"
PYTHON: Final = ".py"
NUMBER: Final = " #"
"""What stands before the number of a result of a test that verifies more than once."""


@final
@dataclass(frozen=True, slots=True)
class Work:
    """The items of this run, in the order of their files, and how many other shards have."""

    items: tuple[Item, ...]
    elsewhere: int


def work_of(files: Sequence[Path], options: Options) -> Work:
    """Return what there is to do; every file is read before the first spec runs."""
    selected = [item for file in files for item in _items(file, options)]
    mine = tuple(item for item in selected if is_mine(options.shard, item.id))
    return Work(mine, len(selected) - len(mine))


def is_mine(shard: tuple[int, int] | None, name: str) -> bool:
    """Return whether a shard, (2, 8) for the second of 8, has the spec of an id.

    It depends on the id alone: on no other spec, no machine and no version of Python. All results
    of one test are in one shard.
    """
    if shard is None:
        return True
    number, count = shard
    subject = test_of(name).encode(errors="surrogateescape")
    drawn = int.from_bytes(sha256(subject).digest()[:8])
    return drawn % count == number - 1


def test_of(name: str) -> str:
    """Return the id of the test of a result, which may be one of several; others as they are."""
    file, separator, _ = name.partition(SEPARATOR)
    test, _, number = name.rpartition(NUMBER)
    is_numbered = separator and file.endswith(PYTHON) and number.isdecimal()
    return test if is_numbered and test else name


def _items(file: Path, options: Options) -> Sequence[Item]:
    """Return the specs to run, and last the result of those that cannot be read.

    The latter is always selected, since their ids are not known, but where others are named.
    """
    start = time.perf_counter()
    specs, faults = read_specs(file)
    path = file.as_posix()
    named = [spec for spec in specs if is_named(options.ids, path, spec.id)]
    taken = [spec for spec in named if matches(options.keyword, spec.id)]
    if not faults or options.ids.get(path) == frozenset(spec.id for spec in named):
        return taken
    return [*taken, unreadable(path, SpecErrors(faults), time.perf_counter() - start)]
