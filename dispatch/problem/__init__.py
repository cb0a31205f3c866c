"""What the engine is asked and what it answers, as pure data that cannot be inconsistent.

Conventions, before any field:

- Instants are aware datetimes in UTC and end in `_at`, `_start`, `_end` or `_until`; durations are
  whole seconds and end in `_s`; positions are lon, lat in degrees; priority 1 is the most urgent,
  5 the least. Weights end in `_permille`: thousandths of the cost of a second's drive.
- A visit *starts* inside one of the task's windows (the crew may arrive earlier and wait), with
  the set-up if one is due, and ends before the crew must be done.
- Whatever depends on the date (credentials, permits, members present) must hold over the whole
  visit, set-up included whether or not it turns out to be due.
- A crew's locked work comes in three kinds. *Started* work is a fact: it opens the route with the
  times it has, and `CrewStart` says where and when the crew is free after it. *Accepted* work is a
  promise: it stays with the crew and keeps its order, other visits may come between. *Frozen* work
  is about to begin: as accepted, and nothing new comes before it. Neither kind's skills, windows
  nor links are judged again. A promise that can no longer be kept in time is late by what cannot
  be avoided, and nothing is planned that makes it later; likewise a shift lasts until the promised
  work, done alone, is over.
- `docs/dispatch.md` has the objective and every rule in words and formulas.

Everything here is validated when built: a Problem that exists is one the solvers can take.
"""

from dispatch.problem.breaks import Break, statutory_breaks
from dispatch.problem.credentials import Credential, Inclusion, Requirement, covers
from dispatch.problem.crews import Crew, CrewStart, LockedVisit, Member, StartSource
from dispatch.problem.links import KeepOrder, Link, Order, SameCrew, Together, tasks_of
from dispatch.problem.plans import (
    Code,
    Json,
    Plan,
    PlannedBreak,
    Reason,
    Relaxation,
    Route,
    Unassigned,
    Visit,
    as_json,
)
from dispatch.problem.promises import with_room
from dispatch.problem.tasks import LONGEST_TASK_S, Task
from dispatch.problem.whole import (
    DEFAULT_MOVE_TAX_S,
    PENALTY_S,
    Problem,
    Weights,
    estimated_problem,
    problem_places,
)
from dispatch.problem.windows import Permit, Window

__all__ = [
    "DEFAULT_MOVE_TAX_S",
    "LONGEST_TASK_S",
    "PENALTY_S",
    "Break",
    "Code",
    "Credential",
    "Crew",
    "CrewStart",
    "Inclusion",
    "Json",
    "KeepOrder",
    "Link",
    "LockedVisit",
    "Member",
    "Order",
    "Permit",
    "Plan",
    "PlannedBreak",
    "Problem",
    "Reason",
    "Relaxation",
    "Requirement",
    "Route",
    "SameCrew",
    "StartSource",
    "Task",
    "Together",
    "Unassigned",
    "Visit",
    "Weights",
    "Window",
    "as_json",
    "covers",
    "estimated_problem",
    "problem_places",
    "statutory_breaks",
    "tasks_of",
    "with_room",
]
