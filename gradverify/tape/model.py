"""The tape model: pure Python over the rule table, which predicts what an eager tape will show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.program.program import Step
from gradverify.tape.engine import Pass, worked_out
from gradverify.tape.event import Event
from gradverify.tape.grad_fns import OR, kinds
from gradverify.tape.noise import rounded_at_random
from gradverify.tape.recorded import AS_STRIDED, node_of, ran, renew, tensor_of
from gradverify.tape.script import GRAD, Computed, Cotangent, Flag, Script, Track, Uninitialised
from gradverify.tape.tape import TapeError, Trouble
from gradverify.tape.tensor import Grad, Graph, Node, Part, Tensor
from gradverify.tape.trace import Saved, Trace

"""Between the kinds of `grad_fn` that one can be."""


@final
@dataclass(slots=True)
class TapeModel:
    """An eager tape without torch: every tensor, every node, and what each backward pass meant.

    `events` are the backward passes that went through, as programs with a loss; `origins` say of
    every gradient that was read, by position in the script and key, which passes it is made of.
    `values` are what every tensor held when an entry's turn came. With `noise` every result is
    rounded at random.
    """

    script: Script
    trace: Trace
    tensors: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    events: dict[int, Event] = field(default_factory=dict[int, Event])
    origins: dict[tuple[int, int | None, str], Grad | None] = field(
        default_factory=dict[tuple[int, int | None, str], Grad | None]
    )
    values: dict[int, Values] = field(default_factory=dict[int, Values])
    position: int = 0
    step: int | None = None
    tracing: bool = True
    passes: int = 0
    nodes: int = 0
    noise: np.random.Generator | None = None
    loop: Saved | None = None

    def turn(self, position: int, step: int | None, *, snapshot: bool) -> None:
        """Note where the script is; at each step of a loop the trace begins as the loop did."""
        self.position, self.step, self.tracing = position, step, snapshot
        if step is None:
            self.loop = None
            self.values[position] = {key: it.array for key, it in self.tensors.items()}
            return
        if self.loop is None:
            self.loop = self.trace.save()
        if not snapshot:
            return
        self.trace.rewind(self.loop)
        for key in self.script.inputs:
            self.trace.restart(key, self.tensors[key].array)

    def record(self, steps: Sequence[Step], *, on_tape: bool) -> None:
        """Run statements."""
        for step in steps:
            self._record(step, on_tape=on_tape)

    def _record(self, step: Step, *, on_tape: bool) -> None:
        done = ran(step, self.tensors)
        if self.noise is not None and done.view is None:
            done = replace(done, out=rounded_at_random(done.out, self.noise))
        tracked = on_tape and done.is_differentiable
        tracked = tracked and any(tensor.requires_grad for tensor in done.tensors)
        if tracked:
            for tensor in done.tensors:
                self._renew(tensor)
        needs = [isinstance(it, Tensor) and it.requires_grad for it in done.operands]
        out = tensor_of(done)
        if tracked:
            out.node = node_of(done, out, self._next())
        self.tensors[step.output] = out
        if self.tracing:
            pairs = zip(step.operands, needs, strict=True)
            tracks = {it: need and on_tape for it, need in pairs if isinstance(it, str)}
            self.trace.record(step, tracks, done.out)

    def _next(self) -> int:
        self.nodes += 1
        return self.nodes

    def _renew(self, tensor: Tensor) -> None:
        """Do what torch does whenever a tensor's `grad_fn` is looked at."""
        if renew(tensor, self.nodes + 1):
            self.nodes += 1

    def _place(self, key: str) -> Graph | None:
        tensor = self.tensors[key]
        self._renew(tensor)
        return tensor.place

    def backward(self, key: str, cotangent: Cotangent, *, retain_graph: bool) -> None:
        """Go backward, and note what it meant if it went through."""
        first, ct = self._start(key, cotangent)
        Pass(retain_graph, None, self._env, self.noise).run(first, ct)
        self._note(key, ct.array)

    def differentiate(
        self, goal: str, by: Sequence[str], cotangent: Cotangent, *, keep: bool, unused: bool
    ) -> Mapping[str, Array | None]:
        """Return what autograd.grad gives."""
        first, ct = self._start(goal, cotangent)
        for key in by:
            self._assert_tracked(key)
        done = Pass(keep, {key: self._place(key) for key in by}, self._env)
        done.run(first, ct)
        self._note(goal, ct.array)
        for key in by:
            self.origins[self.position, self.step, key] = done.captured.get(key)
        if not unused and any(key not in done.captured for key in by):
            raise TapeError(Trouble.UNUSED)
        return {key: _array(done.captured.get(key)) for key in by}

    def _start(self, key: str, cotangent: Cotangent) -> tuple[Graph, Grad]:
        """Return where a backward pass begins, and with what; raises TapeError."""
        array = self.tensors[key].array
        weights = self._weights(array, cotangent)
        if weights.shape != array.shape:
            raise TapeError(Trouble.COTANGENT_SHAPE, given=weights.shape, shape=array.shape)
        self._assert_tracked(key)
        if cotangent is None and array.size != 1:
            raise TapeError(Trouble.NEEDS_SCALAR)
        first = self._place(key)
        if first is None:
            raise TapeError(Trouble.DETACHED)
        self.passes += 1
        random = isinstance(cotangent, Uninitialised)
        return first, Grad(weights, (Part(self.passes, random=random),))

    def _weights(self, array: Array, cotangent: Cotangent) -> Array:
        match cotangent:
            case None:
                return np.ones_like(array)
            case Uninitialised():
                return np.ones(cotangent.shape, array.dtype)
            case Computed():
                return worked_out(cotangent, self._env)
            case _:
                return cotangent

    def _note(self, key: str, weights: Array) -> None:
        if self.tracing:
            found = self.trace.program(key, weights)
            if found is not None:
                self.events[self.passes] = Event(self.position, self.step, *found)

    @property
    def _env(self) -> Mapping[str, Any]:
        return _Env(self.tensors)

    def number(self, what: str, key: str) -> Array | None:
        """Return what one reads, and note what a gradient is made of."""
        tensor = self.tensors[key]
        if what == "value":
            return tensor.array
        found = tensor.seen if what == "hooked" else self._grad(key)
        self.origins[self.position, self.step, key] = found
        return _array(found)

    def _grad(self, key: str) -> Grad | None:
        tensor = self.tensors[key]
        is_leaf = not isinstance(self._place(key), Node)
        return tensor.grad if is_leaf or tensor.retains else None

    def flag(self, what: str, key: str) -> Flag:
        """Return what one reads; of several kinds of `grad_fn` that can be, all."""
        if what == "requires_grad":
            return self.tensors[key].requires_grad
        place = self._place(key)
        if what == "is_leaf":
            return not isinstance(place, Node)
        if not isinstance(place, Node):
            return None
        return AS_STRIDED if place.work is None else OR.join(sorted(kinds(place.work.step.op)))

    def retain_grad(self, key: str) -> None:
        """Keep the gradient of a non-leaf."""
        self._assert_tracked(key)
        place = self._place(key)
        if isinstance(place, Node):
            place.retains = place.out.retains = True

    def hook(self, key: str, change: Computed | None) -> None:
        """Note what passes, and change it; hooks stand where the tensor's first one does."""
        self._assert_tracked(key)
        tensor, place = self.tensors[key], self._place(key)
        if tensor.hooked is None:
            tensor.hooked = place or tensor
        tensor.hooked.hooks.append(change)

    def _assert_tracked(self, key: str) -> None:
        if not self.tensors[key].requires_grad:
            raise TapeError(Trouble.DETACHED)

    def zero(self, key: str, *, set_to_none: bool) -> None:
        """Set `.grad` to zeros or to None."""
        found = self._grad(key)
        if found is not None:
            zeros = Grad(np.zeros_like(found.array), ())
            self.tensors[key].grad = None if set_to_none else zeros

    def track(self, key: str, *, flag: bool) -> None:
        """Set `requires_grad`, which only a leaf can lose."""
        tensor = self.tensors[key]
        if isinstance(self._place(key), Node) and not flag:
            raise TapeError(Trouble.NOT_A_LEAF)
        if flag and tensor.array.dtype.kind != "f":
            raise TapeError(Trouble.NOT_FLOATING)
        tensor.flagged = flag

    def put(self, key: str, value: Computed, *, no_grad: bool) -> None:
        """Put new entries in place."""
        tensor = self.tensors[key]
        new = worked_out(value, self._env)
        new = new if self.noise is None else rounded_at_random(new, self.noise)
        before = {other: other.array for other in tensor.family}
        tensor.put(new, noticed=no_grad)
        for other, array in before.items():
            # a key that a later step of a loop has taken over is no longer this tensor's
            mine = self.tensors.get(other.key) is other and other.key in self.trace.current
            if self.tracing and mine and array is not other.array:
                self.trace.put(other.key, other.array, tracked=other.requires_grad)


@final
@dataclass(frozen=True, slots=True)
class _Env(Mapping[str, Any]):
    """The arrays of all tensors by key, and their gradients by key.grad."""

    tensors: Mapping[str, Tensor]

    def __getitem__(self, key: str) -> Array:
        if not key.endswith(GRAD):
            return self.tensors[key].array
        grad = self.tensors[key.removesuffix(GRAD)].grad
        if grad is None:
            raise TapeError(Trouble.NO_GRADIENT, key=key)
        return grad.array

    def __iter__(self) -> Any:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)


def model_of(script: Script, primals: Values) -> TapeModel:
    """Return a tape with the inputs on it and nothing else."""
    ever = {name for name, item in script.inputs.items() if item.requires_grad}
    for entry in script.entries:
        if isinstance(entry.act, Track):
            ever.update(item.key for item in entry.act.variables)
    live = {name for name in ever & script.inputs.keys() if script.inputs[name].kind.differentiable}
    trace = Trace(script.inputs, live)
    tensors: dict[str, Tensor] = {}
    for name, item in script.inputs.items():
        array = np.array(primals[name])
        tensors[name] = Tensor(name, array, item.requires_grad)
        trace.kinds[name] = item.kind
        trace.current[name] = trace.first[name] = name
    return TapeModel(script, trace, tensors)


def _array(grad: Grad | None) -> Array | None:
    return None if grad is None else grad.array
