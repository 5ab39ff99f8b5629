"""Stage 4: events become text."""
