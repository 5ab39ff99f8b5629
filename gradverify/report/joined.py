"""Records of parts of a run become the record of the whole run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeAlias, final

from gradverify.baseline.compared import Compared
from gradverify.errors import GradverifyError
from gradverify.report.record import Record
from gradverify.report.rows import render_count
from gradverify.run.environment import MACHINE
from gradverify.verdict.verdict import SpecResult


@final
@dataclass(frozen=True, slots=True)
class Part:
    """A record, and the name of the report that it was read from."""

    name: str
    record: Record


Shard: TypeAlias = tuple[int, int]


@final
class CannotJoinError(GradverifyError):
    """Two reports that are not of one run."""

    def __init__(self, first: Part, second: Part, problem: str) -> None:
        super().__init__(f"{first.name} and {second.name} are not parts of one run: {problem}")


def joined(parts: Sequence[Part]) -> Record:
    """Return the record that one run would have made; a shard that nobody has is a broken spec.

    Raises:
        CannotJoinError: for a spec that two reports have, shards that do not belong together, or
            seeds or baselines that differ.
    """
    _assert_one_run(parts)
    _assert_disjoint(parts)
    records = [part.record for part in parts]
    lost = _lost(records)
    return Record(
        results=(*sorted(chain.from_iterable(r.results for r in records), key=_place), *lost),
        total=sum(record.total for record in records) + len(lost),
        seed=records[0].seed,
        environment=_environment(records),
        seconds=sum(record.seconds for record in records),
        interrupted=any(record.interrupted for record in records),
        stopped=any(record.stopped for record in records),
        again=_again(records, lost),
        compared=dict(chain.from_iterable(record.compared.items() for record in records)),
        baseline=_baseline(records),
        cached=sum(record.cached for record in records),
    )


def warnings(parts: Sequence[Part]) -> list[str]:
    """Return a sentence for everything that was not the same in all parts, and may matter."""
    names = dict.fromkeys(chain.from_iterable(part.record.environment for part in parts))
    return [
        f"the reports were made with different versions of {name}: {', '.join(told)}"
        for name in names
        if name != MACHINE and len(told := _versions(parts, name)) > 1
    ]


def _versions(parts: Sequence[Part], name: str) -> list[str]:
    found: dict[str, str] = {}
    for part in parts:
        _ = found.setdefault(part.record.environment.get(name, "not told"), part.name)
    return [f"{version} in {where}" for version, where in found.items()]


def _place(result: SpecResult) -> tuple[str, bool, int]:
    """Return where one run has a result: by file and line, what cannot be read last."""
    return result.path, result.id == result.path, result.line


def _assert_one_run(parts: Sequence[Part]) -> None:
    first, *others = parts
    for other in others:
        problem = _difference(first.record, other.record)
        if problem:
            raise CannotJoinError(first, other, problem)
    taken: dict[Shard | None, Part] = {}
    for part in parts:
        shard = part.record.shard
        if shard is not None and shard in taken:
            raise CannotJoinError(taken[shard], part, f"both are shard {_named(shard)}")
        taken[shard] = part


def _difference(one: Record, other: Record) -> str:
    """Return what keeps two records from being of one run, nothing if nothing does."""
    if (one.shard is None) != (other.shard is None):
        shard, is_second = one.shard or other.shard, one.shard is None
        which = "the second" if is_second else "the first"
        return f"{which} is shard {_named(shard)}, and the other no shard"
    if one.shard is not None and other.shard is not None and one.shard[1] != other.shard[1]:
        return f"one is shard {_named(one.shard)}, the other shard {_named(other.shard)}"
    if one.seed != other.seed:
        return f"one has {_seed(one)}, the other {_seed(other)}"
    if (one.baseline is None) != (other.baseline is None):
        return "one was held against a baseline, and the other was not"
    if one.shard is not None and _all(one) != _all(other):
        return (
            f"all shards of one have {render_count(_all(one), 'spec')}, of the other {_all(other)}"
        )
    return ""


def _named(shard: Shard | None) -> str:
    return "{}/{}".format(*shard) if shard else ""


def _seed(record: Record) -> str:
    return "the seeds of its specs" if record.seed is None else f"--seed {record.seed}"


def _all(record: Record) -> int:
    return record.total + record.elsewhere


def _assert_disjoint(parts: Sequence[Part]) -> None:
    taken: dict[str, tuple[Part, SpecResult]] = {}
    for part in parts:
        for result in part.record.results:
            other, before = taken.setdefault(result.id, (part, result))
            if other is not part:
                same = "the same" if _untimed(before) == _untimed(result) else "different"
                problem = f"both have the spec {result.id}, with {same} results"
                raise CannotJoinError(other, part, problem)


def _untimed(result: SpecResult) -> SpecResult:
    return replace(result, seconds=0.0)


def _lost(records: Sequence[Record]) -> tuple[SpecResult, ...]:
    """Return a broken spec for each shard of which there is no record."""
    first = records[0]
    if first.shard is None:
        return ()
    count = first.shard[1]
    here = {record.shard[0] for record in records if record.shard is not None}
    specs = max(0, _all(first) - sum(record.total for record in records))
    return tuple(_broken(f"{k}/{count}", specs) for k in range(1, count + 1) if k not in here)


def _broken(shard: str, specs: int) -> SpecResult:
    name = f"shard {shard}"
    fault = (
        f"{name} is missing: none of the reports is of it; of all specs, {specs} are in none of "
        "the reports, and nobody knows whether they pass"
    )
    return SpecResult(
        id=name, path=name, line=1, title=name, document=None, status="broken", seconds=0.0,
        oracles=(), comparisons=(), possible=0, findings=(), missing=(), sensitivity={},
        faults=(fault,), seed=0,
    )  # fmt: skip


def _again(records: Iterable[Record], lost: Iterable[SpecResult]) -> Mapping[str, str]:
    told = dict(chain.from_iterable(record.again.items() for record in records))
    run = "gradverify run --shard {} --report json=PATH"
    return told | {result.id: run.format(result.id.removeprefix("shard ")) for result in lost}


def _environment(records: Iterable[Record]) -> Mapping[str, str]:
    """Return every version that there was of each, in one text."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        for name, version in record.environment.items():
            found.setdefault(name, {})[version] = None
    return {name: ", ".join(versions) for name, versions in found.items()}


def _baseline(records: Sequence[Record]) -> Compared | None:
    """What another part has is not gone."""
    told = [record.baseline for record in records if record.baseline is not None]
    if not told:
        return None
    here = {result.id for record in records for result in record.results}
    changes = dict.fromkeys(chain.from_iterable(one.environment for one in told))
    gone = dict.fromkeys(chain.from_iterable(one.gone for one in told))
    return replace(
        told[0],
        environment=tuple(changes),
        gone=tuple(sorted(name for name in gone if name not in here)),
    )
