"""A spec's inputs handed to the code that it names: by name, or in order where no name fits."""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import takewhile
from typing import Any, Final, cast, final

from gradverify.arrays import Array, Values
from gradverify.errors import SpecErrors
from gradverify.function.made import Given, made, place
from gradverify.function.reference import MAKERS
from gradverify.oracles.arguments import Arguments, arguments, called, described, parameters
from gradverify.oracles.function import Function
from gradverify.oracles.function_errors import FunctionError, NoInputError
from gradverify.oracles.numpy_reference import Passes
from gradverify.program.program import Code, Program
from gradverify.run.import_errors import CodeError, InputsDoNotFitError, NoSuchParameterError
from gradverify.run.imported import Imported
from gradverify.spec.spec import Spec

OPEN: Final = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@final
@dataclass(frozen=True, slots=True)
class Order:
    """Which inputs are handed over by position, and which by keyword."""

    positional: tuple[str, ...]
    keywords: tuple[str, ...]


def handed(spec: Spec, program: Program, primals: Values, found: Imported) -> Function:
    """Return code as a function of a spec's inputs, whose leaves have their names.

    Raises SpecErrors where the inputs do not fit, or no gradient is to be had by them.
    """
    code, order = _code(program), _order(spec, found.function, tuple(program.inputs))
    asked = _given(program, primals, found, order)
    given = arguments(asked.function, asked.inputs, asked.keywords)
    names = dict(zip(_names(given, order), (*order.positional, *order.keywords), strict=True))
    still = {name for name, of in names.items() if not program.inputs[of].requires_grad}
    try:
        whole = made(asked)
        if code.framework != "torch":  # which has seen to it itself
            whole = _restricted(whole, found, given, still)
        return _renamed(whole, names)
    except FunctionError as error:
        raise SpecErrors([CodeError(code.mark, code.function, error)]) from error


def backward_place(spec: Spec, program: Program, primals: Values, found: Imported) -> str:
    """Return where the backward pass of code is written, as file:line, or nothing."""
    order = _order(spec, found.function, tuple(program.inputs))
    return place(_given(program, primals, found, order))


def _given(program: Program, primals: Values, found: Imported, order: Order) -> Given:
    code = _code(program)
    arrays = {name: _array(program, code, name, primals[name]) for name in program.inputs}
    positional = tuple(arrays[name] for name in order.positional)
    keywords = {name: arrays[name] for name in order.keywords}
    return Given(found.function, positional, keywords, found.vjp)


def _names(given: Arguments, order: Order) -> list[str]:
    """Return what the arguments are called, in order."""
    positional = [given.name(("positional", str(k))) for k in range(len(order.positional))]
    return [*positional, *order.keywords]


def _code(program: Program) -> Code:
    assert program.code is not None  # noqa: S101 - who has imported it has asked
    return program.code


def _array(program: Program, code: Code, name: str, primal: Array) -> Any:
    """Return an input as an array of the code's framework."""
    array = import_module(MAKERS[code.framework]).array(primal, str(primal.dtype))
    if code.framework == "torch" and program.inputs[name].requires_grad:
        return array.requires_grad_()
    return array


def _order(spec: Spec, function: Callable[..., Any], names: tuple[str, ...]) -> Order:
    """Return how inputs are handed over; raises SpecErrors where a name fits no parameter."""
    known, signature = parameters(function), _signature(function)
    kinds = [] if signature is None else [*signature.parameters.values()]
    free = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in kinds)
    only = [p.name for p in kinds if p.kind is inspect.Parameter.KEYWORD_ONLY]
    fitting = {*known, *only}
    if not (free and not known) and not fitting.intersection(names):
        return _fit(spec, function, signature, Order(names, ()))
    strange = [name for name in names if name not in fitting]
    if strange and not free:
        mark = spec.key_mark("inputs", strange[0])
        raise SpecErrors(
            [NoSuchParameterError(mark, strange[0], called(function), (*known, *only))]
        )
    leading = tuple(takewhile(lambda name: name in names, known))
    rest = tuple(name for name in names if name not in leading)
    return _fit(spec, function, signature, Order(leading, rest))


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    """Return the signature of a function, None where Python does not know what it takes."""
    try:
        found = inspect.signature(getattr(function, "forward", function))
    except (TypeError, ValueError):
        return None
    real = {*parameters(function)} <= {*found.parameters}
    kinds = {p.kind for p in found.parameters.values()}
    return found if real and kinds != {*OPEN} else None


def _fit(
    spec: Spec, function: Callable[..., Any], signature: inspect.Signature | None, order: Order
) -> Order:
    """Return an order that a signature takes; raises SpecErrors for another."""
    if signature is not None:
        try:
            _ = signature.bind(*order.positional, **{name: name for name in order.keywords})
        except TypeError as error:
            fault = InputsDoNotFitError(
                spec.key_mark("inputs"), called(function), str(signature), str(error)
            )
            raise SpecErrors([fault]) from error
    return order


def _renamed(found: Function, names: Mapping[str, str]) -> Function:
    """Return a function whose leaves are called as the spec calls its inputs."""
    leaves = tuple(replace(leaf, name=names.get(leaf.name, leaf.name)) for leaf in found.leaves)
    return _with(found, leaves=leaves)


def _restricted(
    whole: Function, found: Imported, given: Arguments, still: Collection[str]
) -> Function:
    """Return a function of which some inputs stand still. Raises NoInputError where all do."""
    moved = [leaf.name for leaf in whole.leaves if leaf.name not in still]
    if len(moved) == len(whole.leaves):
        return whole
    if not moved:
        raise NoInputError(described(given))
    maker = import_module(MAKERS["jax" if found.vjp is None else "numpy"])
    made = maker.restricted(Passes(found.function, found.vjp), given, moved)
    return _with(made, party=whole.party)


def _with(found: Function, **changes: Any) -> Function:
    """Return a function with some fields changed: each framework's is a dataclass."""
    return cast("Function", replace(cast("Any", found), **changes))
