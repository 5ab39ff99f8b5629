"""Functions of numpy with backward passes, right and wrong ones, and what is made of them."""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from gradverify.arrays import Array
from gradverify.function.accused import Accused
from gradverify.function.besides import NOTHING, Besides
from gradverify.function.conduct import conduct
from gradverify.function.examine import examine
from gradverify.function.examined import Examined
from gradverify.function.line import Line
from gradverify.function.made import Given, made
from gradverify.function.search import Look, look
from gradverify.function.start import start
from gradverify.function.structure import structure
from gradverify.function.taken import Taken
from gradverify.function.trial import Trial
from gradverify.oracles.function import Form, Function, Pullback
from gradverify.oracles.numpy_function import NumpyFunction
from gradverify.verdict.verdict import Finding

Vjp: TypeAlias = Callable[..., Any]
Numbers: TypeAlias = Callable[..., Any]
"""A function whose parameters and result are arrays or nests of them."""

STEP: Final = 2.0**-7


def normal(*shape: int, seed: int = 0) -> Array:
    """Return seeded numbers of both signs, none of them near to 0."""
    rng = np.random.default_rng(seed)
    return rng.uniform(0.5, 2.0, shape) * rng.choice((-1.0, 1.0), shape)


def square(x: Array) -> Array:
    return x * x


def square_vjp(ct: Array, _out: Array, x: Array) -> Array:
    return 2 * ct * x


def relu(x: Array) -> Array:
    return np.maximum(x, 0.0)


def relu_vjp(at_kink: float) -> Vjp:
    """Return the backward pass of `relu` with this derivative at 0."""

    def vjp(ct: Array, _out: Array, x: Array) -> Array:
        return ct * np.where(x > 0, 1.0, np.where(x == 0, at_kink, 0.0))

    return vjp


def layer(x: Array, w: Array) -> Array:
    return np.tanh(x @ w)


def layer_vjp(ct: Array, out: Array, x: Array, w: Array) -> tuple[Array, Array]:
    inner = ct * (1 - out**2)
    return inner @ w.T, x.T @ inner


def changed(vjp: Vjp, change: Callable[[Array], Any], leaf: int = 0) -> Vjp:
    """Return a backward pass with the gradient of one input changed."""

    def wrong(ct: Any, out: Any, *inputs: Any) -> Any:
        grads = _gradients(vjp(ct, out, *inputs))
        grads[leaf] = change(np.array(grads[leaf]))
        return tuple(grads)

    return wrong


def _gradients(returned: Any) -> list[Array]:
    return [*returned] if isinstance(returned, tuple) else [returned]


def with_entries(change: Callable[[Array], Array], *entries: Any) -> Callable[[Array], Array]:
    """Return a change of these entries alone."""

    def some(gradient: Array) -> Array:
        for entry in entries:
            gradient[entry] = change(gradient[entry])
        return gradient

    return some


def twice(gradient: Array) -> Array:
    return 2 * gradient


def function_of(forward: Numbers, vjp: Vjp, *inputs: Any) -> NumpyFunction:
    found = made(Given(forward, inputs, {}, vjp))
    assert isinstance(found, NumpyFunction)
    return found


def made_of(function: Numbers, *inputs: Any) -> Function:
    """Return the function of a callable of torch or jax."""
    return made(Given(function, inputs, {}, None))


def begun(function: Function, seed: int = 0) -> tuple[Trial, Pullback]:
    """Return a trial after the first call, and that call, as an examination has them."""
    trial = start(function, seed)
    first = trial.pull(Form(wide=trial.ask.wide))
    assert isinstance(first, Pullback)
    claimed = trial.back(first, 0)
    assert isinstance(claimed, Taken)
    trial.claimed[0] = claimed
    return trial, first


def trial_of(forward: Numbers, vjp: Vjp, *inputs: Any, seed: int = 0) -> Trial:
    return begun(function_of(forward, vjp, *inputs), seed)[0]


def conducted(function: Function) -> Finding | None:
    """Return what the conduct of a backward pass comes to, its gradient taken for right."""
    trial, first = begun(function)
    _ = structure(trial)
    return conduct(trial, first, trial.lines())


def examined(
    forward: Numbers, vjp: Vjp, *inputs: Any, seed: int = 0, besides: Besides = NOTHING
) -> Examined:
    return examine(function_of(forward, vjp, *inputs), seed, besides)


def codes(found: Examined) -> list[str]:
    return [item.code for item in found.findings]


def alone(trial: Trial, line: Line, leaf: int) -> Array:
    """Return a line's direction with every other leaf standing still."""
    span = trial.point.leaves.span(leaf)
    kept = np.zeros(line.direction.size)
    kept[span] = line.direction[span]
    return kept


def looks_of(trial: Trial, leaf: int) -> tuple[Look, ...]:
    span = trial.point.leaves.span(leaf)
    seen = [look(trial.point, alone(trial, line, leaf), STEP) for line in trial.lines()]
    return tuple(Look(one.direction[span], one.values, one.bars) for one in seen)


def accused_of(forward: Numbers, vjp: Vjp, *inputs: Any, leaf: int = 0) -> Accused:
    """Return what is known of one leaf whose gradient is held to be wrong."""
    trial = trial_of(forward, vjp, *inputs)
    for k in range(1, len(trial.weights) - 1):
        taken = trial.again(k)
        assert isinstance(taken, Taken)
        trial.claimed[k] = taken
    span = trial.point.leaves.span(leaf)
    claims = tuple(trial.claimed[k].flat[span] for k in sorted(trial.claimed))
    return Accused(trial, leaf, claims, looks_of(trial, leaf))


def claims_for(accused: Accused, vjp: Vjp, *inputs: Array) -> Sequence[Array]:
    """Return what another backward pass gives for the same cotangents, flat, by the same leaf."""
    trial, found = accused.trial, list[Array]()
    assert trial.ask.outputs is not None
    out = trial.point.value.reshape(trial.ask.outputs.shapes[0])
    for k in range(len(accused.claims)):
        (ct,) = trial.weights[k].arrays
        found.append(np.ravel(_gradients(vjp(ct, out, *inputs))[accused.leaf]))
    return found
