"""Statements are read into a small tree or refused with a place, whatever they hold."""

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gradverify.errors import Mark, SpecError
from gradverify.program.errors import PoisonedError
from gradverify.program.language import MAX_LENGTH, read_expression, read_statement
from gradverify.program.lower import lower_statement
from gradverify.program.program import Kind
from gradverify.program.promotion import BOOL, FLOAT64, INT64
from gradverify.program.scope import Memory, Scope
from gradverify.program.tree import Assignment, Call, Line, Literal, Name, Subscript, line_of

WORDS = (
    *("x", "k", "m", "n", "y", "=", "+=", "==", "<", "+", "-", "*", "/", "**", "@", "(", ")"),
    *("[", "]", ",", ":", "...", "None", "True", ".T", ".mT", ".shape[0]", "0", "1", "-1", "2"),
    *("0.5", "1e999", "9**9", "sum(", "mean(", "reshape(", "stack([", "ones(", "full(", "eye("),
    *("axis=", "keepdims=", "dtype='int64'", ".mm(", ".clip(min=", "where(", "arange(", "array(["),
    *("'sum'", "@x", "lambda", "if", "else", "for", "not", "detach(", "astype(", "\n", ";", "é"),
    *("cross_entropy(", "concat([", "broadcast_to(", "squeeze(", "expand_dims(", "vector_norm("),
)
MARK = Mark("s.grad.yaml", 3, 5, "  - y = x")


def line(text: str) -> Line:
    return line_of(Mark("s.grad.yaml", 1, 1, text), text)


def scope() -> Scope:
    made = Scope(Memory(2**20))
    for name, kind in {
        "x": Kind((2, 3), FLOAT64),
        "k": Kind((2,), INT64),
        "m": Kind((2, 3), BOOL),
    }.items():
        made.names[name] = made.declare(name, kind, line("x").place(line("x").whole))
    return made


def outcome(text: str) -> str:
    target = scope()
    try:
        lower_statement(target, Mark("s.grad.yaml", 1, 1, text), text)
    except SpecError as fault:
        return "refused" if fault.message and fault.hint else "refused without advice"
    except PoisonedError:
        return "poisoned"
    return "lowered"


@settings(derandomize=True, max_examples=600, deadline=None)
@given(st.text(max_size=40))
@example("y = " + "(" * 150 + "x" + ")" * 150)
@example("y = " + "-" * 3_000 + "x")
@example("y = x" + " + x" * 900)
@example("y = x" + ".T" * 1_500)
@example("y = " + "x[" * 190 + "0" + "]" * 190)
@example("y = 9**9**9**9")
@example("y = x * 0x" + "f" * 3_000)
@example("y = x\0")
@example("y = \ud800")
@example("y = 1if x else 2")
@example("y = '\\d'")
@example("y = f'{x}'")
@example("y = " + "x" * 1_000_000)
def test_any_text_is_lowered_or_refused(text: str) -> None:
    assert outcome(text) in {"lowered", "refused"}


@settings(derandomize=True, max_examples=3_000, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=12).map("".join))
def test_any_words_of_the_language_are_lowered_or_refused(text: str) -> None:
    assert outcome(f"y = {text}") in {"lowered", "refused"}


ARGUMENTS = st.sampled_from(
    ("x", "k", "m", "2", "0", "-1", "0.5", "None", "True", "[x, x]", "(2, 3)", "'sum'", "[1, 0]")
)
KEYWORDS = st.sampled_from(
    ("", ", axis=0", ", dim=5", ", keepdim=True", ", axis=(0, 1)", ", min=0", ", shape=(3, 2)")
)
OPS = st.sampled_from(
    (
        *("sum", "max", "var", "softmax", "clip", "reshape", "view", "permute_dims", "squeeze"),
        *("expand_dims", "broadcast_to", "stack", "concat", "where", "matmul", "dot", "bmm"),
        *("addmm", "cross_entropy", "mse_loss", "power", "divide", "astype", "vector_norm"),
        *("maximum", "less", "ones", "full", "eye", "arange", "linspace", "array", "flatten"),
        *("index", "transpose", "matrix_transpose", "logsumexp", "negative", "detach", "outer"),
    )
)


@settings(derandomize=True, max_examples=3_000, deadline=None)
@given(OPS, st.lists(ARGUMENTS, max_size=3), KEYWORDS)
def test_any_call_is_lowered_or_refused(op: str, arguments: list[str], keywords: str) -> None:
    assert outcome(f"y = {op}({', '.join(arguments)}{keywords})") in {"lowered", "refused"}


ITEMS = st.sampled_from(
    ("0", "-1", "2", ":", "1:", "::2", ":-1", "...", "None", "k", "[0, 1]", "[[0], [1]]", "m", "x")
)


@settings(derandomize=True, max_examples=1_000, deadline=None)
@given(st.lists(ITEMS, min_size=1, max_size=4), st.sampled_from(("y = {}", "{} = 1.5", "{} += x")))
def test_any_index_is_lowered_or_refused(items: list[str], statement: str) -> None:
    assert outcome(statement.format(f"x[{', '.join(items)}]")) in {"lowered", "refused"}


def test_a_statement_that_is_right_is_lowered() -> None:
    assert outcome("y = sum(x[:, None] * 2, axis=0)") == "lowered"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y = (x + 1) * 2", "multiply"),
        ("y = -x", "negative"),
        ("y = x ** 2", "power"),
        ("y = x @ x", "matmul"),
        ("y = x != 0", "not_equal"),
        ("y = x.T", "transpose"),
        ("y = x.mT", "matrix_transpose"),
        ("y = x.mm(w)", "mm"),
        ("y += x", "add"),
        ("w[0] *= 2", "multiply"),
    ],
)
def test_operators_methods_and_properties_are_calls(text: str, expected: str) -> None:
    value = read_statement(line(text)).value
    assert isinstance(value, Call)
    assert value.function == expected


def test_unary_plus_is_nothing() -> None:
    assert isinstance(read_expression(line("+x")), Name)


def test_an_augmented_assignment_to_an_index_reads_the_old_entry() -> None:
    statement = read_statement(line("w[0] += x"))
    assert isinstance(statement, Assignment)
    assert isinstance(statement.value, Call)
    assert isinstance(statement.value.arguments[0], Subscript)
    assert statement.index is not None
    assert isinstance(statement.index[0], Literal)


def test_python_is_never_run() -> None:
    with pytest.raises(SpecError):
        lower_statement(scope(), MARK, "y = __import__('os').getcwd()")


def test_a_statement_just_short_enough_is_read_and_one_longer_is_not() -> None:
    padding = " " * (MAX_LENGTH - len("y = (x)"))
    assert outcome(f"y = (x{padding})") == "lowered"
    assert outcome(f"y = (x {padding})") == "refused"


@pytest.mark.parametrize(
    ("source", "text", "column"),
    [
        ("  - y = q + 1", "y = q + 1", 9),
        ('  - "y = q + 1"', "y = q + 1", 10),
        ("  - 'é = q + 1'", "é = q + 1", 10),
        ("  - y =", "y = q + 1", 5),
    ],
)
def test_a_fault_stands_where_its_word_stands(source: str, text: str, column: int) -> None:
    with pytest.raises(SpecError) as caught:
        lower_statement(Scope(Memory(100)), Mark("s.grad.yaml", 1, 5, source), text)
    assert caught.value.mark.column == column


def test_a_column_counts_characters_where_python_counts_bytes() -> None:
    text = "é = q"
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.Assign)
    assert node.value.col_offset == 5
    value = read_statement(line(text)).value
    assert value.span.at == 4
