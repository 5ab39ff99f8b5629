"""What a user's own tests call around a training step: `watch`, and what it raises."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Final, final

from gradverify.errors import GradverifyError
from gradverify.verdict.verdict import Finding, Severity

if TYPE_CHECKING:
    from gradverify.oracles.torch_watch import Watch

_SHOWN: Final = 20
"""Paragraphs in one message; `.findings` has them all."""
_NAMED: Final = 8
"""Tensors that one paragraph names."""


@final
class TorchMissingError(GradverifyError, ImportError):
    """torch is not installed."""

    def __init__(self) -> None:
        super().__init__("gradverify.watch needs torch: pip install 'gradverify[torch]'")


@final
class BlockNotOverError(GradverifyError, RuntimeError):
    """The findings were asked for before the block came to its end, or after it raised."""

    def __init__(self) -> None:
        super().__init__(
            "there are findings once the block of gradverify.watch has ended without an exception"
        )


@final
class GradientStateError(GradverifyError, AssertionError):
    """The gradients of what was watched are not as they should be: a paragraph a finding."""

    __module__ = "gradverify"

    def __init__(self, findings: Sequence[Finding]) -> None:
        alike = _alike(findings)
        shown = "\n\n".join(_paragraph(items) for items in alike[:_SHOWN])
        rest = sum(map(len, alike[_SHOWN:]))
        more = f"\n\n... and {rest} more, in .findings" if rest > 0 else ""
        super().__init__(f"{_title(findings)}\n\n{shown}{more}")
        self.findings = tuple(findings)


def _title(findings: Sequence[Finding]) -> str:
    wrong = len({item.of for item in findings if item.severity is Severity.ERROR})
    if any(not item.of for item in findings):
        return "there are no gradients to look at"
    tensors = "tensor has" if wrong == 1 else "tensors have"
    return f"{wrong} watched {tensors} a wrong gradient, or none"


def _alike(findings: Sequence[Finding]) -> list[list[Finding]]:
    """Return findings that differ in their tensor alone together, in the order of the first."""
    found: dict[tuple[str, ...], list[Finding]] = {}
    for item in findings:
        said = (item.severity, item.code, item.message, item.advice)
        found.setdefault(said, []).append(item)
    return list(found.values())


def _paragraph(items: Sequence[Finding]) -> str:
    """Return paths, severity and code, what was seen, what to do."""
    item, named = items[0], ", ".join(item.of for item in items[:_NAMED])
    rest = len(items) - _NAMED
    more = f" and {rest} more" if rest > 0 else ""
    of = f"{named}{more}: " if named else ""
    return f"{of}{item.severity}: {item.code}\n  {item.message}\n  {item.advice}"


@final
class Watched:
    """What was found in the block of a `watch`."""

    def __init__(self) -> None:
        self._findings: tuple[Finding, ...] | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, errors first. Raises BlockNotOverError before there are any."""
        if self._findings is None:
            raise BlockNotOverError
        return self._findings

    def conclude(self, findings: tuple[Finding, ...]) -> None:
        """Take in the findings of a block that has ended."""
        self._findings = findings


def watch(subject: object, *, raises: bool = True) -> AbstractContextManager[Watched]:
    """Assert that no gradient is missing, summed over steps, cut off or not finite.

    `subject` is a torch.nn.Module, a tensor, or mappings and sequences of them; only what requires
    a gradient is watched. Run one or more training steps in the block:

        with gradverify.watch(model):
            for batch in batches:
                optimizer.zero_grad()
                model(batch).sum().backward()
                optimizer.step()

    Where something is wrong, GradientStateError, an AssertionError, is raised at the end of the
    block; with `raises=False` it is only listed in `.findings`. Warnings are listed and never
    raise: micro-batches that add up before one update, say, or a gradient that was not finite and
    that no update used.

    An exception of the block's own passes through unchanged. Whichever way the block ends, no hook
    and no mode stays behind. Not seen, and therefore nobody's fault: what runs in other threads, in
    TorchScript, or in the kernels of an optimizer that is not written in Python.

    Raises TypeError or ValueError where there is nothing to watch, ImportError without torch.
    """
    return _Block(subject, raises=raises)


@final
class _Block(AbstractContextManager[Watched]):
    """The block of a `watch`: a class, so that pytest shows the user's line and none of ours."""

    def __init__(self, subject: object, *, raises: bool) -> None:
        self._subject = subject
        self._raises = raises
        self._watched = Watched()

    def __enter__(self) -> Watched:
        self._watching = _watching()(self._subject)
        self._seen = self._watching.__enter__()
        return self._watched

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True  # of pytest
        from gradverify.verdict.watched import conclude

        _ = self._watching.__exit__(kind, error, trace)
        if kind is not None:
            return
        self._watched.conclude(conclude(self._seen.observations()))
        findings = self._watched.findings
        if self._raises and any(item.severity is Severity.ERROR for item in findings):
            raise GradientStateError(findings)


def _watching() -> "Callable[[object], AbstractContextManager[Watch]]":
    try:
        from gradverify.oracles.torch_watch import watching
    except ModuleNotFoundError as error:
        if error.name == "torch":
            raise TorchMissingError from error
        raise
    return watching
