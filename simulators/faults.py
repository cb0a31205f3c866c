"""What goes wrong on the way from a device to the broker, as one real capture measured it.

5,000 messages of Helsinki's public transport: lag p50 0.67 s, p95 1.66 s, p99 37.7 s, at most
113 s; clocks up to 4.4 s ahead; 2.9 % without a position; 0.9 % sent twice; 1.2 % out of order.
"""

import random
from bisect import bisect
from dataclasses import dataclass

# (share of messages, lag in seconds), joined by straight lines.
LAG = ((0.0, 0.2), (0.5, 0.67), (0.95, 1.66), (0.99, 37.7), (1.0, 113.0))


@dataclass(frozen=True, slots=True)
class Faults:
    """The fault model of one device; all zero is a perfect one."""

    lags: bool
    without_position: float
    twice: float
    clock_ahead_s: float

    def lag_s(self, chance: random.Random) -> float:
        """Draw how long a message is held back; a long lag is what puts it out of order."""
        if not self.lags:
            return 0.0
        share = chance.random()
        right = min(len(LAG) - 1, bisect([s for s, _ in LAG], share))
        (s0, lag0), (s1, lag1) = LAG[right - 1], LAG[right]
        return lag0 + (lag1 - lag0) * (share - s0) / (s1 - s0)


NONE = Faults(lags=False, without_position=0.0, twice=0.0, clock_ahead_s=0.0)


def real(chance: random.Random) -> Faults:
    """Return one device's faults as the capture had them."""
    return Faults(
        lags=True,
        without_position=0.029,
        twice=0.009,
        clock_ahead_s=max(0.0, chance.uniform(-8.0, 4.4)),
    )
