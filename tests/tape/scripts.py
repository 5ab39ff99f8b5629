"""Scripts read and done by the model, from the keys of a spec besides its version and title."""

from collections.abc import Sequence

from gradverify.arrays import Values
from gradverify.program.build import build_program
from gradverify.program.inputs import make_primals
from gradverify.tape.build import build_script
from gradverify.tape.event import Event
from gradverify.tape.model import TapeModel, model_of
from gradverify.tape.perform import perform, unwatched
from gradverify.tape.script import Script
from gradverify.tape.shown import Shown
from tests.support import OPTIONS, spec_of


def script_of(body: str) -> tuple[Script, Values]:
    """Return a spec's script, and its inputs."""
    spec = spec_of(body)
    program = build_program(spec, OPTIONS.max_bytes)
    script = build_script(spec, program, OPTIONS.max_bytes)
    assert script is not None
    return script, make_primals(program, 0)


def done(body: str) -> tuple[tuple[Shown, ...], TapeModel]:
    """Return what the model predicts, and the model."""
    script, primals = script_of(body)
    model = model_of(script, primals)
    return perform(model, script, unwatched), model


def events_of(body: str) -> Sequence[Event]:
    """Return the backward passes that went through."""
    _, model = done(body)
    return list(model.events.values())
