"""The gradients of specs/ by hand: every example in torch and in jax, compared with each other.

What `documents.py` measures `gradverify run specs/` against. It knows nothing of gradverify.
"""

import sys

import by_hand_jax
import by_hand_torch
import numpy as np
from by_hand_examples import EXAMPLES


def main() -> int:
    """Print how many gradients there are, and return 1 where the two do not agree."""
    made = 0
    for example in EXAMPLES:
        by_torch, by_jax = by_hand_torch.gradients(example), by_hand_jax.gradients(example)
        for name, gradient in by_torch.items():
            if not np.allclose(gradient, by_jax[name], rtol=1e-10, atol=1e-15):
                print(f"{example.title}: torch and jax differ in {name}")
                return 1
        made += len(by_torch)
    print(f"{len(EXAMPLES)} examples: {made} gradients, the same in torch and in jax")
    return 0


if __name__ == "__main__":
    sys.exit(main())
