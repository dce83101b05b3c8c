"""Random numbers by name: each part of a world draws from a stream of its own."""

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on the seed and the name alone.

    A part added, dropped or reordered therefore never changes what another part draws.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(name.encode())))
