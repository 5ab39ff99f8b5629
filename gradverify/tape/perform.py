"""Do a script, step by step, on whatever tape: torch's own, or the model of one."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

from gradverify.arrays import Array, Values
from gradverify.tape.script import (
    Act,
    Backward,
    Differentiate,
    Entry,
    Hook,
    Look,
    Put,
    Read,
    Repeat,
    RetainGrad,
    Run,
    Script,
    Track,
    Variable,
    Zero,
)
from gradverify.tape.shown import (
    INTERRUPTED,
    NOT_FINITE,
    Shown,
    Snapshot,
    Trained,
    is_snapshot,
)
from gradverify.tape.tape import Tape, TapeError

Advance: TypeAlias = Callable[[int, int], None]
"""(steps done, steps in all) of a loop, now and then."""


def unwatched(done: int, total: int) -> None:
    """Nobody watches the steps of a loop."""


def perform(tape: Tape, script: Script, advance: Advance) -> tuple[Shown, ...]:
    """Return what a tape shows at every entry of a script, to its end or to where a loop broke."""
    tape.turn(0, None, snapshot=True)
    tape.record(script.start, on_tape=True)
    return tuple(_until_broken(_entries(tape, script, advance)))


def _until_broken(shown: Iterator[Shown]) -> Iterator[Shown]:
    for item in shown:
        yield item
        if item.trained is not None and item.trained.stopped:
            return


def _entries(tape: Tape, script: Script, advance: Advance) -> Iterator[Shown]:
    for entry in script.entries:
        tape.turn(entry.position, None, snapshot=True)
        try:
            tape.record(entry.records, on_tape=True)
            yield _done(tape, entry, advance)
        except TapeError as error:
            yield Shown(entry.position, error.kind, error.message)


def _done(tape: Tape, entry: Entry, advance: Advance) -> Shown:
    act, position = entry.act, entry.position
    match act:
        case Read():
            numbers = {s.variable.of: tape.number(act.what, s.variable.key) for s in act.said}
            return Shown(position, numbers=MappingProxyType(numbers))
        case Look():
            flags = {s.variable.of: tape.flag(act.what, s.variable.key) for s in act.said}
            return Shown(position, flags=MappingProxyType(flags))
        case Differentiate():
            return Shown(position, numbers=_differentiated(tape, act))
        case Repeat():
            return Shown(position, trained=train(tape, act, position, advance))
        case _:
            _DOERS[type(act)](tape, act)
            return Shown(position)


def _differentiated(tape: Tape, act: Differentiate) -> Mapping[str, Array | None]:
    keys = tuple(dict.fromkeys(item.variable.key for item in act.by))
    found = tape.differentiate(
        act.variable.key,
        keys,
        act.cotangent,
        keep=act.retain_graph,
        unused=any(item.worth is None for item in act.by),
    )
    return MappingProxyType({s.variable.of: found[s.variable.key] for s in act.by})


def _backward(tape: Tape, act: Backward) -> None:
    tape.backward(act.variable.key, act.cotangent, retain_graph=act.retain_graph)


def _retain(tape: Tape, act: RetainGrad) -> None:
    for item in act.variables:
        tape.retain_grad(item.key)


def _hook(tape: Tape, act: Hook) -> None:
    for item, change in zip(act.variables, act.changes, strict=True):
        tape.hook(item.key, change)


def _zero(tape: Tape, act: Zero) -> None:
    for item in act.variables:
        tape.zero(item.key, set_to_none=act.set_to_none)


def _track(tape: Tape, act: Track) -> None:
    for item, flag in zip(act.variables, act.flags, strict=True):
        tape.track(item.key, flag=flag)


def _put(tape: Tape, act: Put) -> None:
    for item, value in zip(act.variables, act.values, strict=True):
        tape.put(item.key, value, no_grad=act.no_grad)


def _nothing(tape: Tape, act: Run) -> None:
    _ = tape, act


_DOERS: Final[Mapping[type[Act], Callable[[Tape, Any], None]]] = MappingProxyType(
    {
        Run: _nothing,
        Backward: _backward,
        RetainGrad: _retain,
        Hook: _hook,
        Zero: _zero,
        Track: _track,
        Put: _put,
    }
)


def train(tape: Tape, loop: Repeat, position: int, advance: Advance) -> Trained:
    """Return how a loop goes; an interrupted one keeps what it has."""
    losses: list[float] = []
    snapshots: dict[int, Snapshot] = {}
    stopped = reason = ""
    try:
        for step in range(loop.times):
            advance(step, loop.times)
            _step(tape, loop, (position, step), losses, snapshots)
            if not math.isfinite(losses[-1]):
                stopped = NOT_FINITE
                break
    except TapeError as error:
        stopped, reason = error.kind, error.message
    except KeyboardInterrupt:
        stopped = INTERRUPTED
    advance(len(losses), loop.times)
    return Trained(tuple(losses), MappingProxyType(snapshots), stopped, reason)


def _step(
    tape: Tape,
    loop: Repeat,
    at: tuple[int, int],
    losses: list[float],
    snapshots: dict[int, Snapshot],
) -> None:
    position, step = at
    noted = is_snapshot(step, loop.times)
    tape.turn(position, step, snapshot=noted)
    weights: Values = _weights(tape, loop.update.variables) if noted else {}
    tape.record(loop.forward, on_tape=not loop.by_hand)
    losses.append(float(cast("Array", tape.number("value", loop.backward.variable.key)).item()))
    if not math.isfinite(losses[-1]):
        return
    if loop.by_hand:
        tape.record(loop.derived, on_tape=False)
    else:
        _backward(tape, loop.backward)
    if noted:
        grads = {item.of: tape.number("grad", item.key) for item in loop.update.variables}
        snapshots[step] = Snapshot(weights, MappingProxyType(grads))
    _put(tape, loop.update)
    _zero(tape, loop.zero)


def _weights(tape: Tape, variables: Sequence[Variable]) -> Values:
    return MappingProxyType(
        {item.key: cast("Array", tape.number("value", item.key)).copy() for item in variables}
    )
