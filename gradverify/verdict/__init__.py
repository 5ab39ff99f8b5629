"""Stage 3: gradients become verdicts and findings."""
