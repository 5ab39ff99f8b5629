# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""What is torch's own: one thread for the while, and tensors that share memory with nothing."""

from typing import Final

import numpy as np
import pytest
import torch

from gradverify.oracles.oracle import Gradients, Wanted
from gradverify.oracles.torch_autograd import TorchAutograd
from tests.support import program_of, read_only, step

X: Final = {"x": np.array([1.0, 2.0])}
WANTED: Final = Wanted(("x", "y"), ("x", "y"), np.array(1.0))


def test_the_number_of_threads_is_one_and_then_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    _ = TorchAutograd().differentiate(program_of(X, step("y", "sum", "x")), X, WANTED)
    assert seen == [1, torch.get_num_threads()]


def test_the_number_of_threads_is_put_back_after_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", seen.append)
    with pytest.raises(KeyError):
        _ = TorchAutograd().differentiate(program_of(X, step("y", "sum", "x")), {}, WANTED)
    assert seen == [1, torch.get_num_threads()]


def test_an_index_assignment_leaves_the_input_alone() -> None:
    program = program_of(X, step("z", "index_update", "x", 7.0, index=(0,)), step("y", "sum", "z"))
    reply = TorchAutograd().differentiate(program, read_only(X), WANTED)
    assert isinstance(reply, Gradients)
    assert reply.values["x"].tolist() == [1.0, 2.0]
    assert reply.wrt["x"].tolist() == [0.0, 1.0]


def test_a_loss_that_is_detached_from_all_variables_gives_zeros() -> None:
    program = program_of(X, step("z", "detach", "x"), step("y", "sum", "z"))
    wanted = Wanted((), ("x",), np.array(1.0))
    reply = TorchAutograd().differentiate(program, X, wanted)
    assert isinstance(reply, Gradients)
    assert reply.wrt["x"].tolist() == [0.0, 0.0]
