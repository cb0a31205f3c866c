"""Who hears of an event: asked by REST, the WebSocket and every other follower of the log.

The noun of an event's kind (`task` of `task.changed`) is the object whose right to read decides,
and how far that right reaches is compared with the event's audience. So whoever may not read
presence hears of none, whatever the audience says.
"""

from collections.abc import Collection
from uuid import UUID

from identity.rights import Actor, Scope, scope_of


def hears(actor: Actor, kind: str, sites: Collection[UUID], crews: Collection[UUID]) -> bool:
    """Return whether the actor may hear of an event with this kind and audience.

    No sites: the whole office. No crews: no crew.
    """
    match scope_of(actor, kind.partition(".")[0], "read"):
        case Scope.TENANT:
            return True
        case Scope.SITES:
            return actor.site_ids is None or not sites or not actor.site_ids.isdisjoint(sites)
        case Scope.CREWS:
            return not actor.crew_ids.isdisjoint(crews)
        case _:
            return False
