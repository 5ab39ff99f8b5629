"""The fixture `gradverify` and its marker, as a user meets them: short failures, and seeds."""

from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
OPERATIONS = """\
import numpy as np
import pytest

X = np.linspace(0.5, 1.0, 4)

def square(x): return x * x
def right(ct, out, x): return ct * 2 * x
def wrong(ct, out, x): return ct * x
"""


@pytest.fixture(autouse=True)
def plain(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """No plug-ins but ours, and no settings from outside."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("GRADVERIFY_SEED", raising=False)
    _ = pytester.makefile(".toml", pyproject="[project]\n")


_ = np  # loaded before any test: pytester forgets modules, and numpy loads only once


def run(pytester: pytest.Pytester, body: str, *arguments: str) -> pytest.RunResult:
    _ = pytester.makepyfile(OPERATIONS + body)
    options = ("-p", "gradverify.pytest_plugin", "-p", "no:cacheprovider", "--strict-markers")
    return pytester.runpytest_inprocess(*options, *arguments)


RIGHT = """
def test_right(gradverify):
    report = gradverify.assert_gradients(square, (X,), vjp=right)
    assert report.status == "agree"
    assert gradverify.verify(square, (X,), vjp=right)
"""
WRONG = """
def test_wrong(gradverify):
    print("what the test printed")
    gradverify.assert_gradients(square, (X,), vjp=wrong)
"""


def test_a_right_gradient_passes_and_a_wrong_one_fails(pytester: pytest.Pytester) -> None:
    run(pytester, RIGHT + WRONG).assert_outcomes(passed=1, failed=1)


def test_the_failure_is_the_report_and_the_line_of_the_test(pytester: pytest.Pytester) -> None:
    text = run(pytester, WRONG).stdout.str()
    assert "square: the gradient by `x`, as vjp gives it, is wrong\n" in text
    assert "  off-by-factor" in text
    assert "  Again: gradverify.verify(square, inputs, vjp=wrong, seed=0)\n" in text
    assert "_line_of_the_test.py:12 -" in text
    assert "what the test printed" in text
    assert "api.py" not in text
    assert "Traceback" not in text


def test_a_function_that_cannot_be_verified_fails_with_one_message(
    pytester: pytest.Pytester,
) -> None:
    result = run(pytester, "def test_it(gradverify):\n    gradverify.verify(square, (X,))\n")
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "\nsquare takes numpy arrays and nobody claims its gradient\n" in text
    assert ".py:10 -" in text
    assert "api.py" not in text


def test_a_whole_traceback_is_there_for_who_asks(pytester: pytest.Pytester) -> None:
    text = run(pytester, WRONG, "--tb=native").stdout.str()
    assert "Traceback" in text
    assert "api.py" in text


def test_an_error_of_the_users_own_keeps_its_traceback(pytester: pytest.Pytester) -> None:
    body = "def test_it(gradverify):\n    assert 1 == 2\n"
    run(pytester, body).stdout.fnmatch_lines([">       assert 1 == 2", "E       assert 1 == 2"])


SEED = """
@pytest.mark.gradverify(seed=5)
def test_seed(gradverify):
    assert gradverify.verify(square, (X,), vjp=right).seed == {marked}
    assert gradverify.verify(square, (X,), vjp=right, seed=1).seed == 1

def test_no_seed(gradverify):
    assert gradverify.verify(square, (X,), vjp=right).seed == {unmarked}
"""


def test_the_marker_stands_above_the_configuration(pytester: pytest.Pytester) -> None:
    run(pytester, SEED.format(marked=5, unmarked=0)).assert_outcomes(passed=2)
    _ = pytester.makefile(".ini", pytest="[pytest]\ngradverify_seed = 3\n")
    run(pytester, SEED.format(marked=5, unmarked=3)).assert_outcomes(passed=2)


def test_the_command_line_stands_above_the_marker(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADVERIFY_SEED", "4")
    run(pytester, SEED.format(marked=4, unmarked=4)).assert_outcomes(passed=2)
    said = SEED.format(marked=9, unmarked=9)
    run(pytester, said, "--gradverify-seed", "9").assert_outcomes(passed=2)


@pytest.mark.parametrize(("given", "found"), [("sed=5", "sed"), ("5", "5")])
def test_an_option_that_the_marker_does_not_take_is_an_error(
    pytester: pytest.Pytester, given: str, found: str
) -> None:
    marked = f"@pytest.mark.gradverify({given})\ndef test_it(gradverify): pass\n"
    result = run(pytester, marked)
    result.assert_outcomes(errors=1)
    text = result.stdout.str()
    assert f"\n@pytest.mark.gradverify takes explore, seed, not {found}\n" in text
    assert "pytest_fixture.py" not in text


def test_the_fixture_watches_a_model(pytester: pytest.Pytester) -> None:
    torch = pytest.importorskip("torch")
    assert torch is not None
    body = """
def test_it(gradverify):
    import torch
    w = torch.ones(2, requires_grad=True)
    with gradverify.watch(w, raises=False) as watched:
        w.sum().backward()
    assert watched.findings == ()
"""
    run(pytester, body).assert_outcomes(passed=1)


def test_the_marker_and_the_fixture_are_listed(pytester: pytest.Pytester) -> None:
    assert "@pytest.mark.gradverify(seed=0, explore=False): " in (
        run(pytester, "", "--markers").stdout.str()
    )
    assert "Verify gradients: " in run(pytester, "", "--fixtures").stdout.str()


def test_the_fixture_imports_no_framework(pytester: pytest.Pytester) -> None:
    _ = pytester.makepyfile(
        """
        import sys

        def test_it(gradverify):
            assert not {"torch", "jax", "scipy", "hypothesis"} & {*sys.modules}
            assert "gradverify.report.verified" not in sys.modules
        """
    )
    options = ("-p", "gradverify.pytest_plugin", "-p", "no:cacheprovider")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
