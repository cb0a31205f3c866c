"""The problem looked at by id: where a task lies, how far, when a crew may go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from dispatch.problem import Crew, Problem, Route, Task, Visit

# Whole seconds in plans against microseconds in problems: an opening may be rounded up.
ROUNDING = timedelta(seconds=1)


class Roads:
    """Holds the problem with its rows found by id, and no state of a plan."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.row = {task.id: i for i, task in enumerate(problem.tasks)}
        self.task = {task.id: task for task in problem.tasks}

    def drive(self, number: int, origin: int, target: int) -> timedelta:
        """Return the drive of crew `number` between two rows."""
        return timedelta(seconds=int(self.problem.travel_of(number)[origin, target]))

    def way_back(self, number: int, place: int) -> timedelta:
        """Return the drive from a row to where the crew must end, none where it may end there."""
        end = self.problem.end_place(number)
        return timedelta(0) if end is None else self.drive(number, place, end)

    def departure(self, crew: Crew) -> datetime:
        """Return when the crew may leave its start: a plan counts whole seconds from now."""
        earliest = max(crew.start.free_at, crew.shift_start, self.problem.now)
        wait = max(earliest, crew.rested_at or earliest) - self.problem.now
        return self.problem.now + timedelta(seconds=-(-wait // timedelta(seconds=1)))

    def work(self, before: UUID | None, task: Task) -> timedelta:
        """Return how long the task takes after that one, the set-up included where it is due."""
        again = before is not None and self.task[before].setup_group == task.setup_group
        return timedelta(seconds=task.duration_s if again else task.longest_s)

    def under_way(self, crew: Crew) -> UUID | None:
        """Return the started work at whose place the crew stands, None without any."""
        started = [visit.task_id for visit in crew.locked if visit.state == "started"]
        return started[-1] if started else None


def moving(crew: Crew, route: Route) -> Sequence[Visit]:
    """Return the visits of the route that are not started."""
    started = {visit.task_id for visit in crew.locked if visit.state == "started"}
    return [visit for visit in route.visits if visit.task_id not in started]
