"""The checkers that are compared, and what each says of a case."""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from time import perf_counter
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

from benchmarks.wrong_gradients.cases import Case
from benchmarks.wrong_gradients.forms import FORMS, Calls, Form, Pair

Index: TypeAlias = tuple[int, ...]


@final
@dataclass(frozen=True, slots=True)
class Said:
    """What a checker said: `agree`, `disagree`, `undecided`; `raised` where it let one through.

    `inputs` are those it called wrong, `entries` the places it named, by input.
    """

    outcome: str
    message: str = field(default="")
    inputs: frozenset[str] = field(default=frozenset())
    entries: Mapping[str, tuple[Index, ...]] = field(default_factory=dict[str, tuple[Index, ...]])
    causes: frozenset[str] = field(default=frozenset())
    reported: tuple[int, int] = field(default=(0, 0))


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, in how many seconds, with how many calls of the function itself."""

    said: Said
    seconds: float
    calls: Calls


Ask: TypeAlias = Callable[[Form, Case], Said]


@final
@dataclass(frozen=True, slots=True)
class Checker:
    """A checker on one form of a function; `largest` is the number of inputs it can take."""

    name: str
    form: str
    ask: Ask
    dtypes: frozenset[str] = frozenset({"float64", "float32"})
    largest: int = 10**9

    def takes(self, case: Case) -> bool:
        """Whether the case is one for this checker."""
        size = 0 if case.spot.size == "hard" else int(case.spot.size)
        fits = self.form in case.forms and case.spot.dtype in self.dtypes
        return fits and size <= self.largest

    def answer(self, case: Case) -> Answer:
        """Ask once, with a fresh function and fresh arrays."""
        spot = case.spot
        pair = Pair(spot.subject.forward, case.fresh(), tuple(spot.inputs))
        form = FORMS[self.form](pair, spot.inputs, spot.dtype, case.style)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            start = perf_counter()
            said = _guarded(self.ask, form, case)
            return Answer(said, perf_counter() - start, form.calls)


def _guarded(ask: Ask, form: Form, case: Case) -> Said:
    try:
        return ask(form, case)
    except Exception as error:  # noqa: BLE001 - a checker that breaks is a row of the table
        return Said("raised", f"{type(error).__name__}: {error}".splitlines()[0])


def _verify(form: Form, case: Case) -> Said:
    import gradverify

    entry: Any = gradverify
    options: dict[str, Any] = {"vjp": form.vjp} if form.vjp else {}
    if case.kind == "region-outside":
        options["explore"] = True
    report = entry.verify(form.function, form.inputs, **options)
    errors = [item for item in report.findings if str(item.severity) == "error"]
    rows = [row for row in report.inputs if str(row.status) == "disagree"]
    entries: dict[str, tuple[Index, ...]] = {
        row.name: (tuple(row.worst.index),) for row in rows if row.worst
    }
    for item in errors:
        if getattr(item, "index", None) is not None:
            entries[item.of] = (*entries.get(item.of, ()), tuple(item.index))
    return Said(
        str(report.status),
        "; ".join(f"{item.code}: {item.message}" for item in errors)[:300],
        frozenset(row.name for row in rows),
        entries,
        frozenset(item.code for item in errors),
        (report.evaluations.forward, report.evaluations.backward),
    )


def _gradcheck(*, fast: bool) -> Ask:
    """Return torch's; in float32 with the step and the tolerances that people use there."""

    def ask(form: Form, case: Case) -> Said:
        import torch
        from torch.autograd.gradcheck import GradcheckError

        narrow: dict[str, float] = {"eps": 1e-3, "atol": 1e-2, "rtol": 1e-2}
        options = narrow if case.spot.dtype == "float32" else {}
        check: Any = torch.autograd.gradcheck
        try:
            _ = check(form.function, form.inputs, fast_mode=fast, **options)
        except GradcheckError as error:
            return _refused(str(error), tuple(case.spot.inputs))
        return Said("agree")

    return ask


def _refused(message: str, names: tuple[str, ...]) -> Said:
    """Read the number of the input, and the one cause that gradcheck knows."""
    found = re.search(r"respect to input (\d+)", message)
    inputs = frozenset({names[int(found[1])]}) if found else frozenset[str]()
    causes = frozenset({"not-deterministic"} if "not reentrant" in message else ())
    return Said("disagree", message.splitlines()[0][:200], inputs, causes=causes)


def _jax(form: Form, _case: Case) -> Said:
    check: Any = import_module("jax.test_util").check_grads
    moving = [i for i, x in enumerate(form.inputs) if x.dtype.kind == "f"]
    values = tuple(form.inputs[i] for i in moving)

    def function(*given: Any) -> Any:
        placed = dict(zip(moving, given, strict=True))
        return form.function(*(placed.get(i, x) for i, x in enumerate(form.inputs)))

    try:
        check(function, values, order=1, modes=["rev"])
    except AssertionError as error:
        return Said("disagree", str(error).strip()[:200])
    return Said("agree")


def _hips(form: Form, _case: Case) -> Said:
    check: Any = import_module("autograd.test_util").check_grads
    try:
        check(form.function, modes=["rev"], order=1)(*form.inputs)
    except AssertionError as error:
        return Said("disagree", str(error).strip()[:200])
    return Said("agree")


_ALL: Final = frozenset({"float64", "float32", "float16", "bfloat16"})

CHECKERS: Final[Mapping[str, Checker]] = MappingProxyType(
    {
        checker.name: checker
        for checker in (
            Checker("verify-torch", "torch", _verify, _ALL),
            Checker("verify-numpy", "numpy", _verify),
            Checker("verify-jax", "jax", _verify),
            Checker("gradcheck-fast", "torch", _gradcheck(fast=True)),
            Checker("gradcheck-slow", "torch", _gradcheck(fast=False), largest=1000),
            Checker("jax-check-grads", "jax", _jax),
            Checker("hips-check-grads", "hips", _hips),
        )
    }
)


def chosen(names: str) -> tuple[Checker, ...]:
    """Return the checkers of these names; a beginning of a name stands for all it begins."""
    wanted = names.split(",")
    return tuple(c for name, c in CHECKERS.items() if any(name.startswith(w) for w in wanted))
