"""The Oracle protocol and the two answers that it allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Protocol, final

import numpy as np

from gradverify.arrays import Array, Values
from gradverify.program.program import NoLossError, Program


@final
@dataclass(frozen=True, slots=True)
class Wanted:
    """Which values of a program are wanted, and the derivative of the weighed loss by which.

    All names are names of values (`Program.kinds`). `cotangent` has the loss's shape; None asks
    for values only.
    """

    values: tuple[str, ...]
    variables: tuple[str, ...]
    cotangent: Array | None

    @property
    def weights(self) -> Array:
        """The cotangent in float64. Raises NoLossError where no gradient is asked for."""
        if self.cotangent is None:
            raise NoLossError
        return self.cotangent.astype(np.float64)


@final
@dataclass(frozen=True, slots=True)
class Probe:
    """A derivative along one direction, and how far it can be off.

    `left` and `right` are the one-sided slopes, and `kinked` says that they stay apart. `step`
    is the smallest step that counted: noise of n in the loss moves the derivative by n / step.
    `size` is what the loss itself comes to, at this point or along the line, which no
    derivative is small against.
    """

    direction: Array
    derivative: float
    bar: float
    left: float
    right: float
    kinked: bool
    step: float
    size: float
    passes: int


def _nothing() -> Mapping[str, Array]:
    return MappingProxyType({})


def _no_probes() -> Mapping[str, tuple[Probe, ...]]:
    return MappingProxyType({})


@final
@dataclass(frozen=True, slots=True)
class Gradients:
    """An oracle's answer: values, and gradients of the weighed loss, by the value's name.

    A variable that the loss does not depend on has a gradient of zeros. What an oracle does not
    claim is absent. `precision` is how far a claimed gradient may be from what is meant (a
    printed digit, an error bar), and `value_precision` likewise for values; absent: exact.
    `probes` are derivatives along directions, where an oracle measures those.
    """

    values: Values = field(default_factory=_nothing)
    wrt: Values = field(default_factory=_nothing)
    precision: Values = field(default_factory=_nothing)
    value_precision: Values = field(default_factory=_nothing)
    probes: Mapping[str, tuple[Probe, ...]] = field(default_factory=_no_probes)


@final
@dataclass(frozen=True, slots=True)
class Unsupported:
    """An oracle has no answer, and says why."""

    reason: str


class Oracle(Protocol):
    """One independent way to get gradients; a plug-in needs nothing but a name and this method."""

    name: ClassVar[str]

    def differentiate(
        self, program: Program, primals: Values, wanted: Wanted
    ) -> Gradients | Unsupported:
        """Answer for every wanted variable, or say why not.

        `primals` are the inputs by name, read-only, in the program's dtypes. `wrt` of the answer
        holds a real array of its value's shape for each of `wanted.variables`, zeros where the loss
        does not depend on it; `values` may hold any of `wanted.values`. What is raised here is
        reported as the oracle's own fault and ends nothing else.
        """
        ...
