"""Read crews, open work and what is promised, and make a Problem of them.

A crew starts from the last fix at most 15 min old of its vehicle, else of its lead's phone, else
from its depot, and the start says which.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.live.facts.crews import SPEED_BY_CLASS, crew_of, in_order, is_there
from dispatch.live.facts.links import FREE, ties_of
from dispatch.live.facts.tasks import Pins, task_of
from dispatch.live.preferences import Preferences, read_preferences
from dispatch.problem import Plan, Problem, Route, Unassigned, Visit, estimated_problem
from fieldops.database import Connection, Record, sql

START_FIX_S = 15 * 60
# The limit of `read_tasks` and `lock_work`; open work beyond it waits until older work is over.
WORK_MOST = 5_000


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

    @property
    def deaf(self) -> frozenset[UUID]:
        """Return the crews that are not to be given anything new until they are heard again."""
        return _deaf(self.crews, self.wishes)

    def may_offer(self, crew: UUID, at: datetime) -> bool:
        """Return whether the crew can answer an offer: on shift at `at`, and heard if need be."""
        row = self.crews[crew]
        return bool(row["shift_start"] <= at) and crew not in self.deaf

    def present(self) -> Plan:
        """Return the plan as it stands in the rows, for a warm start and for candidates."""
        routes = []
        for crew in self.problem.crews:
            placed = (row for row in self.tasks.values() if row["lon"] is not None)
            rows = in_order(row for row in placed if row["crew_id"] == crew.id)
            visits = tuple(
                Visit(r["id"], r["eta_at"], r["start_at"], r["end_at"], r["travel_s"]) for r in rows
            )
            routes.append(Route(crew.id, crew.start.source, visits))
        left = (row for row in self.tasks.values() if row["left_out"] and row["crew_id"] is None)
        unassigned = tuple(Unassigned(row["id"], ()) for row in left)
        return Plan(tuple(routes), unassigned, 0, "rows", 0.0)


def stamp_of(row: Record) -> tuple[object, ...]:
    """Return a task row's identity and state, its live assignment's included."""
    keys = ("id", "version", "state", "assignment_id", "assignment_version", "pinned")
    return tuple(row[key] for key in keys)


async def read_facts(connection: Connection, at: datetime, *, pins: Pins | None = None) -> Facts:
    """Read crews and open work as they are at `at`.

    `pins` reads as if a person had given these tasks to those crews, or to none.
    """
    since = at - timedelta(seconds=START_FIX_S)
    wishes = await read_preferences(connection)
    crews = await connection.fetch(sql("dispatch", "read_crews"), at, since)
    tasks = await connection.fetch(sql("dispatch", "read_tasks"))
    links = await connection.fetch(sql("dispatch", "read_links"))
    return facts_of(at, crews, tasks, links, wishes, pins=pins)


def facts_of(
    at: datetime,
    crews: Sequence[Record],
    tasks: Sequence[Record],
    links: Sequence[Record],
    wishes: Preferences,
    *,
    pins: Pins | None = None,
) -> Facts:
    """Make the problem of rows already read."""
    # A crew of which everybody is away has no shift: its work is for others.
    crews = [row for row in crews if is_there(at, row)]
    known = {row["crew_id"]: row for row in crews}
    placed = [row for row in tasks if row["lon"] is not None]
    plannable = {
        row["id"]: row
        for row in placed
        if row["assignment_state"] != "started" or row["crew_id"] in known
    }
    work: dict[UUID, list[Record]] = {crew: [] for crew in known}
    for row in plannable.values():
        if row["crew_id"] in work:
            work[row["crew_id"]].append(row)
    ties, bounds = ties_of(links, plannable)
    deaf, pins = _deaf(known, wishes), pins or {}
    problem = estimated_problem(
        at,
        [crew_of(at, row, work[row["crew_id"]], wishes, pins) for row in crews],
        [
            task_of(at, row, known, deaf=deaf, bound=bounds.get(row["id"], FREE), pins=pins)
            for row in plannable.values()
        ],
        move_tax_s=wishes.move_tax_s,
        links=ties,
        speed_by_class=SPEED_BY_CLASS,
    )
    return Facts(
        problem,
        {row["id"]: row for row in tasks},
        known,
        tuple(row["id"] for row in tasks if row["lon"] is None),
        wishes,
    )


def _deaf(crews: Mapping[UUID, Record], wishes: Preferences) -> frozenset[UUID]:
    """Return the crews that are not to be given anything new until they are heard again."""
    if wishes.silent_policy == "keep":
        return frozenset()
    return frozenset(crew for crew, row in crews.items() if row["silent_since"] is not None)
