"""Keys of the cache: digests of all that a result depends on but the code that a spec names."""

import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, PackageNotFoundError, version
from pathlib import Path
from typing import Final, TypeAlias, final

from gradverify.oracles.table import FRAMEWORKS, ORACLES
from gradverify.plugins import ORACLE_GROUP, distribution_of, find_plugins
from gradverify.run.environment import environment
from gradverify.run.grounds import digest, digest_of_tree
from gradverify.run.task import Task
from gradverify.spec.packed import packed

Facts: TypeAlias = Mapping[str, object]

OURS: Final = str(Path(__file__).parents[1])
UNDER_US: Final = ("PyYAML", "pydantic", "threadpoolctl", "jaxlib", "scipy", "ml_dtypes")
"""Distributions that change results and are not part of the environment that reports name."""
NUMERIC: Final = (
    "ATEN_", "BLIS_", "CUBLAS_", "CUDA_", "CUDNN_", "DNNL_", "DYLD_", "GOMP_", "GOTO_",
    "GRADVERIFY_NO_PLUGINS", "HIP_", "HSA_", "JAX_", "KMP_", "LD_LIBRARY_PATH", "LD_PRELOAD",
    "LIBTPU_", "MIOPEN_", "MKL_", "NPY_", "NUMEXPR_", "NVIDIA_", "OMP_", "ONEDNN_", "OPENBLAS_",
    "PYTHONHASHSEED", "PYTORCH_", "ROCR_", "TORCH", "TPU_", "TRITON_", "VECLIB_", "XLA_",
)  # fmt: skip
"""How variables begin that choose devices, kernels, threads or libraries."""
SET_BY_US: Final = "KMP_DUPLICATE_LIB_OK"
"""Which threadpoolctl sets while it is imported."""
METADATA: Final = (".dist-info", ".egg-info")
PROCESSOR: Final = Path("/proc/cpuinfo")


@final
class Keys:
    """Makes keys; what all specs of a run have in common is looked up once."""

    @cached_property
    def around(self) -> Facts:
        """What every result depends on."""
        return {
            "environment": environment(),
            "python": sys.version,
            "source": digest_of_tree([OURS]),
            "versions": {name: _version(name) for name in UNDER_US},
            "found": {name: _found(name) for name in sorted(FRAMEWORKS)},
            "plugins": [*_plugins()],
            "processor": _processor(),
            "variables": _numeric(os.environ),
        }

    @cached_property
    def around_code(self) -> Facts:
        """What results depend on where code is imported: where it is found, and what is installed.

        Folders that hold the starting script differ with how gradverify is started.
        """
        started = {"", str(Path.cwd()), str(Path(sys.argv[0]).parent)}
        return {
            "folder": str(Path.cwd()),
            "path": [folder for folder in sys.path if folder not in started],
            "flags": repr(sys.flags),
            "installed": sorted({name for folder in sys.path for name in _installed(folder)}),
        }

    def of(self, task: Task) -> bytes:
        """Return the key of a task."""
        spec, options = task.spec, task.options
        given = packed(spec)
        facts = {
            "around": self._around_digest,
            "code": None if spec.model.function is None else self._around_code_digest,
            "spec": (given.file, given.text, given.above, given.index),
            "seed": options.seed_of(spec),
            "oracles": options.oracles,
            "max_bytes": options.max_bytes,
            "allow_import": options.allow_import,
        }
        return bytes.fromhex(digest(json.dumps(facts).encode()))

    @cached_property
    def _around_digest(self) -> str:
        return digest(json.dumps(self.around).encode())

    @cached_property
    def _around_code_digest(self) -> str:
        return digest(json.dumps(self.around_code).encode())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _found(name: str) -> str:
    """Return where a package is, which need not be where one is installed; empty if nowhere."""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return ""
    return "" if found is None else found.origin or "without a file"


def _plugins() -> Iterator[tuple[str, ...]]:
    """Yield each plug-in with its source, which changes while its version stays in development."""
    for point in find_plugins(ORACLE_GROUP, ORACLES).values():
        of = distribution_of(point)
        yield point.name, point.value, of, _version(of), digest_of_tree(_places(point))


def _places(point: EntryPoint) -> list[str]:
    try:
        found = importlib.util.find_spec(point.module.partition(".")[0])
    except (ImportError, ValueError):
        return []
    if found is None:
        return []
    return [*(found.submodule_search_locations or [found.origin or ""])]


def _processor() -> str:
    """Return the model, by which libraries choose their kernels; empty where nobody tells."""
    try:
        with PROCESSOR.open(encoding="utf-8", errors="replace") as lines:
            return next((line for line in lines if line.startswith("model name")), "")
    except OSError:
        return ""


def _numeric(environ: Mapping[str, str]) -> dict[str, str]:
    names = (name for name in sorted(environ) if name.startswith(NUMERIC) and name != SET_BY_US)
    return {name: environ[name] for name in names}


def _installed(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if name.endswith(METADATA)]  # noqa: PTH208 - names alone
    except OSError:
        return []
