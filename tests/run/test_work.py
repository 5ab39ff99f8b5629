"""A shard depends on a spec's id alone, and together they have everything once."""

from hypothesis import given
from hypothesis import strategies as st

from gradverify.run.work import is_mine


@given(st.text(), st.integers(1, 20))
def test_every_id_is_in_one_shard(name: str, count: int) -> None:
    assert sum(is_mine((number, count), name) for number in range(1, count + 1)) == 1


@given(st.text())
def test_without_shards_all_is_mine(name: str) -> None:
    assert is_mine(None, name)


def test_the_shard_of_an_id_never_changes() -> None:
    ids = [f"specs/a.grad.yaml::number {k}" for k in range(12)]
    assert [next(n for n in (1, 2, 3) if is_mine((n, 3), name)) for name in ids] == PINNED


PINNED = [1, 2, 2, 2, 1, 1, 3, 3, 1, 3, 1, 2]


def test_a_name_that_is_no_unicode_has_a_shard() -> None:
    assert sum(is_mine((number, 4), "specs/\udcff.grad.yaml") for number in range(1, 5)) == 1
