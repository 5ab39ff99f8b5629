"""Rows of the table of ops, replaced for one test in every module that looks them up."""

import sys
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from gradverify.ops.table import OPS


def with_op(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> None:
    """Change parts of one row (`vjp`, `primal`), wherever the package looks it up."""
    rows = MappingProxyType({**OPS, name: replace(OPS[name], **changes)})
    for module in [m for n, m in sys.modules.items() if n.startswith("gradverify.")]:
        if getattr(module, "OPS", None) is OPS:
            monkeypatch.setattr(module, "OPS", rows)
