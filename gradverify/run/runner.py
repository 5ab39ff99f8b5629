"""Runs specs one after the other and says what happens, as events."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from gradverify.errors import SpecErrors
from gradverify.events import Event, RunFinished, RunStarted, SpecFinished, SpecStarted
from gradverify.oracles.table import oracle_names
from gradverify.program.build import build_program
from gradverify.program.inputs import make_primals
from gradverify.run.domain import assert_differentiable
from gradverify.run.environment import environment
from gradverify.run.judge import judge_program
from gradverify.run.options import Options
from gradverify.run.outcome import concluded, faulty, own_fault, unreadable
from gradverify.spec.parse import load_specs
from gradverify.spec.spec import Spec
from gradverify.verdict.verdict import SpecResult


def run(files: Sequence[Path], options: Options) -> Iterator[Event]:
    """Yield what happens, from RunStarted to RunFinished, also when a person interrupts.

    Every file is read before the first spec runs; one that cannot be read is a broken spec of its
    own, and the others still run.
    """
    start = time.perf_counter()
    work = [item for file in files for item in _specs(file) if _taken(item, options)]
    options = replace(options, oracles=options.oracles or oracle_names())
    yield RunStarted(len(work), options.seed, options.oracles or (), environment())
    stopped = False
    try:
        for item in work:
            if isinstance(item, Spec):
                yield SpecStarted(item.id, item.title)
                item = run_spec(item, options)  # noqa: PLW2901 - a spec becomes its result
            yield SpecFinished(item)
            stopped = options.fail_fast and item.status != "passed"
            if stopped:
                break
    except KeyboardInterrupt:
        yield RunFinished(time.perf_counter() - start, interrupted=True)
        return
    yield RunFinished(time.perf_counter() - start, stopped=stopped)


def run_spec(spec: Spec, options: Options) -> SpecResult:
    """Return what there is to say about one spec; its faults are a result, too."""
    start = time.perf_counter()
    seed = (spec.model.seed or 0) if options.seed is None else options.seed
    try:
        program = build_program(spec, options.max_bytes)
        primals = make_primals(program, seed)
        assert_differentiable(program, primals)
        judged = judge_program(spec, program, primals, options)
    except SpecErrors as errors:
        faults = [error.render() for error in errors.errors]
    except Exception as error:  # noqa: BLE001 - our own mistake must not lose the other specs
        faults = [own_fault(error)]
    else:
        return concluded(spec, judged, seed, time.perf_counter() - start)
    return faulty(spec, faults, seed, time.perf_counter() - start)


def _specs(file: Path) -> Sequence[Spec | SpecResult]:
    start = time.perf_counter()
    try:
        return load_specs(file)
    except SpecErrors as errors:
        return [unreadable(file.as_posix(), errors, time.perf_counter() - start)]


def _taken(item: Spec | SpecResult, options: Options) -> bool:
    """Whether a spec is selected; a file with faults always is, since its ids are not known."""
    return isinstance(item, SpecResult) or options.takes(item.id)
