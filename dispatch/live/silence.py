"""Crews that should be heard and are not: noticed, told once, and perhaps relieved of offers.

A crew is silent when it is on shift, has devices, and none was heard for the tenant's delay. The
tenant's policy says what becomes of offers it has not answered: they stay, or go back to dispatch
and nothing new is offered to it until it is heard again. What it has accepted stays its own, and
so does what a person gave it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dispatch.live.moves import move_assignment
from dispatch.live.preferences import Preferences
from fieldops.database import sql
from identity.commands import Change

# How soon a crew that was silent is seen to be heard again: nothing but its fixes tells.
RETURN_S = 5


@dataclass(frozen=True, slots=True)
class Hearing:
    """Whether there was anything to tell, and when there may be next; None: nobody is expected."""

    told: bool
    next_at: datetime | None


async def watch_silence(change: Change, wishes: Preferences) -> Hearing:
    """Tell of crews fallen silent and heard again."""
    rows = await change.connection.fetch(
        sql("dispatch", "read_hearing"), change.at, wishes.silent_s
    )
    expected = [row["silent_at"] for row in rows if row["silent_at"] >= change.at]
    rows = [row for row in rows if row["silent_at"] < change.at]
    crews = [row["crew_id"] for row in rows]
    heard = await change.connection.fetch(sql("dispatch", "end_silence"), crews)
    since = [row["since"] for row in rows]
    new = await change.connection.fetch(sql("dispatch", "tell_silent"), crews, since)
    for row in new:
        body = {"crew": row["crew_id"], "since": row["since"], "policy": wishes.silent_policy}
        change.event("crew.silent", body, crews=(row["crew_id"],))
        change.audit("notice_silence", "crew", row["crew_id"], {"since": row["since"]})
    for row in heard:
        body = {"crew": row["crew_id"], "since": row["since"]}
        change.event("crew.heard", body, crews=(row["crew_id"],))
    if wishes.silent_policy == "withdraw" and crews:
        for offer in await change.connection.fetch(sql("dispatch", "open_offers"), crews):
            await move_assignment(change, offer["id"], "withdrawn", why="crew_silent")
    if crews:
        expected.append(change.at + timedelta(seconds=RETURN_S))
    return Hearing(bool(new or heard), min(expected, default=None))
