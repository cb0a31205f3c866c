"""May this person see this? Asked for each event and each position, of the one table of rights."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fieldops.events import Event
from identity.audience import hears
from identity.rights import Actor, Scope, scope_of

# Events of the plan and its assignments, which a viewer may do without.
_DISPATCH = ("assignment.", "plan.")


def hears_event(actor: Actor, event: Event) -> bool:
    """Return whether the actor may hear of an event.

    A crew hears of its own devices as far as it may see where they are, though it may not read
    the register of devices.
    """
    if hears(actor, event.kind, event.sites, event.crews):
        return True
    return (
        event.kind == "device.changed"
        and scope_of(actor, "position", "read") is Scope.CREWS
        and not actor.crew_ids.isdisjoint(event.crews)
    )


def is_dispatch(event: Event) -> bool:
    """Return whether an event belongs to what `assignments: false` leaves out."""
    return event.kind.startswith(_DISPATCH)


def sees_positions(actor: Actor) -> bool:
    """Return whether the actor may see any position at all."""
    return scope_of(actor, "position", "read") in (Scope.TENANT, Scope.CREWS)


def sees_every_device(actor: Actor) -> bool:
    """Return whether the actor may see all positions, so that none need be asked about."""
    return scope_of(actor, "position", "read") is Scope.TENANT


def sees_device(actor: Actor, crew: UUID | None) -> bool:
    """Return whether the actor may see where a device is, whose crew is `crew` (None: nobody's)."""
    match scope_of(actor, "position", "read"):
        case Scope.TENANT:
            return True
        case Scope.CREWS:
            return crew is not None and crew in actor.crew_ids
        case _:
            return False


def may_change_reach(actor: Actor, kind: str, body: Mapping[str, Any]) -> bool:
    """Return whether an event may change how far the actor's own rights reach."""
    if kind == "crew.changed":
        members = {str(member["worker_id"]) for member in body.get("members", ())}
        return str(actor.worker_id) in members or str(body.get("id")) in map(str, actor.crew_ids)
    if kind == "site.changed":
        return actor.site_ids is not None and UUID(str(body["id"])) not in actor.site_ids
    return kind == "user.changed" and body.get("id") == str(actor.user_id)
