"""The event log over REST, for who has no socket: the same events, the same audience."""

from typing import Annotated

from fastapi import APIRouter, Query

from api.context import CallerDep
from api.shapes.ledger import EventPage
from api.shapes.live import LiveEvent
from fieldops.events import READ_MOST, oldest_position, read_events
from identity.audience import hears

router = APIRouter(prefix="/events", tags=["events"])


@router.get("")
async def list_events(
    caller: CallerDep,
    since: Annotated[int, Query(ge=0, lt=1 << 62)] = 0,
    limit: Annotated[int, Query(ge=1, le=READ_MOST)] = READ_MOST,
) -> EventPage:
    """Read up to `limit` events of the log after `since` and give those the caller may hear of."""
    pool = caller.store.pool
    oldest = await oldest_position(pool)
    events = await read_events(pool, since, limit)
    return EventPage(
        events=[
            LiveEvent(at=event.position, kind=event.kind, body=event.body)
            for event in events
            if hears(caller.actor, event.kind, event.sites, event.crews)
        ],
        at=events[-1].position if events else since,
        complete=since >= oldest - 1,
    )
