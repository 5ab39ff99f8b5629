"""Stage 2: a Spec becomes a Program."""
