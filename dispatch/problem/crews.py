"""Crews: who is on board, from where and when they can go, how long they may work."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from dispatch.problem.breaks import Break
from dispatch.problem.checks import (
    check_aware,
    check_order,
    check_range,
    check_unique,
    check_validity,
)
from dispatch.problem.credentials import Credential
from fieldops.errors import BadInput
from fieldops.model import check_position

StartSource = Literal["vehicle_fix", "lead_fix", "depot", "current_task"]
LockState = Literal["started", "accepted", "frozen"]

# Daily rest, Code du travail L3131-1.
DAILY_REST_S = 11 * 3600


@dataclass(frozen=True, slots=True)
class CrewStart:
    """Where a crew is, by which witness, and when it can leave from there."""

    lon: float
    lat: float
    source: StartSource
    free_at: datetime

    def __post_init__(self) -> None:
        check_position(self.lon, self.lat)
        check_aware("crew start", "/free_at", self.free_at)


@dataclass(frozen=True, slots=True)
class LockedVisit:
    """Work that is not the solver's to move; `started` work carries its real times.

    end_at of started work is when it will probably be over, not before now.
    """

    task_id: UUID
    state: LockState
    started_at: datetime | None = None
    end_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.state != "started":
            return
        if self.started_at is None or self.end_at is None:
            raise BadInput(f"started task {self.task_id} has no start or no end", pointer="/locked")
        check_order(f"started task {self.task_id}", "/end_at", self.started_at, self.end_at)


@dataclass(frozen=True, slots=True)
class Member:
    """A person on board, between two instants (None: the whole shift), with own skills, titles."""

    id: UUID
    skills: frozenset[str] = frozenset()
    credentials: tuple[Credential, ...] = ()
    present_from: datetime | None = None
    present_until: datetime | None = None

    def __post_init__(self) -> None:
        name = f"presence of member {self.id}"
        check_validity(name, "/people", self.present_from, self.present_until)


@dataclass(frozen=True, slots=True)
class Crew:
    """A crew on a shift.

    end_lon, end_lat: where it must be back when that ends, if anywhere.
    skills: what the crew has whoever is present; a member's count while the member is.
    members: how many they are, where nobody is named in people.
    overtime_s: how long work may go on after shift_end, at a cost a second.
    max_span_s: from shift_start to the end of work, at most (a day of 13 h keeps a rest of 11 h).
    previous_end, next_start: the crew's shifts before and after, rest_s apart from this one.
    capacity: the sum of its tasks' demands at most, or what is promised if that is more.
    max_route_s: from leaving for the first visit to the end of the route, at most; not judged of a
    crew with locked work.
    vehicle_class: a key of the problem's matrices, "" for the default.
    """

    id: UUID
    start: CrewStart
    shift_start: datetime
    shift_end: datetime
    skills: frozenset[str] = frozenset()
    members: int = 1
    locked: tuple[LockedVisit, ...] = ()
    end_lon: float | None = None
    end_lat: float | None = None
    people: tuple[Member, ...] = ()
    equipment: frozenset[str] = frozenset()
    breaks: tuple[Break, ...] = ()
    overtime_s: int = 0
    max_span_s: int | None = None
    previous_end: datetime | None = None
    next_start: datetime | None = None
    rest_s: int = DAILY_REST_S
    capacity: int | None = None
    max_route_s: int | None = None
    vehicle_class: str = ""

    def __post_init__(self) -> None:
        check_order(f"shift of crew {self.id}", "/shift_end", self.shift_start, self.shift_end)
        if self.members < 1:
            raise BadInput(
                f"crew {self.id} has {self.members} members, at least 1", pointer="/members"
            )
        if (self.end_lon is None) != (self.end_lat is None):
            raise BadInput(f"crew {self.id} ends at half a position", pointer="/end_lon")
        if self.end_lon is not None and self.end_lat is not None:
            check_position(self.end_lon, self.end_lat)
        check_unique("member", [member.id for member in self.people])
        self._check_hours()
        self._check_started()

    def _check_hours(self) -> None:
        name = f"of crew {self.id}"
        check_range(f"overtime in s {name}", "/overtime_s", self.overtime_s, 0, 86_400)
        check_range(f"rest in s {name}", "/rest_s", self.rest_s, 0, 7 * 86_400)
        for field in ("max_span_s", "capacity", "max_route_s"):
            if (value := getattr(self, field)) is not None:
                check_range(f"{field} {name}", f"/{field}", value, 0)
        for at in (self.previous_end, self.next_start):
            if at is not None:
                check_aware(f"shift beside that {name}", "/previous_end", at)
        if self.previous_end is not None and self.previous_end > self.shift_start:
            raise BadInput(
                f"crew {self.id}: the shift before ends at {self.previous_end}, after "
                f"{self.shift_start} when this one starts",
                pointer="/previous_end",
            )
        if self.next_start is not None and self.next_start < self.shift_end:
            raise BadInput(
                f"crew {self.id}: the next shift starts at {self.next_start}, before "
                f"{self.shift_end} when this one ends",
                pointer="/next_start",
            )
        latest = [item.latest_at for item in self.breaks]
        if latest != sorted(latest):
            raise BadInput(f"breaks of crew {self.id} are not in order", pointer="/breaks")

    def _check_started(self) -> None:
        states = [visit.state == "started" for visit in self.locked]
        if states != sorted(states, reverse=True):
            raise BadInput(
                f"crew {self.id} has work accepted before work started", pointer="/locked"
            )
        ends = [visit.end_at for visit in self.locked if visit.end_at and visit.state == "started"]
        if not ends:
            return
        if self.start.source != "current_task" or self.start.free_at < max(ends):
            raise BadInput(
                f"crew {self.id} is at work until {max(ends)} but is said to be free at "
                f"{self.start.free_at} from its {self.start.source}",
                pointer="/start",
            )

    @property
    def returns(self) -> bool:
        return self.end_lon is not None

    @property
    def size(self) -> int:
        """How many they are when all are there."""
        return len(self.people) or self.members

    @property
    def rested_at(self) -> datetime | None:
        """The end of the rest after the shift before, None without such a shift."""
        if self.previous_end is None:
            return None
        return self.previous_end + timedelta(seconds=self.rest_s)

    @property
    def rest_from(self) -> datetime | None:
        """When the rest before the next shift must begin, None without such a shift."""
        return None if self.next_start is None else self.next_start - timedelta(seconds=self.rest_s)

    @property
    def done_by(self) -> datetime:
        """The latest end of work that shift, overtime and span allow; the rest is not in it."""
        end = self.shift_end + timedelta(seconds=self.overtime_s)
        if self.max_span_s is not None:
            end = min(end, self.shift_start + timedelta(seconds=self.max_span_s))
        return end
