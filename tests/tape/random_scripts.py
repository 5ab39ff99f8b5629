"""Random tape scripts as YAML texts: what a failing example shrinks to is a spec to be read."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any, Final, TypeAlias, final

import numpy as np
from hypothesis import strategies as st

from gradverify.arrays import Shape
from gradverify.tape.saved import MATRIX

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

NUMBERS: Final = (0.7, -1.3, 0.4, 1.9, -0.6, 1.1, -0.2, 0.9, -1.7, 0.3, 1.4, -0.8, 0.5)
"""Entries of inputs: no two alike, none at a kink."""

SAME: Final = (
    *("{0} + 2", "2 * {0}", "{0} * 3", "{0} / 2", "2 / (1 + {0} * {0})", "1 - {0}", "-{0}"),
    *("{0} ** 2", "square({0})", "{0} ** 3", "{0} * {0}", "exp({0})", "expm1({0})", "sigmoid({0})"),
    *("tanh({0})", "relu({0})", "clip({0}, -1, 1)", "clip({0}, min=0.1)", "abs({0})", "sin({0})"),
    *("log(1 + {0} ** 2)", "sqrt(1 + {0} ** 2)", "maximum({0}, 0.1)", "where({0} > 0, {0}, 0.5)"),
    *("where({0} > 0, 2.0, {0})", "softplus({0})", "reciprocal(3 + {0} ** 2)", "clip({0})"),
    *("detach({0})", "no_grad({0})", "no_grad({0} * 2)", "sign({0})", "astype({0}, 'float64')"),
    "astype({0}, 'float32')",
)
PAIRS: Final = (
    *("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / (2 + {1} ** 2)", "maximum({0}, {1})"),
    *("minimum({0}, {1})", "where({0} > {1}, {0}, {1})", "{0} * exp({1})", "{0} + 2 * {1}"),
)
SCALARS: Final = (
    *("sum({0})", "mean({0})", "max({0})", "logsumexp({0})", "prod({0})", "var({0})"),
    *("vector_norm({0})", "min({0})", "sum({0} * {0})", "mean(3 * {0} ** 2)"),
)
REDUCED: Final = (
    *("sum({0}, axis={1})", "mean({0}, axis={1})", "max({0}, axis={1})", "prod({0}, axis={1})"),
    "logsumexp({0}, axis={1})",
)
ALONG: Final = ("softmax({0}, axis={1})", "log_softmax({0}, axis={1})")
INDICES: Final[dict[str, tuple[Any, ...]]] = {
    "0": (0,),
    "-1": (-1,),
    "1:": (slice(1, None),),
    "::2": (slice(None, None, 2),),
    "None": (None,),
    "..., 0": (..., 0),
    ":, 0": (slice(None), 0),
    "None, 0": (None, 0),
    "...": (...,),
    ":": (slice(None),),
}
SHAPES: Final = ((2, 3), (3,), (), (2,), (2, 2), (1, 3), (1,))
CHANGES: Final = ("2 * grad", "-grad", "grad + 1", "clip(grad, -0.5, 0.5)", "grad * 0")
FLAGS: Final = {"is_leaf": True, "requires_grad": True, "grad_fn": None}
LARGEST: Final = 24  # entries
DEEPEST: Final = 3  # axes


@final
@dataclass(frozen=True, slots=True)
class Sort:
    """What is known of a tensor.

    `shared` says that two of its entries are one place in memory, to which torch does not write.
    """

    shape: Shape
    floating: bool = True
    shared: bool = False


Made: TypeAlias = tuple[str, Sort]
"""An expression, and what it gives."""


@final
@dataclass(slots=True)
class Statements:
    """Writes statements over tensors of which every shape is known."""

    draw: Draw
    sorts: dict[str, Sort] = field(default_factory=dict[str, Sort])
    inputs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    hooked: list[str] = field(default_factory=list[str])
    names: int = 0

    def pick(self, options: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(options))

    def chance(self, one_in: int) -> bool:
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    @property
    def floats(self) -> list[str]:
        return [name for name, sort in self.sorts.items() if sort.floating]

    @property
    def made(self) -> list[str]:
        return [name for name in self.floats if name not in self.inputs]

    def like(self, shape: Shape) -> list[str]:
        return [name for name in self.floats if self.sorts[name].shape == shape]

    def input(self, shape: Shape) -> None:
        """Add a floating input, which may not require a gradient, and may be rounded."""
        name, turned = f"x{len(self.inputs)}", self.draw(st.integers(0, len(NUMBERS) - 1))
        self.inputs[name] = {"value": np.resize(np.roll(NUMBERS, turned), shape).tolist()}
        if self.chance(8):
            self.inputs[name]["requires_grad"] = False
        if self.chance(5):
            self.inputs[name]["dtype"] = self.pick(["float32", "float16"])
        self.sorts[name] = Sort(shape)

    def whole(self) -> None:
        """Add inputs of whole numbers: places along an axis."""
        for name, value in (("k", [1, 0]), ("t", 1)):
            self.inputs[name] = {"value": value, "dtype": "int64"}
            self.sorts[name] = Sort(np.shape(value), floating=False)

    def bind(self, name: str, sort: Sort) -> None:
        """Note what a name stands for; hooks are those of a tensor, not of its name."""
        self.sorts[name] = sort
        if name in self.hooked:
            self.hooked.remove(name)

    def statement(self) -> str:
        """Return a statement, whose name may be new or that of another tensor by now."""
        if self.made and self.chance(6):
            return self.update(self.pick(self.made))
        text, sort = self.expression()
        old = self.made if self.chance(6) else []
        self.names += 1
        name = self.pick(old) if old else f"y{self.names}"
        self.bind(name, sort)
        return f"{name} = {text}"

    def update(self, name: str) -> str:
        """Return `y[i] = value`."""
        shape = self.sorts[name].shape
        index, kept = self.pick([*self.indices(name)])
        values = self.like(kept)
        value = self.pick(values) if values and self.chance(2) else "0.5"
        self.bind(name, Sort(shape))
        return f"{name}[{index}] = {value}"

    def indices(self, name: str) -> Iterator[tuple[str, Shape]]:
        """Every index that fits, and what shape it gives."""
        shape = self.sorts[name].shape
        for text, index in INDICES.items():
            try:
                yield text, np.zeros(shape)[index].shape
            except IndexError:
                continue
        if "k" not in self.sorts or not shape or shape[0] < 2:
            return
        yield "k", (2, *shape[1:])
        yield "t", shape[1:]
        if shape[1:] and shape[1] > 1:
            yield "k, k", (2, *shape[2:])
            yield "t, k", (2, *shape[2:])
            yield ":, k", (shape[0], 2, *shape[2:])
            yield "0, t", shape[2:]

    def expression(self) -> Made:
        name = self.pick(self.floats)
        make = self.pick([self.elementwise, self.pair, self.view, self.reduced, self.product])
        return make(name)

    def elementwise(self, name: str) -> Made:
        if self.chance(12):
            return f"astype({name}, 'int64')", replace(self.sorts[name], floating=False)
        return self.pick(SAME).format(name), self.sorts[name]

    def pair(self, name: str) -> Made:
        shape = self.sorts[name].shape
        other = self.pick([it for it in self.sorts if _joined(shape, self.sorts[it].shape)])
        joined = Sort(np.broadcast_shapes(shape, self.sorts[other].shape))
        if not self.sorts[other].floating:
            return f"{name} * {other}", joined
        if self.sorts[other].shape == shape and prod(shape) and self.chance(8):
            return f"mse_loss({name}, {other})", Sort(())
        return self.pick(PAIRS).format(name, other), joined

    def view(self, name: str) -> Made:
        return self.pick([*self.views(name)])

    def views(self, name: str) -> Iterator[Made]:
        """Every other arrangement of a tensor's entries."""
        shape, shared = self.sorts[name].shape, self.sorts[name].shared
        yield f"{name}.T", Sort(shape[::-1], shared=shared)
        for index, kept in self.indices(name):
            yield f"{name}[{index}]", Sort(kept, shared=shared)
        for target in ((prod(shape),), shape, (*shape, 1), (1, *shape), shape[::-1]):
            yield f"reshape({name}, {target})", Sort(target, shared=shared)
        yield f"flatten({name})", Sort((prod(shape),), shared=shared)
        yield f"expand_dims({name}, axis=0)", Sort((1, *shape), shared=shared)
        yield f"expand_dims({name}, axis=-1)", Sort((*shape, 1), shared=shared)
        yield f"squeeze({name})", Sort(tuple(n for n in shape if n != 1), shared=shared)
        if prod(shape) * 2 <= LARGEST and len(shape) < DEEPEST:
            yield f"broadcast_to({name}, {(2, *shape)})", Sort((2, *shape), shared=True)
            yield f"broadcast_to({name}, {shape})", Sort(shape, shared=True)
        if len(shape) > 1:
            yield f"{name}.mT", Sort((*shape[:-2], shape[-1], shape[-2]), shared=shared)

    def reduced(self, name: str) -> Made:
        shape = self.sorts[name].shape
        if not prod(shape):
            return f"sum({name})", Sort(())
        if not shape or self.chance(3):
            return self.pick(SCALARS).format(name), Sort(())
        axis = self.pick(range(-1, len(shape)))
        if self.chance(2):
            return self.pick(ALONG).format(name, axis), Sort(shape)
        left = tuple(n for place, n in enumerate(shape) if place != axis % len(shape))
        return self.pick(REDUCED).format(name, axis), Sort(left)

    def product(self, name: str) -> Made:
        """Return a product of matrices, of which one may be seen transposed.

        There are no stacks: where the entries of one do not follow one another in memory, torch
        may multiply a copy, and so does not see what was written to it.
        """
        shape = self.sorts[name].shape
        options: list[Made] = []
        for other in self.floats:
            right = self.sorts[other].shape
            for turned, seen in ((other, right), (f"{other}.T", right[::-1])):
                both = _multiplied(shape, seen)
                if both is not None:
                    options.append((f"{name} @ {turned}", Sort(both)))
        return self.pick(options) if options else self.elementwise(name)


def _joined(shape: Shape, other: Shape) -> bool:
    try:
        return prod(np.broadcast_shapes(shape, other)) <= LARGEST
    except ValueError:
        return False


def _multiplied(left: Shape, right: Shape) -> Shape | None:
    if max(len(left), len(right)) > MATRIX:
        return None
    try:
        return np.matmul(np.zeros(left), np.zeros(right)).shape
    except ValueError:
        return None


@final
@dataclass(slots=True)
class Author:
    """Writes the entries of a tape."""

    on: Statements
    entries: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    backward: bool = False

    def add(self, **words: Any) -> None:
        self.entries.append(words)

    def run(self) -> None:
        self.add(run=[self.on.statement() for _ in range(self.on.draw(st.integers(1, 3)))])

    def goal(self) -> tuple[str, Shape]:
        seldom = self.on.chance(6) or not self.on.made
        name = self.on.pick(self.on.floats if seldom else self.on.made)
        shape = self.on.sorts[name].shape
        if self.on.chance(3):
            return name, shape
        if self.on.chance(2):  # of two ways the first may be walked before the second fails
            return f"sum({name}) + sum({self.on.pick(self.on.floats)})", ()
        return (self.on.pick(SCALARS) if prod(shape) else "sum({0})").format(name), ()

    def weights(self, shape: Shape) -> dict[str, Any]:
        """Return a cotangent, of the wrong shape now and then, and whether the graph is kept."""
        words: dict[str, Any] = {"retain_graph": True} if self.on.chance(2) else {}
        kind = self.on.pick([*["none", "numbers"] * 5, *["expression"] * 3, "wrong", "empty"])
        if kind == "numbers" or (kind == "none" and prod(shape) != 1 and not self.on.chance(6)):
            words["cotangent"] = np.resize(NUMBERS[2:], shape).tolist()
        elif kind == "expression" and (same := self.on.like(shape)):
            words["cotangent"] = f"2 * {self.on.pick(same)}"
        elif kind == "wrong":
            words["cotangent"] = [1.0, 2.0, 3.0, 4.0]
        elif kind == "empty":
            words["cotangent"] = f"empty({shape or (1,)})"
        return words

    def go_backward(self) -> None:
        self.backward = True
        goal, shape = self.goal()
        self.add(backward=goal, **self.weights(shape))

    def differentiate(self) -> None:
        goal, shape = self.goal()
        by = {name: None if self.on.chance(2) else 0.0 for name in self.some(self.on.floats)}
        self.add(autograd_grad=goal, by=by, **self.weights(shape))

    def some(self, names: Sequence[str]) -> list[str]:
        return self.on.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))

    def zero(self) -> None:
        self.add(zero=self.some([*self.on.sorts]), set_to_none=self.on.chance(2))

    def hook(self) -> None:
        names = self.some(self.on.floats)
        self.on.hooked = [*dict.fromkeys([*self.on.hooked, *names])]
        if self.on.chance(2):
            self.add(hook=names)
        else:
            self.add(hook={name: self.change(name) for name in names})

    def change(self, name: str) -> str:
        if self.on.chance(5):
            return f"grad * {self.on.pick(self.on.like(self.on.sorts[name].shape))}"
        return self.on.pick(CHANGES)

    def retain(self) -> None:
        self.add(retain_grad=self.some([*self.on.sorts]))

    def detach(self) -> None:
        if self.on.made:
            name = self.on.pick(self.on.made)
            self.on.bind(name, self.on.sorts[name])
            self.add(detach=[name])

    def track(self) -> None:
        self.add(requires_grad_={it: not self.on.chance(3) for it in self.some([*self.on.sorts])})

    def put(self) -> None:
        name = self.on.pick([name for name, sort in self.on.sorts.items() if not sort.shared])
        self.add(set={name: self.value(name)}, no_grad=self.on.chance(2))

    def value(self, name: str) -> str | float:
        if not self.on.sorts[name].floating:
            return self.on.pick([0, f"1 - {name}"])
        if self.backward and self.on.chance(3):
            return f"{name} - 0.1 * {name}.grad"
        return self.on.pick([0.25, f"{name} * 2", f"{name}", f"tanh({name})", f"1 - {name}"])

    def repeat(self) -> None:
        """Train one input for a few steps."""
        weight = self.on.pick([name for name in self.on.floats if name in self.on.inputs])
        self.backward = True
        self.on.names += 1
        step = f"f{self.on.names}"
        loop: dict[str, Any] = {
            "times": self.on.draw(st.integers(1, 3)),
            "forward": [f"{step} = {self.on.pick(SAME).format(weight)}"],
            "backward": self.on.pick(SCALARS).format(step),
            "update": {weight: f"{weight} - 0.1 * {weight}.grad"},
        }
        if not self.on.chance(3):
            loop["zero"] = [weight]
        self.on.sorts[step] = self.on.sorts[weight]
        self.add(repeat=loop)

    def look(self) -> None:
        """Read everything, in one order or another: to look at a tensor can change it."""
        for kind in self.on.draw(st.lists(st.sampled_from([*FLAGS]), unique=True)):
            self.flags(kind)
        self.numbers()

    def flags(self, kind: str) -> None:
        self.add(**{kind: dict.fromkeys(self.on.sorts, FLAGS[kind])})

    def numbers(self) -> None:
        self.add(value=dict.fromkeys(self.on.sorts, 0.0))
        if self.backward:
            self.add(grad=dict.fromkeys(self.on.sorts, 0.0))
            if self.on.hooked:
                self.add(hooked=dict.fromkeys(self.on.hooked, 0.0))

    def text(self, ops: Sequence[str]) -> str:
        """Return the spec without its version and title; what JSON writes is YAML."""
        lines = ["inputs:"]
        lines += [f"  {name}: {json.dumps(given)}" for name, given in self.on.inputs.items()]
        lines += ["ops:", *(f"  - {json.dumps(line)}" for line in ops), "tape:"]
        lines += [f"  - {json.dumps(entry)}" for entry in self.entries]
        return "\n".join(lines) + "\n"


@st.composite
def scripts(draw: Draw, least: int = 1) -> str:
    """Scripts of at least so many statements and acts, at whose end everything is read."""
    on = Statements(draw)
    for shape in draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=3)):
        on.input(shape)
    if on.chance(3):
        on.whole()
    ops = [on.statement() for _ in range(draw(st.integers(least, least + 3)))]
    author = Author(on)
    acts: tuple[Callable[[], None], ...] = (
        *(author.go_backward,) * 6,
        *(author.run,) * 3,
        *(author.put,) * 4,
        *(author.differentiate, author.zero, author.hook, author.retain) * 2,
        *(author.detach, author.track, author.repeat),
    )
    places = st.integers(0, len(acts) - 1)
    for act in draw(st.lists(places, min_size=least, max_size=least + 8)):
        acts[act]()
        if on.chance(3):
            author.look()
    for kind in FLAGS:
        author.flags(kind)
    author.numbers()
    return author.text(ops)
