# torch's own types are partial, and the file must also pass where torch is not installed:
# pyright: basic, reportMissingImports=false
"""`gradverify.watch` as a test of a user's calls it, and the whole text of what it raises."""

import sys

import pytest
import torch
from torch import Tensor, nn

import gradverify
from gradverify.verdict.findings import PAGES
from gradverify.verdict.verdict import Severity
from gradverify.watching import BlockNotOverError, TorchMissingError

BATCHES = (torch.ones(5, 4), -torch.ones(5, 4))


class Net(nn.Module):
    """Two layers, the way between which can be cut, and one that is forgotten."""

    def __init__(self, *, cut: bool = False, spare: bool = False) -> None:
        super().__init__()
        self.body = nn.Linear(4, 3, bias=False)
        self.head = nn.Linear(3, 1, bias=False)
        self.cut = cut
        if spare:
            self.spare = nn.Linear(2, 2, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = self.body(x)
        if self.cut:
            h = h.detach()
        return self.head(torch.sigmoid(h))


CUT_LINE = Net.forward.__code__.co_firstlineno + 3


def train(net: nn.Module, *, zeroing: bool = True) -> None:
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for batch in BATCHES:
        if zeroing:
            optimizer.zero_grad()
        net(batch).sum().backward()
        _ = optimizer.step()


def message_for(net: nn.Module, *, zeroing: bool = True) -> str:
    with pytest.raises(gradverify.GradientStateError) as caught, gradverify.watch(net) as watched:
        train(net, zeroing=zeroing)
    assert caught.value.findings == watched.findings
    assert isinstance(caught.value, AssertionError)
    return str(caught.value)


def test_a_right_loop_has_no_findings() -> None:
    net = Net()
    with gradverify.watch(net) as watched:
        train(net)
    assert watched.findings == ()


def test_what_is_missing_is_named_with_the_place_of_the_cut() -> None:
    assert message_for(Net(cut=True, spare=True)) == (
        "2 watched tensors have a wrong gradient, or none\n"
        "\n"
        "body.weight: error: path-detached\n"
        "  its .grad is None after backward: the loss depends on it through `detach` at "
        f"tests/test_watching.py:{CUT_LINE}, which records nothing for backward\n"
        f"  {PAGES['path-detached'].advice}\n"
        "\n"
        "spare.weight: error: input-unused\n"
        "  its .grad is None after backward: no op in the block was seen to read it\n"
        f"  {PAGES['input-unused'].advice}"
    )


def test_a_forgotten_zero_grad_is_named_with_the_step() -> None:
    net = Net()
    _ = net.head.requires_grad_(requires_grad=False)
    assert message_for(net, zeroing=False) == (
        "1 watched tensor has a wrong gradient, or none\n"
        "\n"
        "body.weight: error: grad-accumulated\n"
        "  backward pass 2 added to a .grad that an update had already used: it came to be the sum "
        "of 2 backward passes, and 1 later update used such a sum\n"
        f"  {PAGES['grad-accumulated'].advice}"
    )


def test_a_block_without_backward_says_so() -> None:
    with pytest.raises(gradverify.GradientStateError) as caught, gradverify.watch(Net()):
        pass
    assert str(caught.value) == (
        "there are no gradients to look at\n"
        "\n"
        "error: gradient-missing\n"
        "  no backward pass ran in the block\n"
        "  Call loss.backward() inside the block."
    )


def test_what_befell_many_tensors_is_told_once() -> None:
    weights = {f"w{k:02}": torch.ones(2, requires_grad=True) for k in range(25)}
    with (
        pytest.raises(gradverify.GradientStateError) as caught,
        gradverify.watch(weights) as watched,
    ):
        torch.ones(1, requires_grad=True).sum().backward()
    assert len(watched.findings) == 25
    named = ", ".join(f"w0{k}" for k in range(8))
    assert f"\n\n{named} and 17 more: error: input-unused\n" in str(caught.value)


def test_a_long_message_is_cut_and_the_findings_are_not() -> None:
    weights = {f"w{k:02}": torch.ones(k + 1, requires_grad=True) for k in range(25)}
    with (
        pytest.raises(gradverify.GradientStateError) as caught,
        gradverify.watch(weights) as watched,
    ):
        torch.stack([float("nan") * weight.sum() for weight in weights.values()]).sum().backward()
    assert len(watched.findings) == 25
    assert "\n\nw19: error: not-finite\n" in str(caught.value)
    assert "w20" not in str(caught.value)
    assert str(caught.value).endswith("\n\n... and 5 more, in .findings")


def test_a_warning_is_listed_and_does_not_raise() -> None:
    net = nn.Linear(4, 1, bias=False)
    with gradverify.watch(net) as watched:
        for batch in BATCHES:
            net(batch).sum().backward()
    assert [(item.code, item.severity) for item in watched.findings] == [
        ("grad-accumulated", Severity.WARNING)
    ]


def test_findings_are_listed_where_nothing_is_to_be_raised() -> None:
    with gradverify.watch(Net(), raises=False) as watched:
        pass
    assert [item.code for item in watched.findings] == ["gradient-missing"]


def test_findings_are_there_once_the_block_is_over() -> None:
    with gradverify.watch(Net(), raises=False) as watched:
        with pytest.raises(BlockNotOverError) as caught:
            _ = watched.findings
        assert str(caught.value) == (
            "there are findings once the block of gradverify.watch has ended without an exception"
        )


def test_an_exception_of_the_block_passes_through() -> None:
    error = KeyError("mine")
    with pytest.raises(KeyError) as caught, gradverify.watch(Net()) as watched:
        raise error
    assert caught.value is error
    with pytest.raises(BlockNotOverError):
        _ = watched.findings


def test_it_runs_inside_of_a_users_pytest(pytester: pytest.Pytester) -> None:
    _ = pytester.makepyfile(
        """
        import gradverify, torch

        def step(w, *, forget):
            with gradverify.watch({"w": w}):
                (torch.ones(2) if forget else w).sum().requires_grad_().backward()

        def test_right():
            step(torch.ones(2, requires_grad=True), forget=False)

        def test_wrong():
            step(torch.ones(2, requires_grad=True), forget=True)
        """
    )
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["E *GradientStateError: 1 watched tensor has a wrong gradient*"])


def test_without_torch_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "gradverify.oracles.torch_watch", raising=False)

    def find_spec(name: str, *_: object) -> None:
        if name == "gradverify.oracles.torch_watch":
            message = "No module named 'torch'"
            raise ModuleNotFoundError(message, name="torch")

    finder = type("Missing", (), {"find_spec": staticmethod(find_spec)})
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    with pytest.raises(TorchMissingError) as caught, gradverify.watch(Net()):
        pass
    assert isinstance(caught.value, ImportError)
    assert str(caught.value) == "gradverify.watch needs torch: pip install 'gradverify[torch]'"
