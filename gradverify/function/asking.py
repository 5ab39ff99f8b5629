"""Calls of a user's function, counted, quiet and all alike: the same seed, the same arrays."""

import contextlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar, final

from gradverify.arrays import Array
from gradverify.function.examined import Evaluations
from gradverify.function.space import Space, space
from gradverify.oracles.function import (
    Curved,
    Form,
    Function,
    Pullback,
    Pulled,
    Weight,
)
from gradverify.oracles.function_errors import OutputChangedError
from gradverify.oracles.oracle import Unsupported

Result = TypeVar("Result")


@final
@dataclass(slots=True)
class Asking:
    """A function that counts its passes; only its first call may print.

    `wide` says whether it can be asked in float64 where its own format is narrower.
    """

    function: Function
    seed: int
    around: Callable[[], contextlib.AbstractContextManager[object]]
    wide: bool = True
    forward: int = 0
    backward: int = 0
    outputs: Space | None = field(default=None)

    @property
    def evaluations(self) -> Evaluations:
        """What was asked so far."""
        return Evaluations(self.forward, self.backward)

    @property
    def leaves(self) -> Space:
        """Where the leaves stand among all entries."""
        return space([leaf.primal for leaf in self.function.leaves])

    def values(self, primals: Sequence[Array]) -> tuple[tuple[Array, ...], float]:
        """Return the outputs and the coarsest eps among their formats."""
        self.forward += 1
        with self._calling():
            found, eps = self.function.values(primals, wide=self.wide)
        self._same_shapes(found)
        return found, eps

    def pull(self, primals: Sequence[Array], form: Form) -> Pullback:
        """Return a forward pass whose way back is counted too."""
        self.forward += 1
        with self._calling():
            made = self.function.pull(primals, form)
        self._same_shapes(made.values)

        def back(weight: Weight) -> Pulled:
            self.backward += 1
            with self._calling():
                return made.back(weight)

        return Pullback(made.values, back, made.input_modified)

    def curve(
        self, primals: Sequence[Array], weight: Weight, tangents: Sequence[Array]
    ) -> Curved | Unsupported:
        """Return a second derivative; two backward passes."""
        with self._calling():
            found = self.function.curve(primals, weight, tangents)
        if not isinstance(found, Unsupported):
            self.forward, self.backward = self.forward + 1, self.backward + 2
        return found

    def push(
        self, primals: Sequence[Array], tangents: Sequence[Array]
    ) -> tuple[Array, ...] | Unsupported:
        """Return tangents of the outputs by forward mode."""
        with self._calling():
            found = self.function.push(primals, tangents)
        self.forward += 0 if isinstance(found, Unsupported) else 1
        return found

    def batched(
        self, primals: Sequence[Array], weights: Sequence[Weight]
    ) -> tuple[tuple[Array | None, ...], ...] | Unsupported:
        """Return gradients for several cotangents at once."""
        with self._calling():
            found = self.function.batched(primals, weights, wide=self.wide)
        if not isinstance(found, Unsupported):
            self.forward, self.backward = self.forward + 1, self.backward + 1
        return found

    @contextlib.contextmanager
    def _calling(self):
        first = self.forward + self.backward <= 1
        quiet = contextlib.nullcontext() if first else contextlib.redirect_stdout(io.StringIO())
        with quiet, self.around():
            yield

    def _same_shapes(self, values: Sequence[Array]) -> None:
        found = space(values)
        if self.outputs is None:
            self.outputs = found
        elif found.shapes != self.outputs.shapes:
            before, now = str(self.outputs.shapes), str(found.shapes)
            raise OutputChangedError(self.function.name, before, now)
