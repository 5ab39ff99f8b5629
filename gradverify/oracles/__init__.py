"""The family of oracles: independent ways to get gradients of a Program."""
