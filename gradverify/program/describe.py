"""A program as a plain table: what `gradverify explain SPEC` shows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import numpy as np

from gradverify.arrays import Array
from gradverify.ops.op import Slot
from gradverify.program.program import Code, Input, Kind, Maker, Number, Program, Recipe, Step

Row: TypeAlias = tuple[str, str, str]
"""A value's name, its dtype and shape, and how it comes about."""

SHOWN: Final = 8
"""Arrays of more entries are described by their shape alone."""


def render_program(program: Program) -> str:
    """Return the inputs, the steps and the loss, one a line, with shapes and dtypes."""
    parts = [("inputs", [_input_row(item) for item in program.inputs.values()])]
    parts.append(("steps", [_step_row(step, program.kinds) for step in program.steps]))
    if program.derived.steps:
        kinds = program.derived.kinds
        parts.append(("derived", [_step_row(step, kinds) for step in program.derived.steps]))
    widths = [max((len(row[n]) for _, rows in parts for row in rows), default=0) for n in range(2)]
    lines = [line for title, rows in parts if rows for line in _part(title, rows, widths)]
    return "\n".join([*lines, *_code_lines(program.code), *_loss_lines(program)])


def _part(title: str, rows: Sequence[Row], widths: Sequence[int]) -> Iterator[str]:
    yield title
    for name, kind, origin in rows:
        yield f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {origin}".rstrip()


def _loss_lines(program: Program) -> list[str]:
    if program.is_code:
        return []
    if program.loss is None:
        return ["no loss: values only"]
    cotangent = program.cotangent
    plain = cotangent is None or (cotangent.size == 1 and float(cotangent.item()) == 1)
    weighed = "" if plain or cotangent is None else f", weighed by {_array_text(cotangent)}"
    return [f"loss  {program.loss}{weighed}"]


def _code_lines(code: Code | None) -> list[str]:
    if code is None:
        return []
    backward = f", backward by {code.vjp}" if code.vjp else ""
    return [f"function  {code.function} of {code.framework} arrays{backward}"]


def _input_row(item: Input) -> Row:
    grad = "" if item.requires_grad else "  (no gradient)"
    return item.name, _kind_text(item.kind), f"{_made_text(item.maker)}{grad}"


def _made_text(maker: Maker | Recipe) -> str:
    if isinstance(maker, Recipe):
        return maker.text
    arguments = ", ".join(_static_text(argument) for argument in maker.arguments)
    return f"{maker.name}({arguments})"


def _step_row(step: Step, kinds: Mapping[str, Kind]) -> Row:
    operands = [str(item.value) if isinstance(item, Number) else item for item in step.operands]
    settings = [f"{name}={_static_text(value)}" for name, value in step.attributes.items()]
    call = f"{step.op}({', '.join([*operands, *settings])})"
    return step.output, _kind_text(kinds[step.output]), f"{call}  # line {step.mark.line}"


def _kind_text(kind: Kind) -> str:
    return f"{kind.dtype}{list(kind.shape)}"


def _static_text(value: Any) -> str:
    if isinstance(value, Slot):
        return f"operand {value.operand}"
    if isinstance(value, slice):
        return _slice_text(cast("slice[Any, Any, Any]", value))
    if isinstance(value, tuple):
        return f"({', '.join(map(_static_text, cast('tuple[Any, ...]', value)))})"
    return _array_text(cast("Array", value)) if isinstance(value, np.ndarray) else repr(value)


def _slice_text(value: "slice[Any, Any, Any]") -> str:
    bounds = ["" if bound is None else str(bound) for bound in (value.start, value.stop)]
    return ":".join([*bounds, *([] if value.step is None else [str(value.step)])])


def _array_text(array: Array) -> str:
    return str(array.tolist()) if array.size <= SHOWN else f"<{_kind_text_of(array)}>"


def _kind_text_of(array: Array) -> str:
    return _kind_text(Kind(array.shape, array.dtype))
