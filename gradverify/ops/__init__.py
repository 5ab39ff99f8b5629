"""The family of ops: what can appear in a program, and its derivative."""
