"""A maker's call read as the array that it stands for, within bounds known before it is filled."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from gradverify.arrays import Array, Dtype
from gradverify.ops.identity import DTYPES as NAMES
from gradverify.ops.op import ShapeMismatch
from gradverify.program.errors import Place
from gradverify.program.input_errors import MakerArgumentsError
from gradverify.program.makers import MAKERS, Made, MakerRow
from gradverify.program.program import Kind, Maker, Number
from gradverify.program.scope import Writer, fit
from gradverify.program.statics import NotStaticError, static
from gradverify.program.tree import Call, Expression, Literal, Name

DTYPES: Final[Mapping[str, Dtype]] = MappingProxyType({name: np.dtype(name) for name in NAMES})

STILL: Final = np.random.default_rng(0)
"""Handed to makers that draw nothing."""


def read_maker(writer: Writer, call: Call, dtype: Dtype | None = None) -> tuple[Maker, Kind]:
    """Read `full((2, 3), 1.5, dtype='float32')`; raises SpecError.

    A dtype given from outside wins.
    """
    row = MAKERS[call.function]
    place = writer.place(call.head)
    made = _made(writer, row, call, place)
    own = dtype or _dtype(call, row, place) or natural_dtype(made.entries)
    if own.kind != "f" and (row.random or not row.whole):
        sentence = f"Its entries are fractions, which {own} does not hold."
        raise MakerArgumentsError(place, row.name, row.signature, sentence)
    for entry in made.entries:
        fit(Number(entry), own, place)
    return Maker(row.name, made.arguments), Kind(made.shape, own)


def natural_dtype(entries: tuple[bool | int | float, ...]) -> Dtype:
    """Return the dtype of what says none: float64, or bool where all entries are true or false."""
    bools = entries and all(isinstance(entry, bool) for entry in entries)
    return DTYPES["bool" if bools else "float64"]


def fill(maker: Maker, kind: Kind, rng: np.random.Generator) -> Array:
    """Return the array that a maker makes; it is drawn in float64 and then rounded to its dtype."""
    with np.errstate(all="ignore"):
        drawn = MAKERS[maker.name].make(kind.shape, maker.arguments, rng)
        return drawn.astype(kind.dtype)


def _made(writer: Writer, row: MakerRow, call: Call, place: Place) -> Made:
    try:
        return row.bind([static(writer, item) for item in call.arguments])
    except NotStaticError:
        sentence = "Its arguments are numbers."
    except ShapeMismatch as mismatch:
        sentence = str(mismatch)
    raise MakerArgumentsError(place, row.name, row.signature, sentence)


def _dtype(call: Call, row: MakerRow, place: Place) -> Dtype | None:
    if not call.keywords:
        return None
    keyword, value = call.keywords[0]
    word = _word(value)
    if len(call.keywords) > 1 or keyword != "dtype" or word not in DTYPES:
        sentence = f"The only keyword is `dtype`, one of {', '.join(DTYPES)}."
        raise MakerArgumentsError(place, row.name, row.signature, sentence)
    return DTYPES[word]


def _word(node: Expression) -> str:
    if isinstance(node, Name):
        return node.identifier
    return node.value if isinstance(node, Literal) and isinstance(node.value, str) else ""
