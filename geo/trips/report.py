"""What the event log says of trips: that they were, when and how far; never where.

The log is read by every office viewer, and a place in it would be a track without a reason.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from fieldops.events import NewEvent
from geo.trips.journey import Trip
from geo.trips.rows import Replaced
from geo.trips.windows import Binding


@dataclass(frozen=True, slots=True)
class TripBody:
    """The body of `trip.ended` and `trip.corrected`; `trip.withdrawn` says only who and when."""

    trip: UUID
    vehicle: UUID
    device: UUID
    started_at: datetime
    ended_at: datetime
    distance_m: float
    unseen_s: float


def trip_events(binding: Binding, replaced: Replaced) -> list[NewEvent]:
    """Return what to append: trips that ended, ended ones that changed, or never were."""
    events = []
    for kept in replaced.written:
        was_ended = kept.before is not None and kept.before["ended_at"] is not None
        if kept.span.ended_at is not None:
            kind = "trip.corrected" if was_ended else "trip.ended"
            events.append(NewEvent(kind, asdict(_body(kept.id, binding, kept.span))))
        elif was_ended:
            events.append(_withdrawn(kept.id, binding, kept.span.started_at))
    events += [
        _withdrawn(row["id"], binding, row["started_at"])
        for row in replaced.removed
        if row["ended_at"] is not None
    ]
    return events


def _body(trip: UUID, binding: Binding, span: Trip) -> TripBody:
    assert span.ended_at is not None
    return TripBody(
        trip,
        binding.vehicle,
        binding.device,
        span.started_at,
        span.ended_at,
        span.distance_m,
        span.unseen_s,
    )


def _withdrawn(trip: UUID, binding: Binding, started_at: datetime) -> NewEvent:
    body = {"trip": trip, "vehicle": binding.vehicle, "started_at": started_at}
    return NewEvent("trip.withdrawn", body)
