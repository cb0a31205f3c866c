"""Tasks: work at a place, when it may start, and what it asks of a crew."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from dispatch.problem.checks import check_order, check_range
from dispatch.problem.credentials import Requirement
from dispatch.problem.windows import Permit, Window
from fieldops.errors import BadInput
from fieldops.model import check_position

LONGEST_TASK_S = 31 * 86_400


@dataclass(frozen=True, slots=True)
class Task:
    """Work at a place. forbidden_crews declined it; pinned_crew is a person's order, not a wish.

    window_start, window_end: nothing starts before or after. windows, where given, lie within them,
    apart and in order, and the work starts in one of them.
    setup_s comes before the work, unless the crew's visit before was at the same place and of the
    same setup_kind (started work counts as such a visit).
    previous_crew had the task in the published plan.
    min_crew: members present over the whole visit. demand: what it takes of a crew's capacity.
    """

    id: UUID
    lon: float
    lat: float
    duration_s: int
    window_start: datetime
    window_end: datetime
    priority: int = 3
    skills: frozenset[str] = frozenset()
    forbidden_crews: frozenset[UUID] = frozenset()
    pinned_crew: UUID | None = None
    previous_crew: UUID | None = None
    windows: tuple[Window, ...] = ()
    setup_s: int = 0
    setup_kind: str = ""
    credentials: tuple[Requirement, ...] = ()
    permits: tuple[Permit, ...] = ()
    equipment: frozenset[str] = frozenset()
    min_crew: int = 1
    demand: int = 0

    def __post_init__(self) -> None:
        check_position(self.lon, self.lat)
        check_order(f"window of task {self.id}", "/window_end", self.window_start, self.window_end)
        for name, value in (("lasts", self.duration_s), ("is set up in", self.setup_s)):
            if not 0 <= value <= LONGEST_TASK_S:
                raise BadInput(
                    f"task {self.id} {name} {value} s, outside 0 to {LONGEST_TASK_S}",
                    pointer="/duration_s" if name == "lasts" else "/setup_s",
                )
        if not 1 <= self.priority <= 5:
            raise BadInput(
                f"task {self.id} has priority {self.priority}, outside 1 to 5", pointer="/priority"
            )
        check_range(f"crew size of task {self.id}", "/min_crew", self.min_crew, 1, 100)
        check_range(f"demand of task {self.id}", "/demand", self.demand, 0)
        self._check_windows()

    def _check_windows(self) -> None:
        for before, after in pairwise(self.windows):
            if after.start <= before.end:
                raise BadInput(
                    f"task {self.id}: a window starts at {after.start}, not after {before.end} "
                    "when the one before ends",
                    pointer="/windows",
                )
        for window in self.windows:
            if window.start < self.window_start or window.end > self.window_end:
                raise BadInput(
                    f"task {self.id}: window {window.start} to {window.end} lies outside "
                    f"{self.window_start} to {self.window_end}",
                    pointer="/windows",
                )

    @property
    def all_windows(self) -> tuple[Window, ...]:
        """The windows in order, the single plain one where none is given."""
        return self.windows or _plain(self.window_start, self.window_end)

    @property
    def longest_s(self) -> int:
        """The duration with the set-up: what must be allowed, whatever comes before."""
        return self.setup_s + self.duration_s

    @property
    def setup_group(self) -> tuple[float, float, str]:
        """Visits of one group in a row are set up once."""
        return (self.lon, self.lat, self.setup_kind)


@lru_cache(maxsize=8192)
def _plain(start: datetime, end: datetime) -> tuple[Window, ...]:
    """Return the one window of a task that has no others; it is asked for at every step."""
    return (Window(start, end),)
