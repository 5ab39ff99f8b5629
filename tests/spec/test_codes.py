"""The codes of findings are those of the design, each in one family."""

import re

from gradverify.spec.codes import CODES, CONDUCT, FORWARD, KINK, TAPE, VALUE


def test_every_code_stands_once() -> None:
    assert len(set(CODES)) == len(CODES) == 38
    assert set(CODES) == {*VALUE, *FORWARD, *TAPE, *KINK, *CONDUCT}


def test_codes_are_kebab_case() -> None:
    assert [code for code in CODES if not re.fullmatch(r"[a-z]+(-[a-z]+)*", code)] == []
