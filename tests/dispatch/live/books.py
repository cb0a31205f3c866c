"""The books of dispatch: what its log says happened, against what its rows say is so."""

from collections import Counter, defaultdict
from typing import Any

from fieldops.database import Pool
from fieldops.events import Event, read_events

LIVE = frozenset({"planned", "offered", "accepted", "started", "done"})
# Why an assignment is withdrawn, and how many plans later its crew may be asked again at the
# earliest: one plan took the task from it and another gives it back.
WITHDRAWN = {"replanned": 2, "reverted": 2, "crew_silent": 1, "cancelled": 1, "by_hand": 1}


async def whole_log(pool: Pool) -> list[Event]:
    events: list[Event] = []
    while batch := await read_events(pool, events[-1].position if events else 0, 5000):
        events += batch
    return events


def faults(events: list[Event], rows: list[Any], versions: list[int]) -> list[str]:
    """Return what does not add up; empty for books that close.

    rows: all assignments; versions: of all plans.
    """
    said = [e.body for e in events if e.kind == "assignment.changed"]
    return [
        *_offered_twice(said),
        *_asked_again(said),
        *_out_of_step(said, rows),
        *_versions(events, versions),
    ]


def _offered_twice(said: list[dict[str, Any]]) -> list[str]:
    """Walk the log: a task has one live assignment at a time, a version one state."""
    found = []
    holder: dict[str, str] = {}
    states: dict[tuple[str, int], set[str]] = defaultdict(set)
    for body in said:
        task, assignment = body["task"], body["assignment"]
        states[assignment, body["version"]].add(body["state"])
        if body["state"] not in LIVE:
            if holder.get(task) == assignment:
                del holder[task]
        elif holder.setdefault(task, assignment) != assignment:
            found.append(f"task {task} given to {assignment} while {holder[task]} has it")
    found += [f"{key} was {sorted(v)}" for key, v in states.items() if len(v) > 1]
    offers = Counter(a for (a, _), seen in states.items() if "offered" in seen)
    return found + [f"assignment {a} was offered {n} times" for a, n in offers.items() if n > 1]


def _asked_again(said: list[dict[str, Any]]) -> list[str]:
    """Walk the log by task and crew: nobody is asked again without an answer or a withdrawal."""
    found = []
    asked: dict[tuple[str, str], dict[str, Any]] = {}
    for body in said:
        pair = body["task"], body["crew"]
        before = asked.get(pair)
        if body["state"] == "planned":
            continue
        if body["state"] == "offered" and before and before["assignment"] != body["assignment"]:
            wrong = _wrongly_asked(before, body)
            found += [f"task {pair[0]} offered to crew {pair[1]} again: {wrong}"] if wrong else []
        asked[pair] = body
    return found


def _wrongly_asked(before: dict[str, Any], again: dict[str, Any]) -> str | None:
    """Return what is wrong with asking by another assignment, None if it is right."""
    match before["state"]:
        case "declined":
            # Only a person may ask again, whatever was declined.
            return None if again["pinned"] else "it had declined"
        case "withdrawn":
            plans = WITHDRAWN.get(before["answer_why"])
            if plans is None:
                return f"withdrawn for {before['answer_why']}"
            between = again["plan_version"] - before["plan_version"]
            by_hand = again["pinned"] and between >= 1
            return None if by_hand or between >= plans else f"{between} plans later"
        case state:
            return f"it is {state}"


def _out_of_step(said: list[dict[str, Any]], rows: list[Any]) -> list[str]:
    """Compare each assignment's row with the last the log says of it."""
    last = {body["assignment"]: (body["state"], body["version"]) for body in said}
    now = {str(row["id"]): (row["state"], row["version"]) for row in rows}
    found = [f"assignment {a} is {now.get(a)}, the log says {last[a]}" for a in last]
    wrong = [text for a, text in zip(last, found, strict=True) if now.get(a) != last[a]]
    return wrong + [f"assignment {a} is in no event" for a in now.keys() - last.keys()]


def _versions(events: list[Event], versions: list[int]) -> list[str]:
    told = {e.body["version"] for e in events if e.kind == "plan.published"}
    expected = list(range(1, len(versions) + 1))
    found = [] if versions == expected else [f"versions are {versions}"]
    return found + [f"version {v} was never told" for v in versions if v not in told]


async def closed(pool: Pool) -> list[str]:
    """Return what does not add up in a tenant."""
    rows = await pool.fetch("select id, state, version from assignment order by id")
    versions = [r["version"] for r in await pool.fetch("select version from plan order by 1")]
    return faults(await whole_log(pool), rows, versions)
