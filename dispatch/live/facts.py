"""The world as dispatch sees it at one instant: crews, open work, what is promised, as a Problem.

A crew starts from the last fix at most 15 min old of its vehicle, else of its lead's phone, else
from its depot, and the start says which. Started work pins it to the work's place until the work
is probably over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.live.preferences import Preferences, read_preferences
from dispatch.problem import (
    Crew,
    CrewStart,
    LockedVisit,
    Plan,
    Problem,
    Route,
    Task,
    Visit,
    estimated_problem,
)
from fieldops.database import Connection, Record, sql

START_FIX_S = 15 * 60
Pins = Mapping[UUID, UUID | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """What was read, and the problem made of it.

    `tasks` and `crews` are the rows by id; `problem` leaves out tasks that lie nowhere (`nowhere`)
    and started work of crews that are off shift, which is nobody's to plan. `travel_source` says
    who told the travel times, `travel_estimated` which share of them is the estimate.
    """

    problem: Problem
    tasks: Mapping[UUID, Record]
    crews: Mapping[UUID, Record]
    nowhere: tuple[UUID, ...]
    wishes: Preferences
    travel_source: str = "great_circle"
    travel_estimated: float = 1.0

    def stamp(self) -> frozenset[tuple[object, ...]]:
        """Return what must still hold when the plan made of these facts is published."""
        return frozenset(stamp_of(row) for row in self.tasks.values())

    def present(self) -> Plan:
        """Return the plan as it stands in the rows, for a warm start and for candidates."""
        routes = []
        for crew in self.problem.crews:
            placed = (row for row in self.tasks.values() if row["lon"] is not None)
            rows = _in_order(row for row in placed if row["crew_id"] == crew.id)
            visits = tuple(
                Visit(r["id"], r["eta_at"], r["start_at"], r["end_at"], r["travel_s"]) for r in rows
            )
            routes.append(Route(crew.id, crew.start.source, visits))
        return Plan(tuple(routes), (), 0, "rows", 0.0)


def stamp_of(row: Record) -> tuple[object, ...]:
    """Return a task row's identity and state, its live assignment's included."""
    keys = ("id", "version", "state", "assignment_id", "assignment_version")
    return tuple(row[key] for key in keys)


async def read_facts(connection: Connection, at: datetime, *, pins: Pins | None = None) -> Facts:
    """Read crews and open work as they are at `at`.

    `pins` reads as if a person had given these tasks to those crews, or to none.
    """
    since = at - timedelta(seconds=START_FIX_S)
    wishes = await read_preferences(connection)
    crews = await connection.fetch(sql("dispatch", "read_crews"), at, since)
    tasks = await connection.fetch(sql("dispatch", "read_tasks"))
    return facts_of(at, crews, tasks, wishes, pins=pins)


def facts_of(
    at: datetime,
    crews: Sequence[Record],
    tasks: Sequence[Record],
    wishes: Preferences,
    *,
    pins: Pins | None = None,
) -> Facts:
    """Make the problem of rows already read."""
    known = {row["crew_id"]: row for row in crews}
    placed = [row for row in tasks if row["lon"] is not None]
    plannable = [
        row for row in placed if row["assignment_state"] != "started" or row["crew_id"] in known
    ]
    problem = estimated_problem(
        at,
        [_crew(at, row, [t for t in plannable if t["crew_id"] == row["crew_id"]]) for row in crews],
        [_task(row, known, wishes, pins or {}) for row in plannable],
        move_tax_s=wishes.move_tax_s,
    )
    return Facts(
        problem,
        {row["id"]: row for row in tasks},
        known,
        tuple(row["id"] for row in tasks if row["lon"] is None),
        wishes,
    )


def _crew(at: datetime, row: Record, work: list[Record]) -> Crew:
    ordered = _in_order(work)
    locked = tuple(
        _locked(at, task) for task in ordered if task["assignment_state"] in ("started", "accepted")
    )
    return Crew(
        id=row["crew_id"],
        start=_start(at, row, ordered, locked),
        shift_start=row["shift_start"],
        shift_end=row["shift_end"],
        skills=frozenset(row["skills"]),
        members=max(1, row["members"]),
        locked=locked,
        end_lon=row["depot_lon"],
        end_lat=row["depot_lat"],
    )


def _locked(at: datetime, task: Record) -> LockedVisit:
    if task["assignment_state"] == "accepted":
        return LockedVisit(task["id"], "accepted")
    end_at = task["started_at"] + timedelta(seconds=task["duration_s"])
    return LockedVisit(task["id"], "started", task["started_at"], max(at, end_at))


def _start(
    at: datetime, row: Record, ordered: list[Record], locked: tuple[LockedVisit, ...]
) -> CrewStart:
    ends = [visit.end_at for visit in locked if visit.state == "started" and visit.end_at]
    if ends:
        task = [t for t in ordered if t["assignment_state"] == "started"][-1]
        return CrewStart(task["lon"], task["lat"], "current_task", max(ends))
    free_at = max(at, row["shift_start"])
    if row["start_source"] is None:
        return CrewStart(row["depot_lon"], row["depot_lat"], "depot", free_at)
    return CrewStart(row["start_lon"], row["start_lat"], row["start_source"], free_at)


def _task(row: Record, crews: Mapping[UUID, Record], wishes: Preferences, pins: Pins) -> Task:
    live = row["assignment_state"]
    pinned = row["crew_id"] if row["pinned"] and live in ("planned", "offered") else None
    if row["id"] in pins:
        pinned = pins[row["id"]]
    return Task(
        id=row["id"],
        lon=row["lon"],
        lat=row["lat"],
        duration_s=row["duration_s"],
        window_start=row["window_start"],
        window_end=row["window_end"],
        priority=row["priority"],
        skills=frozenset(row["skills"]),
        forbidden_crews=(frozenset(row["declined"]) | _deaf(crews, wishes)) - {pinned},
        pinned_crew=pinned if pinned in crews else None,
        previous_crew=row["crew_id"] if live in ("planned", "offered") else None,
    )


def _deaf(crews: Mapping[UUID, Record], wishes: Preferences) -> frozenset[UUID]:
    """Return the crews that are not to be given anything new until they are heard again."""
    if wishes.silent_policy == "keep":
        return frozenset()
    return frozenset(crew for crew, row in crews.items() if row["silent_since"] is not None)


def _in_order(rows: Iterable[Record]) -> list[Record]:
    """Return a crew's work in order: started first, then by place in the route."""
    return sorted(
        (row for row in rows if row["assignment_id"] is not None),
        key=lambda row: (row["assignment_state"] != "started", row["sequence"], row["start_at"]),
    )
