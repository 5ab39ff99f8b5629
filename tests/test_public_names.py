"""`import gradverify` is light, and gives a plug-in's author every name that is needed."""

import subprocess
import sys

import pytest

import gradverify
from gradverify.oracles import oracle
from gradverify.program import program


def test_the_names_are_those_of_their_modules() -> None:
    for name in ("Gradients", "Oracle", "Unsupported", "Wanted"):
        assert getattr(gradverify, name) is getattr(oracle, name)
    for name in ("Program", "Step"):
        assert getattr(gradverify, name) is getattr(program, name)


def test_all_names_are_listed_and_no_others_are_there() -> None:
    assert set(gradverify.__all__) <= set(dir(gradverify))
    with pytest.raises(AttributeError, match="has no attribute 'Gradient'"):
        _ = gradverify.Gradient  # pyright: ignore[reportAttributeAccessIssue] - what is tested


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    code = (
        "import sys, gradverify\n"
        "assert not {'numpy', 'pydantic', 'click'} & {*sys.modules}\n"
        "gradverify.Gradients\n"
        "assert 'numpy' in sys.modules\n"
    )
    _ = subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our own
