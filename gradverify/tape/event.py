"""Event: one backward pass that went through, as a program whose loss was weighed."""

from dataclasses import dataclass
from typing import final

from gradverify.arrays import Values
from gradverify.program.program import Program


@final
@dataclass(frozen=True, slots=True)
class Event:
    """The entry of the script, the step of its loop if it is one, and what was differentiated.

    `program.names` maps tensors' keys to the values by which their gradients are taken; `primals`
    are the inputs that a loop has brought elsewhere than where they began.
    """

    position: int
    step: int | None
    program: Program
    primals: Values
