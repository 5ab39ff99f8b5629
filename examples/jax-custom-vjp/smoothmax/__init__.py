# jax's own types are partial:
# pyright: basic, reportMissingImports=false
"""A smooth maximum for jax, with a rule for its gradient by hand."""

from smoothmax.maximum import smooth_max

__all__ = ["smooth_max"]
