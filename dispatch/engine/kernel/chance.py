"""Chance that is ours to seed: xorshift64* (Vigna 2016, doi:10.1145/2845077)."""

import numpy as np
import numpy.typing as npt

from dispatch.engine.kernel.compiling import inlined

_SCALE = 1.0 / 9007199254740992.0


@inlined
def fraction(chance: npt.NDArray[np.uint64]) -> float:
    """Return the next number in [0, 1)."""
    x = chance[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    chance[0] = x
    return float((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * _SCALE


@inlined
def below(chance: npt.NDArray[np.uint64], bound: int) -> int:
    """Return a whole number in 0..bound-1."""
    return int(fraction(chance) * bound)
