"""The sentences for shapes, axes and indices that an op does not take."""

from gradverify.arrays import Shape
from gradverify.ops.op import ShapeMismatch


def _listed(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(str, shapes))


class BroadcastError(ShapeMismatch):
    """Shapes with no common shape."""

    def __init__(self, *shapes: Shape) -> None:
        super().__init__(f"shapes {_listed(shapes)} do not broadcast")


class RankError(ShapeMismatch):
    """An operand with the wrong number of axes."""

    def __init__(self, *shapes: Shape, op: str, expected: str) -> None:
        super().__init__(f"{op} takes {expected}, not {_listed(shapes)}")


class InnerSizeError(ShapeMismatch):
    """The sizes that a product sums over differ."""

    def __init__(self, left: Shape, right: Shape, op: str) -> None:
        sizes = f"{left[-1]} and {right[-2 if len(right) > 1 else 0]}"
        super().__init__(f"{op} of shapes {left} and {right}: the inner sizes {sizes} differ")


class BatchSizeError(ShapeMismatch):
    """Two batches of different sizes."""

    def __init__(self, left: Shape, right: Shape, op: str) -> None:
        sizes = f"{left[0]} and {right[0]}"
        super().__init__(f"{op} of shapes {left} and {right}: the batch sizes {sizes} differ")


class AxisError(ShapeMismatch):
    """An axis that an array does not have."""

    def __init__(self, axis: int, shape: Shape) -> None:
        super().__init__(f"shape {shape} has no axis {axis}")


class RepeatedAxisError(ShapeMismatch):
    """The same axis twice."""

    def __init__(self, axes: tuple[int, ...], shape: Shape) -> None:
        super().__init__(f"axes {axes} of shape {shape} name one axis twice")


class AxesError(ShapeMismatch):
    """A permutation that does not name every axis once."""

    def __init__(self, axes: tuple[int, ...], shape: Shape) -> None:
        super().__init__(f"axes {axes} do not name each axis of shape {shape} once")


class EmptyError(ShapeMismatch):
    """The largest or smallest of no entries."""

    def __init__(self, shape: Shape, op: str) -> None:
        super().__init__(f"{op} over no entries has no value: the shape is {shape}")


class ReshapeError(ShapeMismatch):
    """A shape that cannot hold the entries."""

    def __init__(self, shape: Shape, target: Shape) -> None:
        super().__init__(f"shape {shape} cannot be viewed as {target}")


class BroadcastToError(ShapeMismatch):
    """A shape that does not stretch to another."""

    def __init__(self, shape: Shape, target: Shape) -> None:
        super().__init__(f"shape {shape} does not broadcast to {target}")


class SqueezeError(ShapeMismatch):
    """An axis to be removed whose size is not 1."""

    def __init__(self, axis: int, shape: Shape) -> None:
        super().__init__(f"axis {axis} of shape {shape} has size {shape[axis]}, not 1")


class JoinError(ShapeMismatch):
    """Shapes that cannot be joined along an axis."""

    def __init__(self, *shapes: Shape, op: str, axis: int) -> None:
        super().__init__(f"{op} along axis {axis} does not fit shapes {_listed(shapes)}")


class NothingToJoinError(ShapeMismatch):
    """A list of no arrays."""

    def __init__(self) -> None:
        super().__init__("a list of no arrays cannot be joined")


class DifferentShapesError(ShapeMismatch):
    """Two shapes that have to be equal."""

    def __init__(self, left: Shape, right: Shape, op: str) -> None:
        super().__init__(f"{op} takes two arrays of one shape, not {left} and {right}")


class TargetShapeError(ShapeMismatch):
    """Targets that are not one class index a row of logits."""

    def __init__(self, logits: Shape, target: Shape) -> None:
        rows = logits[:-1]
        super().__init__(f"logits of shape {logits} take targets of shape {rows}, not {target}")


class NormOrderError(ShapeMismatch):
    """An order of norm that has no rule here."""

    def __init__(self, order: object) -> None:
        super().__init__(f"a norm of order {order}; known orders are 1, 2 and inf")


class LongIndexError(ShapeMismatch):
    """An index of more axes than there are."""

    def __init__(self, taken: int, shape: Shape) -> None:
        super().__init__(f"an index of {taken} axes does not fit shape {shape}")


class OutOfBoundsError(ShapeMismatch):
    """A static index outside its axis."""

    def __init__(self, entry: int, size: int) -> None:
        super().__init__(f"index {entry} is outside an axis of size {size}")


class ScatteredIndexError(ShapeMismatch):
    """Index arrays apart from one another: numpy and torch put the new axes in different places."""

    def __init__(self) -> None:
        super().__init__("index arrays and numbers beside them must stand together in an index")
