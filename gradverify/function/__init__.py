"""What `verify` does: a function given as code, its claimed gradient, and what is wrong with it."""
