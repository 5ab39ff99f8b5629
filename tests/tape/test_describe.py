"""A script is shown as it was written, with the numbers by which reports name its entries."""

from gradverify.tape.describe import render_script
from tests.tape.scripts import script_of

BODY = """
inputs: {x: 1.}
loss: x * x
tape:
  - backward: loss
  - grad: {x: 2}
  - repeat: {times: 1000, backward: loss, update: {x: x - 0.1 * x.grad}, zero: x}
"""


def test_every_entry_is_a_line_with_its_number() -> None:
    script, _ = script_of(BODY)
    lines = render_script(script).splitlines()
    loop = "repeat: {times: 1000, backward: loss, update: {x: x - 0.1 * x.grad}, zero: x}"
    assert lines == [
        "tape",
        "  1  backward: loss",
        "  2  grad: {x: 2}",
        f"  3  {loop}  # 1000 steps, under a second",
    ]
