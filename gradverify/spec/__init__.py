"""Stage 1: YAML text becomes a Spec."""
