"""The page of every rule of a report: findings, what a baseline tells, and what a spec comes to."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gradverify.baseline.compared import Change
from gradverify.verdict.findings import PAGES, Page
from gradverify.verdict.verdict import Severity

BROKEN: Final = "spec-broken"
MISSING: Final = "finding-missing"
UNNAMED: Final = "disagreement"
OPEN: Final = "undecided"

_ERROR, _BASELINE, _SPEC = Severity.ERROR, "baseline", "spec"
_ACCEPT: Final = "If the change is meant, accept it: `gradverify baseline update`."

CHANGES: Final = (
    Page(
        Change.MOVED, _BASELINE, _ERROR,
        "The gradient is no longer the one that the baseline has.",
        "A projection or an entry has moved by more than its error bar then and now.",
        "torch 2.12 gave 3.07 at [0, 14], torch 2.13 gives -12.41",
        f"Look at what changed in the environment, then in the code. {_ACCEPT}",
    ),
    Page(
        Change.SHAPE, _BASELINE, _ERROR,
        "The gradient has another shape than in the baseline.",
        "The shapes are compared, axis by axis.",
        "(3, 4) became (4, 3)",
        f"Look at the inputs of the spec and at the last reshape. {_ACCEPT}",
    ),
    Page(
        Change.DTYPE, _BASELINE, _ERROR,
        "The gradient has another dtype than in the baseline.",
        "The names of the dtypes are compared.",
        "float64 became float32",
        f"Look for a cast, and for a default dtype that changed. {_ACCEPT}",
    ),
    Page(
        Change.MARGIN, _BASELINE, _ERROR,
        "The gradient still passes, and is much closer to failing than in the baseline.",
        "Its error is at least ten times as large a part of what is allowed as it was.",
        "1e-16 of 4e-13 allowed became 2e-13 of 4e-13",
        f"Look for a cast, a cancellation or another algorithm. {_ACCEPT}",
    ),
    Page(
        Change.FINDING, _BASELINE, _ERROR,
        "A finding was made that the baseline does not have.",
        "Findings are told apart by code, party, variable and place in a script.",
        "off-by-factor of `w`, by torch",
        f"Read what the finding itself says. {_ACCEPT}",
    ),
    Page(
        Change.UNDECIDED, _BASELINE, _ERROR,
        "A gradient that was decided in the baseline cannot be decided now.",
        "The verdict was agree or disagree, and is undecided.",
        "differences cannot tell, and no library vouches for it",
        f"Look for an input near a kink or a pole, and for a library that is gone. {_ACCEPT}",
    ),
    Page(
        Change.SILENT, _BASELINE, _ERROR,
        "An oracle that answered in the baseline does not answer now.",
        "It is not installed, does not support the spec, or broke.",
        "jax answered, and is not installed",
        f"Install it again, or see why it has no answer. {_ACCEPT}",
    ),
    Page(
        Change.EXPIRED, _BASELINE, _ERROR,
        "A finding that the baseline accepts for a time is past its date.",
        "Its `expires` lies before today.",
        "expires 2026-01-31",
        "Mend what it names, or give it another date in the baseline.",
    ),
    Page(
        Change.SEED, _BASELINE, _ERROR,
        "The spec ran with another seed than in the baseline, so that nothing can be compared.",
        "The two seeds are compared.",
        "seed 0 became seed 7",
        f"Run with the seed of the baseline. {_ACCEPT}",
    ),
)  # fmt: skip

CONCLUSIONS: Final = (
    Page(
        BROKEN, _SPEC, _ERROR,
        "A spec cannot be run, or what ran it broke.",
        "Its text has a fault, an oracle raised, or nothing could be compared.",
        "unknown op 'sqroot'",
        "Mend what the message names; `gradverify validate` looks at the text alone.",
    ),
    Page(
        MISSING, _SPEC, _ERROR,
        "A finding that the spec lists was not made.",
        "No finding has the code, the party and the variable that are listed.",
        "findings: [{code: off-by-factor, party: derived, of: w}]",
        "Mend the spec's `findings`, or say why the party is right after all.",
    ),
    Page(
        UNNAMED, _SPEC, _ERROR,
        "Somebody's array is wrong, and no finding says why.",
        "It is further from the truth than its error bar allows.",
        "off by 7e-01, where 4e-13 is allowed",
        "Run the spec alone with -v.",
    ),
    Page(
        OPEN, _SPEC, _ERROR,
        "Nobody could tell whether a gradient is right.",
        "Error bars are too wide for a verdict.",
        "differences cannot tell, and no library vouches for it",
        "Move the inputs away from kinks and poles, or install one more library.",
    ),
)  # fmt: skip

RULES: Final[Mapping[str, Page]] = MappingProxyType(
    {**PAGES, **{str(page.code): page for page in (*CHANGES, *CONCLUSIONS)}}
)
