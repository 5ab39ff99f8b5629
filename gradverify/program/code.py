"""`function:` of a spec: which code is named, and what cannot stand beside it."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from gradverify.arrays import Array, frozen
from gradverify.errors import SpecError
from gradverify.program.code_errors import (
    FrameworkMissingError,
    NotBesideCodeError,
    UnusedKeyError,
    VjpMissingError,
    VjpOfFrameworkError,
)
from gradverify.program.errors import Place
from gradverify.program.literals import shape_written
from gradverify.program.loss import weights_written
from gradverify.program.lower import lower_expression
from gradverify.program.program import Code, Kind
from gradverify.program.scope import Scope
from gradverify.spec.spec import Spec

OUTPUT: Final = "output"
"""What claims call the only output of code that stands alone."""
SECOND: Final = ("jacobian", "hessian", "hvp")
"""Claims that need a loss in steps."""


def read_code(spec: Spec) -> Code | None:
    """Return the code that a spec names, None where it names none or not all that is needed."""
    model = spec.model
    if model.function is None or model.framework is None:
        return None
    return Code(model.function, model.framework, model.vjp, spec.mark("function"))


def code_faults(spec: Spec) -> Sequence[SpecError]:
    """Return what is wrong with `function:` and with what stands beside it."""
    model = spec.model
    if model.function is None:
        keys = [key for key in ("framework", "vjp") if getattr(model, key) is not None]
        return [UnusedKeyError(spec.key_mark(key), key) for key in keys]
    return [*_incomplete(spec), *(_not_beside(spec) if spec.is_code else ())]


def _incomplete(spec: Spec) -> Iterator[SpecError]:
    framework, vjp = spec.model.framework, spec.model.vjp
    if framework is None:
        yield FrameworkMissingError(spec.key_mark("function"))
    elif framework == "numpy" and vjp is None:
        yield VjpMissingError(spec.key_mark("framework"))
    elif framework != "numpy" and vjp is not None:
        yield VjpOfFrameworkError(spec.key_mark("vjp"), framework)


def _not_beside(spec: Spec) -> Iterator[SpecError]:
    model = spec.model
    for key in ("derived", "tape"):
        if getattr(model, key):
            yield NotBesideCodeError(spec.key_mark(key), key)
    for key in SECOND:
        if getattr(model.expect, key):
            yield NotBesideCodeError(spec.key_mark("expect", key), key)


def read_weights(spec: Spec, scope: Scope) -> Array | None:
    """Return the cotangent of code that stands alone, if it has one; raises SpecError."""
    given = spec.model.cotangent
    if given is None:
        return None
    return frozen(weights_written(spec, scope, given).astype(np.float64))


def declare_output(spec: Spec, scope: Scope) -> None:
    """Enter what code returns into a scope, where its value is claimed; raises SpecError."""
    for section in ("expect", "recorded"):
        claims = getattr(spec.model, section).values
        if OUTPUT in claims and OUTPUT not in scope.names:
            mark, given = spec.mark(section, "values", OUTPUT), claims[OUTPUT]
            shape = shape_written(given)
            if isinstance(given, str):
                apart = scope.continued()
                shape = scope.kinds[lower_expression(apart, mark, given)].shape
            kind = Kind(shape, np.dtype(np.float64))
            scope.names[OUTPUT] = scope.declare(OUTPUT, kind, Place(mark))
