"""The answer: a route a crew, what stays unassigned, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from dispatch.problem.crews import StartSource

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class Code(StrEnum):
    """Why a crew cannot take a task; clients translate it, `Reason.params` fill the sentence."""

    SKILL = "SKILL"
    CREDENTIAL = "CREDENTIAL"
    EQUIPMENT = "EQUIPMENT"
    CREW_SIZE = "CREW_SIZE"
    PERMIT = "PERMIT"
    DECLINED = "DECLINED"
    LOCKED = "LOCKED"
    WINDOW = "WINDOW"
    SHIFT = "SHIFT"
    REST = "REST"
    BREAK = "BREAK"
    DISTANCE = "DISTANCE"
    CAPACITY = "CAPACITY"
    ORDER = "ORDER"
    TOGETHER = "TOGETHER"
    SAME_CREW = "SAME_CREW"
    PRIORITY = "PRIORITY"
    NO_CREW = "NO_CREW"


@dataclass(frozen=True, slots=True)
class Reason:
    """One obstacle between one crew and one task; crew_id is None where it is nobody's own."""

    code: Code
    crew_id: UUID | None
    params: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The cheapest way found to make a task fit a crew: what would have to give, rule by rule.

    changes: reasons' codes with what relaxes them (WINDOW later_s, SHIFT longer_s, SKILL skills …).
    price_s: what ranks relaxations, in seconds; `docs/dispatch.md` has the prices.
    """

    crew_id: UUID
    changes: tuple[Reason, ...]
    price_s: int


@dataclass(frozen=True, slots=True)
class Visit:
    """A task on a route; travel_s is the drive to it, arrival to start the wait.

    A set-up that is due begins at start_at.
    """

    task_id: UUID
    arrival_at: datetime
    start_at: datetime
    end_at: datetime
    travel_s: int


@dataclass(frozen=True, slots=True)
class PlannedBreak:
    """The crew's break `number` (its place in `Crew.breaks`), between visits."""

    number: int
    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Route:
    """A crew's visits in order, started work first; a crew with nothing to do has none."""

    crew_id: UUID
    start_source: StartSource
    visits: tuple[Visit, ...]
    breaks: tuple[PlannedBreak, ...] = ()


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A task in nobody's route: every crew's reasons, and what would make it fit, if anything."""

    task_id: UUID
    reasons: tuple[Reason, ...]
    relaxation: Relaxation | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """One route a crew, in the problem's order. cost: the objective; seconds: time spent on it."""

    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    cost: int
    solver: str
    seconds: float


def as_json(value: object) -> Json:
    """Turn reasons, candidates, plans into what `json.dumps` takes, ids and instants as text."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if is_dataclass(value):
        return {field.name: as_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return [as_json(item) for item in sorted(value, key=str)]
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form here")
