"""A spec's tape becomes a Script, or all its faults at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias, final

from gradverify.errors import Mark, SpecError, SpecErrors
from gradverify.program.build import poison
from gradverify.program.errors import PoisonedError
from gradverify.program.lower import lower_expression, lower_statement
from gradverify.program.program import Program, Step
from gradverify.program.scope import Memory, Scope
from gradverify.spec.spec import Spec
from gradverify.spec.tape_model import TapeStepModel
from gradverify.tape.computed import computed, cotangent_of, hook_of, reads_gradients
from gradverify.tape.errors import ExpandedError, NoBackwardYetError, NotHookedError
from gradverify.tape.loop import build_loop
from gradverify.tape.saved import VIEWS
from gradverify.tape.script import (
    Act,
    Backward,
    Differentiate,
    Entry,
    Hook,
    Look,
    Put,
    Read,
    RetainGrad,
    Run,
    SaidFlag,
    Script,
    Track,
    Variable,
    Zero,
)
from gradverify.tape.statements import said, variable

Path: TypeAlias = tuple[str | int, ...]
READING: Final = frozenset({"grad", "hooked"})
"""Verbs that show a gradient."""


def build_script(spec: Spec, program: Program, max_bytes: int) -> Script | None:
    """Return the script of a spec whose program is sound, None where it has no tape.

    Raises SpecErrors with every fault, each at its place. `max_bytes` bounds its tensors.
    """
    if not spec.model.tape:
        return None
    builder = _Builder(spec, _scope_of(program, max_bytes))
    start = builder.begun()
    for number, model in enumerate(spec.model.tape):
        builder.add(number, model)
    if builder.faults:
        raise SpecErrors(builder.faults)
    return Script(
        inputs=program.inputs,
        start=start,
        entries=tuple(builder.entries),
        kinds=MappingProxyType(builder.scope.kinds),
        names=builder.scope.values_named(),
    )


def _scope_of(program: Program, max_bytes: int) -> Scope:
    """Return a scope that knows the inputs, whose names a tape may give to other tensors."""
    scope = Scope(Memory(max_bytes))
    for name, item in program.inputs.items():
        scope.names[name] = name
        scope.kinds[name] = item.kind
    return scope


@final
@dataclass(slots=True)
class _Builder:
    spec: Spec
    scope: Scope
    entries: list[Entry] = field(default_factory=list[Entry])
    faults: list[SpecError] = field(default_factory=list[SpecError])
    hooked: set[str] = field(default_factory=set[str])
    backward: bool = False

    def add(self, number: int, model: TapeStepModel) -> None:
        """Add one step, or its fault."""
        verb, before = model.verb, len(self.scope.steps)
        path: Path = ("tape", number, verb)
        try:
            act = ACTS[verb](self, path, model)
        except SpecError as fault:
            self.faults.append(fault)
        except PoisonedError:
            pass
        else:
            records = () if verb == "repeat" else tuple(self.scope.steps[before:])
            mark = self.spec.key_mark(*path)
            self.entries.append(Entry(number + 1, mark, verb, records, act, model.error))

    def recorded(self, path: Path, statements: tuple[str, ...]) -> tuple[Step, ...]:
        """Return the steps of statements, which go on the tape."""
        before = len(self.scope.steps)
        for number, text in enumerate(statements):
            try:
                lower_statement(self.scope, self.spec.mark(*path, number), text)
            except (SpecError, PoisonedError):
                poison(self.scope, text)
                raise
        return tuple(self.scope.steps[before:])

    def begun(self) -> tuple[Step, ...]:
        """Return the steps of the spec's own statements, and of its loss, which is named so."""
        steps = self.recorded(("ops",), self.spec.model.ops)
        if self.spec.model.loss is None:
            return steps
        before = len(self.scope.steps)
        loss = lower_expression(self.scope, self.spec.mark("loss"), self.spec.model.loss)
        _ = self.scope.names.setdefault("loss", loss)
        return (*steps, *self.scope.steps[before:])

    def run(self, path: Path, model: TapeStepModel) -> Run:
        _ = self.recorded(path, model.run or ())
        return Run()

    def go_backward(self, path: Path, model: TapeStepModel) -> Backward:
        self.backward = True
        goal = self.goal(path, model.backward or "")
        return Backward(goal, self.cotangent(path, model, goal), bool(model.retain_graph))

    def differentiate(self, path: Path, model: TapeStepModel) -> Differentiate:
        goal = self.goal(path, model.autograd_grad or "")
        weights = self.cotangent(path, model, goal)
        place = (*path[:2], "by")
        by = tuple(
            said(self.spec, self.scope, (*place, name), given)
            for name, given in (model.by or {}).items()
        )
        return Differentiate(goal, weights, bool(model.retain_graph), by)

    def goal(self, path: Path, text: str) -> Variable:
        """Return what an expression gives, whose steps go on the tape."""
        return Variable(text.strip(), lower_expression(self.scope, self.spec.mark(*path), text))

    def cotangent(self, path: Path, model: TapeStepModel, goal: Variable) -> Any:
        mark = self.spec.mark(*path[:2], "cotangent")
        return cotangent_of(self.scope, mark, model.cotangent, self.scope.kinds[goal.key])

    def read(self, path: Path, model: TapeStepModel) -> Read:
        verb = str(path[-1])
        if verb in READING and not self.backward:
            raise self.too_early(path, verb)
        given: Mapping[str, Any] = getattr(model, verb)
        found = tuple(said(self.spec, self.scope, (*path, of), it) for of, it in given.items())
        for item in found if verb == "hooked" else ():
            if item.variable.key not in self.hooked:
                raise NotHookedError(self.key(path, item.variable.of), item.variable.of)
        return Read(verb, found)

    def too_early(self, path: Path, verb: str) -> NoBackwardYetError:
        """Return the fault of reading a gradient before there is one."""
        ever = any(step.backward or step.repeat for step in self.spec.model.tape)
        return NoBackwardYetError(self.spec.key_mark(*path), verb, ever=ever)

    def look(self, path: Path, model: TapeStepModel) -> Look:
        verb = str(path[-1])
        given: Mapping[str, Any] = getattr(model, verb)
        return Look(
            verb,
            tuple(
                SaidFlag(self.variable(path, of), flag, self.spec.mark(*path, of))
                for of, flag in given.items()
            ),
        )

    def key(self, path: Path, name: str) -> Mark:
        """Return the place of a name, which may be a key or an item of a list."""
        found = self.spec.key_mark(*path, name)
        return self.spec.mark(*path) if found == self.spec.mark(*path) else found

    def variable(self, path: Path, name: str) -> Variable:
        return variable(self.scope, self.key(path, name), name)

    def variables(self, path: Path, names: tuple[str, ...]) -> tuple[Variable, ...]:
        return tuple(self.variable(path, name) for name in names)

    def retain(self, path: Path, model: TapeStepModel) -> RetainGrad:
        return RetainGrad(self.variables(path, model.retain_grad or ()))

    def hook(self, path: Path, model: TapeStepModel) -> Hook:
        given = model.hook or ()
        found = self.variables(path, tuple(given))
        self.hooked.update(item.key for item in found)
        if isinstance(given, tuple):
            return Hook(found, (None,) * len(found))
        changes = tuple(
            hook_of(self.scope, self.spec.mark(*path, item.of), given[item.of], item)
            for item in found
        )
        return Hook(found, changes)

    def zero(self, path: Path, model: TapeStepModel) -> Zero:
        return Zero(self.variables(path, model.zero or ()), bool(model.set_to_none))

    def put(self, path: Path, model: TapeStepModel) -> Put:
        given = model.set or {}
        found = self.variables(path, tuple(given))
        for item in found:
            if self.is_expanded(item.key):
                raise ExpandedError(self.key(path, item.of), item.of)
        values = tuple(
            computed(self.scope, self.spec.mark(*path, item.of), given[item.of], item)
            for item in found
        )
        if not self.backward and any(reads_gradients(value) for value in values):
            raise self.too_early(path, "set")
        return Put(found, values, bool(model.no_grad))

    def is_expanded(self, key: str) -> bool:
        """Whether several entries of a tensor are one place in memory."""
        step = next((step for step in self.scope.steps if step.output == key), None)
        if step is None or step.op not in VIEWS or not step.reads:
            return False
        base = step.reads[0]
        kinds = self.scope.kinds
        grown = step.op == "broadcast_to" and kinds[base].shape != kinds[key].shape
        return grown or self.is_expanded(base)

    def detach(self, path: Path, model: TapeStepModel) -> Run:
        for name in model.detach or ():
            _ = self.variable(path, name)
            lower_statement(self.scope, self.spec.mark(*path), f"{name} = detach({name})")
        return Run()

    def track(self, path: Path, model: TapeStepModel) -> Track:
        given = model.requires_grad_ or {}
        return Track(self.variables(path, tuple(given)), tuple(given.values()))

    def repeat(self, path: Path, model: TapeStepModel) -> Act:
        self.backward = True
        assert model.repeat is not None  # noqa: S101 - it is the verb
        return build_loop(self.spec, self.scope, path, model.repeat, self.recorded)


ACTS: Final[Mapping[str, Callable[[_Builder, Path, TapeStepModel], Act]]] = MappingProxyType(
    {
        "run": _Builder.run,
        "backward": _Builder.go_backward,
        "autograd_grad": _Builder.differentiate,
        "grad": _Builder.read,
        "value": _Builder.read,
        "hooked": _Builder.read,
        "is_leaf": _Builder.look,
        "requires_grad": _Builder.look,
        "grad_fn": _Builder.look,
        "retain_grad": _Builder.retain,
        "hook": _Builder.hook,
        "zero": _Builder.zero,
        "set": _Builder.put,
        "detach": _Builder.detach,
        "requires_grad_": _Builder.track,
        "repeat": _Builder.repeat,
    }
)
