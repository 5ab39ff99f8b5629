"""The examples of specs/ that have gradients: their inputs, and their intermediates' shapes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int, ...]

EYES: Final = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
COUNT: Final = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
FOUR: Final = np.array([[1.0, 2.0], [3.0, 4.0]])
TENS: Final = np.array([[10.0, 20.0], [30.0, 40.0]])
STACK_A: Final = np.array([[[1, 2, 3], [4, 5, 6]], [[1, 0, -1], [2, 1, 0]]], dtype=float)
STACK_B: Final = np.array([[[1, 0], [0, 1], [1, 1]], [[2, 1], [0, -1], [1, 3]]], dtype=float)
STACK_M: Final = np.array([[[10, 20], [30, 40]], [[1, 1], [1, 1]]], dtype=float)
STACK_W: Final = np.array([[[1, 2], [3, 4]], [[1, -1], [2, 0]]], dtype=float)
ONES: Final = np.ones((2, 2))
PAIR: Final = np.array([[1.0, 2.0]])
TENTHS: Final = np.array([[1.0, 0.1], [0.01, 0.001]])


@final
@dataclass(frozen=True, slots=True)
class Example:
    """A spec of specs/ by its title, and `function`, the name of what it differentiates.

    Gradients are wanted by every leaf and by every intermediate; with `jacobian`, the Jacobian by
    `x` as well. `cotangent` None is a scalar loss.
    """

    title: str
    function: str
    leaves: Mapping[str, Array]
    intermediates: Mapping[str, Shape] = field(default_factory=dict[str, Shape])
    constants: Mapping[str, Array] = field(default_factory=dict[str, Array])
    cotangent: Array | None = None
    jacobian: bool = False


def normal(seed: int, **shapes: Shape) -> Mapping[str, Array]:
    """Return standard normal arrays."""
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def small_network(title: str, seed: int) -> Example:
    """Return an example on the network of 50 x 40 x 100 x 10."""
    leaves = normal(seed, x=(50, 40), y=(50, 10), w1=(40, 100), w2=(100, 10))
    shapes = {"h": (50, 100), "h_relu": (50, 100), "y_pred": (50, 10)}
    return Example(title, "half_squared_error", leaves, shapes)


def large_network() -> Example:
    """Return the example on the network of 100 x 64 x 1000 x 10."""
    title = "The first step of a two-layer network with its own backward pass"
    leaves = normal(1, x=(100, 64), y=(100, 10), w1=(64, 1000), w2=(1000, 10))
    shapes = {"h": (100, 1000), "h_relu": (100, 1000), "y_pred": (100, 10)}
    return Example(title, "squared_error", leaves, shapes)


def sigmoids(title: str, function: str) -> Example:
    """Return an example on the matrix and the column of document 003."""
    ws = np.array([[1.0, 3.0, 5.0], [0.2, 0.4, 0.6]])
    leaves = {"xs": np.array([[1.0], [2.0], [3.0]]), "ws": ws}
    return Example(title, function, leaves, {"ys": (2, 1), "a_s": (2, 1)})


def stacks(title: str, function: str, result: str, **leaves: Array) -> Example:
    """Return an example that multiplies stacks and keeps a stack."""
    shapes = {result: (2, 2, 2)}
    leaves = {**leaves, "a": STACK_A, "b": STACK_B}
    return Example(title, function, leaves, shapes, {"weights": STACK_W})


def matrices(title: str, function: str, result: str, **leaves: Array) -> Example:
    """Return an example that multiplies two matrices."""
    leaves = {**leaves, "a": COUNT, "b": EYES}
    return Example(title, function, leaves, {result: (2, 2)}, {"weights": FOUR})


def three_y_squared(title: str) -> Example:
    """Return an example on the mean of 3 y squared."""
    shapes = {"y": (2, 2), "z": (2, 2)}
    return Example(title, "mean_of_three_y_squared", {"x": ONES}, shapes)


VECTORS: Final = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([4.0, 5.0, 6.0])}
BITS: Final = {
    "test0": np.array([[1.0, 1.0], [0.0, 0.0]]),
    "test1": np.array([[1.0, 0.0], [1.0, 0.0]]),
}
QUARTER: Final = np.arange(1.0, 5.0)
SQUARE: Final[Mapping[str, Shape]] = {"y": (1, 2)}
LAST: Final = {"w1": (64, 1000), "w2": (1000, 10)}
DATA: Final = {"x": (100, 64), "y": (100, 10)}

EXAMPLES: Final = (
    Example("dot is the inner product of two vectors", "dot", VECTORS),
    matrices("mm multiplies two matrices", "mm", "product"),
    Example("matmul can stand for dot", "dot_by_matmul", VECTORS),
    matrices("matmul can stand for mm", "mm_by_matmul", "by_matmul"),
    Example(
        "The star multiplies entry by entry",
        "star",
        {"a": FOUR, "b": FOUR + 4},
        {"product": (2, 2)},
        {"weights": FOUR},
    ),
    stacks("bmm multiplies two stacks of matrices pair by pair", "bmm", "product"),
    matrices("addmm adds a matrix to a matrix product", "addmm", "total", m=TENS),
    matrices("addmm with both of its factors", "addmm_with_factors", "total", m=TENS),
    Example(
        "addbmm adds a matrix to the sum of a stack of products",
        "addbmm",
        {"m": TENS, "a": STACK_A, "b": STACK_B},
        {"total": (2, 2)},
        {"weights": FOUR},
    ),
    stacks(
        "baddbmm adds a stack of matrices to a stack of products", "baddbmm", "total", m=STACK_M
    ),
    Example(
        "A relu with a backward pass of its own",
        "squared_error_of_a_relu",
        normal(3, w1=(5, 6), w2=(6, 2)),
        {"input": (8, 6), "output": (8, 6), "y_pred": (8, 2)},
        normal(4, x=(8, 5), y=(8, 2)),
    ),
    small_network("A network in NumPy whose relu is masked by its gradient", 1),
    small_network("The same network in PyTorch with the same wrong mask", 2),
    small_network("The same network with the mask mended", 1),
    Example(
        "The square of three x weighed by a tenth",
        "square_of_three_x",
        {"xx": np.array([[1.1988]])},
        {"yy": (1, 1)},
        cotangent=np.array([[0.1]]),
    ),
    three_y_squared("The mean of y times y times 3 with y two more than x"),
    Example(
        "A cube outside the tape adds nothing to the gradient",
        "cube_outside",
        {"x": np.array(1.0)},
        {"y1": ()},
    ),
    Example("A view weighed by a cotangent", "view", {"x": QUARTER}, {"y": (4,)}, cotangent=TENTHS),
    Example(
        "Going backward with v is the gradient of the sum of z times v",
        "weighed_view",
        {"x": QUARTER},
        {"y": (4,), "z": (2, 2)},
        {"v": TENTHS},
    ),
    sigmoids("The sum of two squared sigmoids", "squared_sigmoids"),
    sigmoids("Formula (4) is half of the gradient", "squared_sigmoids"),
    sigmoids("Formulas (1) to (4) are right for half the sum of squares", "half_squared_sigmoids"),
    Example(
        "Two inputs added share one gradient",
        "two_inputs",
        {"x": ONES, "x2": np.array([[1.0, 2.0], [3.0, 1.0]])},
        {"y": (2, 2), "z": (2, 2)},
    ),
    three_y_squared("The mean of 3 y squared with y two more than x"),
    three_y_squared("The gradients of x and of y are the same"),
    large_network(),
    Example(
        "The first step of the same network left to autograd",
        "squared_error_in_a_chain",
        normal(2, **LAST),
        {"y_pred": (100, 10)},
        normal(3, **DATA),
    ),
    Example("The mean of two squares", "mean_of_squares", {"x": PAIR}, SQUARE),
    Example(
        "The mean of x squared plus x at one",
        "mean_of_x_squared_plus_x",
        {"x": np.ones((1, 1))},
        {"y": (1, 1)},
    ),
    Example("One of two outputs as the loss", "one_output", {"x": PAIR}, SQUARE),
    Example(
        "One of two outputs picked by a cotangent",
        "both_outputs",
        {"x": PAIR},
        cotangent=np.array([[0.0, 1.0]]),
    ),
    Example("The sum of two squares", "sum_of_squares", {"x": PAIR}, SQUARE),
    Example(
        "The gradient of the mean is half of the sum's",
        "mean_and_sum",
        {"x": PAIR},
        SQUARE,
        cotangent=np.ones(2),
        jacobian=True,
    ),
    Example(
        "A sum and a difference, built by index assignment and summed",
        "sum_of_outputs",
        {"x": PAIR},
        SQUARE,
    ),
    Example(
        "The full Jacobian of a sum and a difference",
        "both_outputs",
        {"x": PAIR},
        cotangent=np.ones((1, 2)),
        jacobian=True,
    ),
    Example(
        "Two matrices multiplied entry by entry and as matrices",
        "both_products",
        {"one": np.array(1.0)},
        {"test0": (2, 2), "test1": (2, 2), "by_entry": (2, 2), "by_matrix": (2, 2)},
    ),
    Example("The product entry by entry is differentiated entry by entry", "by_entry", BITS),
    Example("The matrix product is differentiated by rows and columns", "by_matrix", BITS),
)
