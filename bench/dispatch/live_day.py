"""A day that goes wrong: time passes, crews drive and work, and something happens every minute or
two."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from bench.dispatch.days import MORNING, made_task
from dispatch.problem import (
    Crew,
    CrewStart,
    LockedVisit,
    Plan,
    Problem,
    Task,
    Visit,
    estimated_problem,
)

FREEZE_S = 900
_KINDS = ("urgent", "urgent", "declined", "cancelled", "late", "crew lost", "crew back")


@dataclass(slots=True)
class LiveDay:
    """Crews and tasks as they are known, the plan that stands, and who is away."""

    crews: dict[UUID, Crew]
    tasks: dict[UUID, Task]
    plan: Plan
    chance: Random
    away: dict[UUID, datetime] = field(default_factory=dict)
    busy_until: dict[UUID, datetime] = field(default_factory=dict)
    done: set[UUID] = field(default_factory=set)
    count: int = 0

    def happen(self, now: datetime) -> tuple[str, set[UUID]]:
        """Let one thing happen; return its kind and the tasks it touches by itself."""
        self.away = {crew: until for crew, until in self.away.items() if until > now}
        kind = self.chance.choice(_KINDS)
        coming = [
            (route.crew_id, visit.task_id)
            for route in self.plan.routes
            for visit in route.visits
            if visit.start_at > now + timedelta(seconds=FREEZE_S) and visit.task_id in self.tasks
        ]
        self.count += 1
        if kind in ("declined", "cancelled") and coming:
            crew, task = self.chance.choice(coming)
            if kind == "cancelled":
                del self.tasks[task]
            else:
                asked = self.tasks[task]
                forbidden = asked.forbidden_crews | {crew}
                self.tasks[task] = replace(asked, forbidden_crews=forbidden)
            return kind, {task}
        if kind == "late":
            crew = self.chance.choice(list(self.crews))
            self.busy_until[crew] = now + timedelta(minutes=self.chance.randint(10, 30))
            return kind, set()
        if kind == "crew lost" and len(self.away) < len(self.crews) // 10:
            crew = self.chance.choice([one for one in self.crews if one not in self.away])
            self.away[crew] = now + timedelta(hours=2)
            return kind, {task for holder, task in coming if holder == crew}
        if kind == "crew back" and self.away:
            self.away.pop(next(iter(self.away)))
            return kind, set()
        return "urgent", {self._urgent(now)}

    def problem(self, now: datetime) -> Problem:
        """Return what there is to plan now: work under way and about to begin is locked."""
        crews, gone = [], set[UUID]()
        for route in self.plan.routes:
            crew, locked, start = self.crews[route.crew_id], [], None
            for visit in route.visits:
                task = self.tasks.get(visit.task_id)
                if task is None or visit.task_id in self.done:
                    continue
                if visit.end_at <= now:
                    self.done.add(task.id)
                    start = CrewStart(task.lon, task.lat, "lead_fix", now)
                elif visit.start_at <= now:
                    locked.append(LockedVisit(task.id, "started", visit.start_at, visit.end_at))
                    start = CrewStart(task.lon, task.lat, "current_task", visit.end_at)
                else:
                    start = start or _under_way(crew.start, visit, task, now)
                    if visit.start_at <= now + timedelta(seconds=FREEZE_S):
                        locked.append(LockedVisit(task.id, "frozen"))
            if route.crew_id in self.away:
                locked = [visit for visit in locked if visit.state == "started"]
            start = start or crew.start
            free = max(start.free_at, now, self.busy_until.get(crew.id, now))
            crew = replace(crew, start=replace(start, free_at=free), locked=tuple(locked))
            self.crews[crew.id] = crew
            if route.crew_id in self.away:
                gone.add(crew.id)
        crews = [
            replace(crew, shift_end=max(now, crew.start.free_at), overtime_s=0)
            if crew.id in gone
            else crew
            for crew in self.crews.values()
        ]
        homes = {v.task_id: route.crew_id for route in self.plan.routes for v in route.visits}
        tasks = [
            replace(task, previous_crew=homes.get(id_) if homes.get(id_) not in gone else None)
            for id_, task in self.tasks.items()
            if id_ not in self.done
        ]
        return estimated_problem(now, crews, tasks)

    def _urgent(self, now: datetime) -> UUID:
        places = [(crew.start.lon, crew.start.lat) for crew in self.crews.values()]
        task = made_task(self.chance, places, 50_000 + self.count, now)
        until = now + timedelta(hours=2)
        task = replace(task, window_start=now, window_end=until, priority=1, duration_s=1200)
        self.tasks[task.id] = task
        return task.id


def _under_way(origin: CrewStart, visit: Visit, task: Task, now: datetime) -> CrewStart:
    """Return where a crew is that leaves its origin for a visit in time to arrive as planned."""
    left_s = (visit.arrival_at - now).total_seconds()
    driven = 1 - min(1.0, max(0.0, left_s / visit.travel_s)) if visit.travel_s else 1.0
    lon = origin.lon + driven * (task.lon - origin.lon)
    lat = origin.lat + driven * (task.lat - origin.lat)
    return CrewStart(lon, lat, "lead_fix", now)


def opened_day(problem: Problem, plan: Plan, seed: int) -> LiveDay:
    """Return the day whose morning was planned."""
    assert problem.now == MORNING
    return LiveDay(
        {crew.id: crew for crew in problem.crews},
        {task.id: task for task in problem.tasks},
        plan,
        Random(seed),  # noqa: S311 seeded
    )
