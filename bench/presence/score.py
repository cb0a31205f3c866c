"""Right, wrong and missing: an event is right if a true one of its kind, unmatched, is near."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.presence.model import Truth

MATCH_S = 120.0


@dataclass(slots=True)
class Score:
    """What was said against what was true, summed over days."""

    right: int = 0
    said: int = 0
    true: int = 0
    hours: float = 0.0

    @property
    def precision(self) -> float:
        return self.right / self.said if self.said else float(self.true == 0)

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        together = self.said + self.true
        return 2 * self.right / together if together else 1.0

    @property
    def false_in_8h(self) -> float:
        return (self.said - self.right) / self.hours * 8 if self.hours else 0.0

    def add(self, said: Sequence[Truth], true: Sequence[Truth], hours: float) -> list[int | None]:
        """Count a day; return for each event said the place of the true one it matched."""
        matched = match(said, true)
        self.right += sum(place is not None for place in matched)
        self.said += len(said)
        self.true += len(true)
        self.hours += hours
        return matched


def match(said: Sequence[Truth], true: Sequence[Truth]) -> list[int | None]:
    """Return for each event the place of the nearest unmatched true one within 120 s, in order."""
    free = set(range(len(true)))
    places: list[int | None] = []
    for event in said:
        near = [
            (abs(true[i].at_s - event.at_s), i)
            for i in free
            if (true[i].fence, true[i].kind) == (event.fence, event.kind)
        ]
        gap_s, place = min(near, default=(MATCH_S + 1, -1))
        places.append(place if gap_s <= MATCH_S else None)
        free.discard(place if gap_s <= MATCH_S else -1)
    return places
