"""What woke the loop since the last plan, and the events that do."""

import asyncio
import time
from dataclasses import dataclass, field

from fieldops.events import Event

# Kinds that always change the problem; the others are judged by their body. A site's name and
# address do not, and what the loop itself tells of (silence, papers that end) it has read already.
WAKING = frozenset(
    {"task.created", "task.changed", "task.unpinned", "crew.changed", "crew.shift_started",
     "crew.shift_ended", "device.changed", "vehicle.changed", "permit.changed", "fence.changed",
     "worker.changed", "absence.changed", "credential.changed", "dispatch.changed"}
)  # fmt: skip
# Kinds that may shift times at once, before anything is planned anew.
SHIFTING = frozenset({"presence.entered", "presence.left"})
# Kinds after which another crew may be expected to be heard.
HEARING = frozenset({"crew.shift_started", "device.changed", "dispatch.changed", "privacy.ended"})


def wakes(event: Event) -> bool:
    """Return whether an event asks for a new plan; what we publish ourselves does not."""
    match event.kind:
        case "assignment.changed":
            return event.body.get("state") in ("declined", "started", "done")
        case "task.state_changed":
            return event.body.get("state") == "cancelled"
        case "plan.published":
            return event.body.get("kind", "auto") not in ("auto", "proposal")
        case kind:
            return kind in WAKING


def shifts(event: Event) -> bool:
    """Return whether an event may shift the times of what is planned: somebody came, went,
    started, finished, or lets us wait for news."""
    if event.kind == "assignment.changed":
        return event.body.get("state") in ("started", "done")
    return event.kind in SHIFTING


@dataclass(slots=True)
class Bench:
    """What woke the loop since the last plan."""

    kinds: set[str] = field(default_factory=set)
    since: float | None = None
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self, kind: str) -> None:
        self.kinds.add(kind)
        self.since = self.since or time.monotonic()
        self.woken.set()

    def take(self) -> tuple[list[str], float]:
        """Return and forget what woke the loop, and since when."""
        kinds, since = sorted(self.kinds), self.since or time.monotonic()
        self.kinds, self.since = set(), None
        self.woken.clear()
        return kinds, since
