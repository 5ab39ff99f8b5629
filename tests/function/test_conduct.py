# what users hand over is of any type, which a strict checker does not let pass:
# pyright: basic
"""Every fault of conduct is told by its own code, in every framework, and its right twin is not."""

from typing import Final

import numpy as np
import pytest
import torch
from torch import Tensor

from gradverify.function.examine import examine
from gradverify.verdict.conduct_pages import CONDUCT
from gradverify.verdict.verdict import Severity, Status
from tests.function.conduct_examples import CONDUCT_EXAMPLES, ConductExample
from tests.function.functions import codes, conducted, examined, function_of, made_of, normal

NAMES: Final = [f"{item.code}, {item.framework}" for item in CONDUCT_EXAMPLES]
every_example = pytest.mark.parametrize("example", CONDUCT_EXAMPLES, ids=NAMES)
KINDS: Final = ("numpy", "torch", "jax")
X: Final = normal(6)


@every_example
def test_the_example_is_told_by_its_code(example: ConductExample) -> None:
    found = examine(example.wrong(), 0)
    assert codes(found) == [example.code], found.findings
    assert found.status is Status.DISAGREE


@every_example
def test_its_right_twin_agrees_and_nothing_is_said(example: ConductExample) -> None:
    found = examine(example.right(), 0)
    assert (found.status, codes(found)) == (Status.AGREE, [])


def test_every_page_has_examples_and_every_example_its_page() -> None:
    assert {example.code for example in CONDUCT_EXAMPLES} == {page.code for page in CONDUCT}
    assert {page.family for page in CONDUCT} == {"conduct"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_framework_has_examples(kind: str) -> None:
    assert len({item.code for item in CONDUCT_EXAMPLES if item.framework == kind}) >= 5


def test_a_right_backward_pass_has_nothing_said_of_it() -> None:
    assert conducted(function_of(np.sin, lambda ct, _, x: ct * np.cos(x), X)) is None


def test_what_raises_for_an_unusual_cotangent_depends_on_the_layout() -> None:
    class Viewing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: object, x: Tensor) -> Tensor:
            del ctx
            return 3 * x

        @staticmethod
        def backward(ctx: object, *cts: Tensor) -> Tensor:
            del ctx
            return 3 * cts[0].view(-1).view(2, 3)

    found = conducted(made_of(Viewing.apply, torch.tensor(normal(2, 3))))
    assert found is not None
    assert found.code == "layout-dependent"
    assert found.message.startswith("the backward pass raises for a")


def test_a_gradient_that_is_right_for_ones_alone_is_misused_whatever_the_cotangent() -> None:
    found = examined(lambda x: x * x, lambda _ct, _, x: 2 * x, X)
    assert codes(found) == ["cotangent-misused"]


def test_what_clips_its_cotangent_is_found() -> None:
    found = examined(np.sin, lambda ct, _, x: np.clip(ct, -8, 8) * np.cos(x), X)
    assert codes(found) == ["cotangent-misused"]
    wide = examined(np.sin, lambda ct, _, x: np.clip(ct, -1e6, 1e6) * np.cos(x), X)
    assert codes(wide) == []


def test_a_constant_beside_the_cotangent_is_found_where_it_is_zero() -> None:
    found = conducted(function_of(np.sin, lambda ct, _, x: ct * np.cos(x) + 1e-7, X))
    assert found is not None
    assert (found.code, found.severity) == ("cotangent-misused", Severity.ERROR)
