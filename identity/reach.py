"""How far a right reaches, as values a list's SQL takes: a list never shows what a read refuses.

A view has parameters for the sites, projects, crews and worker in reach; null does not narrow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never
from uuid import UUID

from fieldops.errors import BadInput, NotFound
from identity.rights import Actor, Scope, require, require_on

NO_WORKER = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows a caller may see; None does not narrow, an empty list shows nothing."""

    sites: list[UUID] | None = None
    projects: list[UUID] | None = None
    crews: list[UUID] | None = None
    worker: UUID | None = None


EVERYTHING = Reach()


def reach_of(actor: Actor, name: str, action: str = "read") -> Reach:
    """Return how far the actor's right reaches.

    Raises:
        Forbidden: it has none.
    """
    scope = require(actor, name, action)
    match scope:
        case Scope.TENANT:
            return EVERYTHING
        case Scope.SITES:
            if actor.site_ids is None:
                return EVERYTHING
            return Reach(sites=sorted(actor.site_ids), projects=sorted(actor.project_ids))
        case Scope.CREWS:
            return Reach(crews=sorted(actor.crew_ids))
        case Scope.OWN:
            return Reach(worker=actor.worker_id or NO_WORKER)
        case _:
            assert_never(scope)


def require_named(
    actor: Actor,
    name: str,
    action: str,
    *,
    field: str,
    site: UUID | None = None,
    project: UUID | None = None,
) -> None:
    """Check a right on what a body names in `field`.

    Raises:
        Forbidden: no such right anywhere. BadInput: the thing is out of reach, said in the words
        of a reference to nothing.
    """
    try:
        require_on(actor, name, action, site=site, project=project)
    except NotFound as error:
        raise BadInput(f"{name}: {field} names nothing here", pointer=f"/{field}") from error


def only(rows: Sequence[Mapping[str, Any]], name: str, row_id: UUID) -> dict[str, Any]:
    """Return the one row a view gave for an id.

    Raises:
        NotFound: it gave none: there is none, or it is out of reach.
    """
    if not rows:
        raise NotFound(f"{name} {row_id} does not exist", object=name)
    return dict(rows[0])
