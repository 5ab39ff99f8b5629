"""A project of a user: modules with right and wrong code, written where a test stands."""

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

from gradverify.run.options import Options
from gradverify.run.perform import run_spec
from gradverify.spec.parse import specs_of
from gradverify.spec.source import source_of
from gradverify.verdict.verdict import SpecResult
from tests.support import OPTIONS

NUMPY: Final = """\
import numpy as np

LIMIT = 3.0


def softplus(x, scale=1.0):
    return np.log1p(np.exp(scale * x))


def softplus_backward(ct, out, x, *rest):
    return (ct / (1 + np.exp(-x)),)


def softplus_twice(ct, out, x, *rest):
    return (2 * ct / (1 + np.exp(-x)),)


def product(x, w):
    return x @ w


def product_backward(ct, out, x, w):
    return ct @ w.T, x.T @ ct


def scaled(x, *, w):
    return x * w


def scaled_backward(ct, out, x, *, w):
    return ct * w, ct * x


def total(*arrays):
    return sum(arrays)


def total_backward(ct, out, *arrays):
    return tuple(ct for _ in arrays)


def every(**arrays):
    return sum(arrays.values())


def every_backward(ct, out, **arrays):
    return {name: ct for name in arrays}


def pair(x):
    return 2 * x, 3 * x


def pair_backward(ct, out, x):
    return (2 * ct[0] + 3 * ct[1],)


def relu(x):
    return np.maximum(x, 0)


def relu_backward(ct, out, x):
    return (ct * (x > 0),)


def squares(x):
    return (x * x).sum()


def squares_backward(ct, out, x):
    return (2 * ct * x,)


def squares_wrong(ct, out, x):
    return (ct * x,)


def squares_misused(ct, out, x):
    return (2 * ct * x + np.sin(3 * x),)


def squares_strange(ct, out, x):
    return (ct * (2 * x + 0.01 * np.sin(7 * x)),)


def drawn(x):
    return x * np.random.default_rng().random()


def drawn_backward(ct, out, x):
    return (ct,)


def loud(x):
    print("a word")
    return 2 * x


def loud_backward(ct, out, x):
    return (2 * ct,)


def loud_raising(ct, out, x):
    raise ValueError("not this way")


def refuses(x):
    raise RuntimeError("not today")


def whole(x):
    return (x > 0).astype(int)


class Thing:
    def __call__(self, x):
        return 2 * x


thing = Thing()
"""

TORCH: Final = """\
import torch


class Gelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * x * (1 + torch.erf(x / 2**0.5))

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return 0.5 * ct * (1 + torch.erf(x / 2**0.5))


def gelu(x):
    return Gelu.apply(x)


def affine(x, w, b):
    return x @ w + b


layer = torch.nn.Linear(3, 2, dtype=torch.float64)
"""

JAX: Final = """\
import jax.numpy as jnp


def wave(x, w):
    return jnp.sin(x) @ w
"""

MODULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "mypackage/__init__.py": "",
        "mypackage/ops.py": NUMPY,
        "mypackage/tensors.py": TORCH,
        "mypackage/arrays.py": JAX,
        "mypackage/exits.py": "import sys\n\nsys.exit(3)\n",
        "mypackage/unfinished.py": "def f(:\n",
        "mypackage/needs.py": "import nowhere_to_be_found\n",
        "mypackage/lazy.py": 'def __getattr__(name):\n    raise ValueError("no " + name)\n',
    }
)


@contextmanager
def project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Path, None, None]:
    """Stand in a folder that holds the modules; whatever was imported of them is forgotten."""
    for name, text in MODULES.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        _ = path.write_text(text, "utf-8")
    monkeypatch.chdir(folder)
    try:
        yield folder
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == "mypackage"]:
            del sys.modules[name]


def result(body: str, **options: Any) -> SpecResult:
    """Return what a run that may import says about a spec."""
    (spec,) = specs_of(source_of("a.grad.yaml", f"gradverify: 1\ntitle: t\n{body.strip()}\n"))
    asked: Options = replace(OPTIONS, allow_import=True)
    return run_spec(spec, replace(asked, **options))


def numpy_spec(
    function: str, vjp: str, *more: str, inputs: str = "{x: [[1., 2.], [-3., 0.5]]}"
) -> str:
    """Return a spec of a function of numpy arrays in the project."""
    named = (f"function: mypackage.ops:{function}", f"vjp: mypackage.ops:{vjp}")
    return "\n".join((f"inputs: {inputs}", *named, "framework: numpy", *more))
