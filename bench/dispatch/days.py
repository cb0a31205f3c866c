"""Days of work for the live benches: crews around a few towns, tasks with windows and skills."""

from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

from dispatch.problem import Break, Crew, CrewStart, Problem, Task, estimated_problem
from dispatch.problem.breaks import statutory_breaks

MORNING = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SKILLS = ("cable", "fibre", "height", "gas", "pumps")
_SHIFT = timedelta(hours=9)
# About 60 km by 60 km.
_WIDTH, _HEIGHT = 0.8, 0.55


def made_day(crews: int, tasks: int, seed: int, *, breaks: bool = False) -> Problem:
    """Return the morning of a day that keeps its crews busy."""
    chance = Random(seed)  # noqa: S311 seeded
    towns = [
        (2.0 + chance.uniform(0, _WIDTH), 48.5 + chance.uniform(0, _HEIGHT))
        for _ in range(1 + crews // 6)
    ]
    rests = statutory_breaks(MORNING, MORNING + _SHIFT) if breaks else ()
    teams = [_crew(chance, towns, number, rests) for number in range(crews)]
    works = [made_task(chance, towns, number, MORNING) for number in range(tasks)]
    return estimated_problem(MORNING, teams, works)


def _crew(
    chance: Random, towns: list[tuple[float, float]], number: int, rests: tuple[Break, ...]
) -> Crew:
    lon, lat = _near(chance, towns)
    return Crew(
        UUID(int=1 + number),
        CrewStart(lon, lat, "depot", MORNING),
        MORNING,
        MORNING + _SHIFT,
        skills=frozenset(chance.sample(SKILLS, 2 + number % 3)),
        end_lon=lon,
        end_lat=lat,
        breaks=rests,
        overtime_s=1800,
    )


def made_task(
    chance: Random, towns: list[tuple[float, float]], number: int, since: datetime
) -> Task:
    """Return a task of half an hour or so, in a window of two hours, a half or a whole day."""
    lon, lat = _near(chance, towns)
    opens = since + timedelta(hours=chance.choice([0, 0, 2, 4]))
    return Task(
        UUID(int=100_000 + number),
        lon,
        lat,
        chance.choice([900, 1200, 1800, 2700]),
        opens,
        opens + timedelta(hours=chance.choice([2, 4, 8])),
        priority=chance.randint(1, 5),
        skills=frozenset(chance.sample(SKILLS, chance.choice([0, 1, 1, 2]))),
    )


def _near(chance: Random, towns: list[tuple[float, float]]) -> tuple[float, float]:
    town = chance.choice(towns)
    return town[0] + chance.gauss(0, 0.06), town[1] + chance.gauss(0, 0.04)
