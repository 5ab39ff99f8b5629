"""Layer normalisation for torch, with a backward pass by hand."""

from layernorm.norm import layer_norm

__all__ = ["layer_norm"]
