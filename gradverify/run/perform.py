"""One spec is run: built, put to everybody, judged."""

import time
from collections.abc import Callable
from dataclasses import replace

from gradverify.arrays import Values
from gradverify.errors import SpecErrors
from gradverify.program.inputs import make_primals
from gradverify.program.program import Program
from gradverify.run.domain import assert_differentiable
from gradverify.run.judge import Judged, joined, judge_program
from gradverify.run.options import Options
from gradverify.run.outcome import concluded, faulty, own_fault
from gradverify.run.passes import Job
from gradverify.run.prepare import Prepared, assert_allowed, prepare
from gradverify.run.tape import judge_tape
from gradverify.spec.spec import Spec
from gradverify.tape.perform import Advance, unwatched
from gradverify.verdict.verdict import SpecResult


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
