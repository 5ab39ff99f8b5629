"""A baseline: what a run found, kept in a file, so that a later run can tell what moved."""
