"""Every function of the benchmark, by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from benchmarks.wrong_gradients.functions.broadcasting import BROADCASTING
from benchmarks.wrong_gradients.functions.elementwise import ELEMENTWISE
from benchmarks.wrong_gradients.functions.indexing import INDEXING
from benchmarks.wrong_gradients.functions.layers import LAYERS
from benchmarks.wrong_gradients.functions.linear_algebra import LINEAR_ALGEBRA
from benchmarks.wrong_gradients.functions.local_layers import LOCAL_LAYERS
from benchmarks.wrong_gradients.functions.networks import NETWORKS
from benchmarks.wrong_gradients.functions.reductions import REDUCTIONS
from benchmarks.wrong_gradients.subject import Subject

SUBJECTS: Final[Mapping[str, Subject]] = MappingProxyType(
    {
        subject.name: subject
        for family in (
            ELEMENTWISE,
            BROADCASTING,
            REDUCTIONS,
            LINEAR_ALGEBRA,
            INDEXING,
            LAYERS,
            LOCAL_LAYERS,
            NETWORKS,
        )
        for subject in family
    }
)
