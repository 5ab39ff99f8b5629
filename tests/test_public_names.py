"""`import gradverify` is light, and gives a plug-in's author every name that is needed."""

import subprocess
import sys

import pytest

import gradverify
from gradverify import api, watching
from gradverify.oracles import oracle
from gradverify.program import program
from gradverify.report import verified


def test_the_names_are_those_of_their_modules() -> None:
    for name in ("Gradients", "Oracle", "Unsupported", "Wanted"):
        assert getattr(gradverify, name) is getattr(oracle, name)
    for name in ("Program", "Step"):
        assert getattr(gradverify, name) is getattr(program, name)


def test_the_doors_are_where_they_say() -> None:
    assert gradverify.verify is api.verify
    assert gradverify.assert_gradients is api.assert_gradients
    assert gradverify.watch is watching.watch
    assert (gradverify.Report, gradverify.GradientMismatch) == (
        verified.Report,
        verified.GradientMismatch,
    )
    assert [*gradverify.__all__] == sorted(
        gradverify.__all__, key=lambda name: (name.islower(), name)
    )
    assert [name for name in gradverify.__all__ if not hasattr(gradverify, name)] == []


def test_all_names_are_listed_and_no_others_are_there() -> None:
    assert set(gradverify.__all__) <= set(dir(gradverify))
    with pytest.raises(AttributeError, match="has no attribute 'Gradient'"):
        _ = gradverify.Gradient  # pyright: ignore[reportAttributeAccessIssue] - what is tested


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, gradverify\n"
        "assert not {'numpy', 'pydantic', 'click'} & {*sys.modules}\n"
        "gradverify.verify, gradverify.assert_gradients, gradverify.watch\n"
        "assert not {'numpy', 'torch', 'jax', 'pydantic', 'click'} & {*sys.modules}\n"
        "gradverify.Gradients\n"
        "assert 'numpy' in sys.modules\n"
    )
    _ = subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own
