"""Runs specs one after the other and says what happens, as events."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gradverify.arrays import Values
from gradverify.errors import SpecErrors
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.oracles.table import oracle_names
from gradverify.program.inputs import make_primals
from gradverify.program.program import Program
from gradverify.run.again import again, again_file
from gradverify.run.domain import assert_differentiable
from gradverify.run.environment import environment
from gradverify.run.judge import Judged, joined, judge_program
from gradverify.run.options import Options, is_named, matches
from gradverify.run.outcome import concluded, faulty, own_fault, unreadable
from gradverify.run.passes import Job
from gradverify.run.prepare import Prepared, assert_allowed, prepare
from gradverify.run.tape import judge_tape
from gradverify.spec.parse import read_specs
from gradverify.spec.spec import Spec
from gradverify.tape.perform import Advance, unwatched
from gradverify.verdict.verdict import SpecResult


def run(files: Sequence[Path], options: Options, advance: Advance = unwatched) -> Iterator[Event]:
    """Yield what happens, from RunStarted to RunFinished, also when a person interrupts.

    Every file is read before the first spec runs; what of it cannot be read is a broken spec of
    its own, and the others still run.
    """
    start = time.perf_counter()
    work = [item for file in files for item in _work(file, options)]
    asking = replace(options, oracles=options.oracles or oracle_names())  # looked up once
    yield RunStarted(len(work), options.seed, asking.oracles or (), environment())
    stopped = False
    try:
        for item in work:
            if isinstance(item, Spec):
                yield SpecStarted(item.id, item.title)
                result, command = run_spec(item, asking, advance), again(item, options)
            else:
                result, command = item, again_file(item.path)
            yield SpecFinished(result, command)
            if result.interrupted:
                yield RunFinished(time.perf_counter() - start, interrupted=True)
                return
            stopped = options.fail_fast and result.status != "passed"
            if stopped:
                break
    except KeyboardInterrupt:
        yield RunFinished(time.perf_counter() - start, interrupted=True)
        return
    yield RunFinished(time.perf_counter() - start, stopped=stopped)


def run_spec(spec: Spec, options: Options, advance: Advance = unwatched) -> SpecResult:
    """Return what there is to say about one spec; its faults are a result, too.

    `advance` is told of the steps of training loops.
    """
    start = time.perf_counter()
    seed = options.seed_of(spec)
    try:
        prepared = prepare(spec, options.max_bytes)
        judged = _judged(spec, prepared, options, advance)
    except SpecErrors as errors:
        faults = [error.render() for error in errors.errors]
    except Exception as error:  # noqa: BLE001 - our own mistake must not lose the other specs
        faults = [own_fault(error)]
    else:
        result = concluded(spec, judged, options)
        return replace(result, seconds=time.perf_counter() - start)
    return faulty(spec, faults, seed, time.perf_counter() - start)


def _judged(spec: Spec, prepared: Prepared, options: Options, advance: Advance) -> Judged:
    program, script = prepared.program, prepared.script
    assert_allowed(program, options)
    primals = make_primals(program, options.seed_of(spec))
    assert_differentiable(program, primals)
    judged = _judge(program)(spec, program, primals, options)
    if script is None:
        return judged
    try:
        return joined(judged, judge_tape(Job(spec, program, script, primals, options), advance))
    except SpecErrors as errors:  # of the data, which only the script itself shows
        return replace(judged, faults=tuple(error.render() for error in errors.errors))


def _judge(program: Program) -> Callable[[Spec, Program, Values, Options], Judged]:
    """Return what judges a program; what examines code is imported for code alone."""
    if program.code is None:
        return judge_program
    from gradverify.run.code import judge_code

    return judge_code


def _work(file: Path, options: Options) -> Sequence[Spec | SpecResult]:
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
