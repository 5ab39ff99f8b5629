"""What is said of a worker that is lost: how it ended, the likely cause, and what to do."""

import signal
from pathlib import Path

import gradverify
from gradverify.run.worker_errors import (
    CodeEndedError,
    Last,
    NoWorkerError,
    ReplyNotReadError,
    TaskNotSentError,
    TimedOutError,
    TooMuchMemoryError,
    WorkerDiedError,
)

OURS = Path(gradverify.__file__).parent / "oracles" / "arguments.py"
TRACE = f"""\
Fatal Python error: Segmentation fault

Thread 0x1 (most recent call first):
  File "/other/thread.py", line 1 in waits

Current thread 0x2 (most recent call first):
  File "/home/me/ops.py", line 24 in gelu
  File "{OURS}", line 45 in call
  File "{OURS}", line 12 in again

Extension modules: numpy (total: 1)
"""
NOTHING = Last()


def test_a_signal_has_its_name_and_the_trace_ends_where_gradverify_begins() -> None:
    error = WorkerDiedError(-signal.SIGSEGV, 0.34, "", Last("", TRACE))
    assert str(error) == (
        "the worker process that ran this spec was ended by SIGSEGV (Segmentation fault), 0.3 s "
        "after it had begun, and left no result. Native code, of the function or of a framework, "
        "is the likely cause.\n"
        "It was here, the innermost call first:\n"
        '  File "/home/me/ops.py", line 24 in gelu\n'
        f'  File "{OURS}", line 45 in call'
    )


def test_an_exit_has_its_code_and_what_was_said_last() -> None:
    said = "".join(f"line {k}\n\n" for k in range(20))
    text = str(WorkerDiedError(7, 1, "a.grad.yaml::one", Last(said)))
    assert text.startswith("the worker process that ran this spec ended with exit code 7, 1.0 s ")
    assert "os._exit(), or native code that ends its process, is the likely cause." in text
    assert "The process had run a.grad.yaml::one before.\nIts last words on stderr:\n" in text
    assert text.endswith("\n  line 18\n  line 19")
    assert "line 11\n" not in text


def test_a_kill_may_be_for_memory() -> None:
    text = str(WorkerDiedError(-signal.SIGKILL, 1, "", NOTHING))
    assert "was ended by SIGKILL (Killed)" in text
    assert "The system does that where memory runs out; fewer workers, such as -n 1" in text


def test_a_signal_without_a_name_has_its_number() -> None:
    assert "was ended by signal 50," in str(WorkerDiedError(-50, 1, "", NOTHING))


def test_a_process_that_lives_on_has_closed_its_pipes() -> None:
    assert "this spec closed its pipes, 2.0 s" in str(WorkerDiedError(None, 2, "", NOTHING))


def test_a_limit_of_time_says_how_to_raise_it() -> None:
    assert str(TimedOutError(2.5, NOTHING)) == (
        "this spec was still running after 2.5 s, which is all that --timeout allows; its worker "
        "process was killed. Either something in it never ends, or it needs more: `--timeout 5`"
    )


def test_a_limit_of_memory_says_how_much() -> None:
    assert str(TooMuchMemoryError(3 * 2**30, 2**30, 0.5)) == (
        "this spec made its worker process hold 3.0 GiB more than before, 0.5 s after it had "
        "begun, and --max-memory allows 1.0 GiB; the process was killed. Make the arrays smaller, "
        "or allow more with --max-memory"
    )


def test_code_that_ends_a_process_is_told_what_to_raise() -> None:
    assert str(CodeEndedError(SystemExit(3))) == (
        "the code raised SystemExit(3), which ends a process and is no answer; expected was a "
        "result or an Exception. Raise a ValueError instead, or leave the call of exit() out"
    )


def test_whoever_cannot_be_started_says_why() -> None:
    text = str(NoWorkerError(3, "ended with exit code 1", Last("ImportError: no numpy")))
    assert text.startswith("this spec was not run: 3 worker processes in a row ended before they ")
    assert "the last one ended with exit code 1. stderr says more" in text
    assert text.endswith("Its last words on stderr:\n  ImportError: no numpy")


def test_what_cannot_go_through_a_pipe_runs_without() -> None:
    assert "TypeError: no pickle. Run it without -n" in str(
        TaskNotSentError(TypeError("no pickle"))
    )
    assert "EOFError: cut. Run it without -n" in str(ReplyNotReadError(EOFError("cut")))
