"""Rights are one table as data (profile × object × action × scope), asked by one function.

REST, the WebSocket and the SQL lists ask here and nowhere else. `admin` sees no positions and a
crew member sees only its own crew: the absence of a line is a refusal.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from fieldops.errors import Forbidden, NotFound
from fieldops.model import Profile, TenantSlug


class Scope(StrEnum):
    """How far a right reaches: the whole tenant, one's sites, one's crews, oneself."""

    TENANT = "tenant"
    SITES = "sites"
    CREWS = "crews"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in user, or the system (no user) for what a role does by itself.

    `site_ids` are the sites in the user's scope, None for all of them and of the projects;
    `project_ids` the scoped projects; `crew_ids` the crews its worker is a member of now.
    """

    tenant: TenantSlug
    user_id: UUID | None = None
    profile: Profile | None = None
    worker_id: UUID | None = None
    site_ids: frozenset[UUID] | None = None
    crew_ids: frozenset[UUID] = field(default_factory=frozenset)
    project_ids: frozenset[UUID] = field(default_factory=frozenset)


# profile → scope → "object: actions". product.md D5, narrowed to what exists.
_TABLE: dict[Profile, dict[Scope, str]] = {
    Profile.MANAGER: {
        Scope.TENANT: """
            project: read create update    site: read create update    fence: read create update
            task: read create update       permit: read create update
            dispatch: read update          assignment: read create answer
            plan: read create update validate
            credential: read create update absence: read create update
            crew: read create update       worker: read create update  vehicle: read create update
            shift: read create update      device: read create update  policy: read create
            presence: read                 position: read              proof: read
            quarantine: read retry         audit: read                 receipt: read
            attendance: read lock export reopen                        notice: read create
            attendance_rule: read update   private_period: read create
            trip: read                     track: read                 dwell: read
            machine_watch: read update     alert: read acknowledge
        """,
    },
    Profile.PROJECT_MANAGER: {
        Scope.SITES: """
            project: read create update    site: read create update    fence: read create update
            task: read create update       permit: read create update
            assignment: read create answer
            plan: read create update validate
            presence: read                 attendance: read            proof: read
            dwell: read
        """,
        Scope.TENANT: """
            crew: read update              worker: read                vehicle: read
            shift: read create update      device: read                position: read
            credential: read               absence: read               dispatch: read
            trip: read                     track: read                 alert: read acknowledge
            machine_watch: read
        """,
        Scope.OWN: "private_period: read create    notice: read create",
    },
    Profile.SITE_MANAGER: {
        Scope.SITES: """
            project: read                  site: read                  fence: read create update
            task: read create update       permit: read                plan: read create update
            assignment: read create answer
            presence: read                 proof: read create
            attendance: read create correct submit validate             dwell: read
        """,
        Scope.TENANT: """
            crew: read                     worker: read                vehicle: read
            shift: read create update      device: read                position: read
            credential: read               dispatch: read              attendance_rule: read
            absence: read create update    trip: read                  track: read
            machine_watch: read            alert: read acknowledge
        """,
        Scope.OWN: "private_period: read create    notice: read create",
    },
    Profile.CREW_MEMBER: {
        Scope.CREWS: """
            site: read                     task: read                  assignment: read answer
            crew: read                     shift: read update          position: read
            proof: read create             track: read
        """,
        Scope.OWN: """
            private_period: read create    notice: read create
            attendance: read create correct submit dispute
            credential: read               absence: read
        """,
    },
    Profile.ADMIN: {
        Scope.TENANT: """
            user: read create              worker: read create update  vehicle: read create update
            device: read create update     policy: read create         crew: read create update
            project: read                  site: read                  quarantine: read retry
            private_period: read create    notice: read create         dispatch: read update
        """,
    },
    Profile.DPO: {
        Scope.TENANT: "receipt: read    policy: read    notice: read",
    },
}


def _parsed(lines: str, scope: Scope) -> dict[tuple[str, str], Scope]:
    rights: dict[tuple[str, str], Scope] = {}
    name = ""
    for word in lines.split():
        if word.endswith(":"):
            name = word[:-1]
        else:
            rights[name, word] = scope
    return rights


RIGHTS: dict[Profile, dict[tuple[str, str], Scope]] = {
    profile: {
        pair: found
        for scope, lines in by_scope.items()
        for pair, found in _parsed(lines, scope).items()
    }
    for profile, by_scope in _TABLE.items()
}


def scope_of(actor: Actor, name: str, action: str) -> Scope | None:
    """Return how far the actor's right reaches, None when it has none; the system has all."""
    if actor.user_id is None:
        return Scope.TENANT
    assert actor.profile is not None
    return RIGHTS[actor.profile].get((name, action))


def require(actor: Actor, name: str, action: str) -> Scope:
    """Return how far the right reaches.

    Raises:
        Forbidden: the profile has no such right anywhere.
    """
    scope = scope_of(actor, name, action)
    if scope is None:
        raise Forbidden(
            f"profile {actor.profile} may not {action} {name}", object=name, action=action
        )
    return scope


def require_on(
    actor: Actor,
    name: str,
    action: str,
    *,
    site: UUID | None = None,
    project: UUID | None = None,
    crew: UUID | None = None,
    worker: UUID | None = None,
) -> None:
    """Check a right on one thing, known by its site, project, crew or worker.

    Raises:
        Forbidden: no such right anywhere. NotFound: the thing is outside the right's reach, which
        must look the same as not existing.
    """
    scope = require(actor, name, action)
    match scope:
        case Scope.TENANT:
            return
        case Scope.SITES:
            inside = actor.site_ids is None or site in actor.site_ids
            inside = inside or project in actor.project_ids
        case Scope.CREWS:
            inside = crew is not None and crew in actor.crew_ids
        case Scope.OWN:
            inside = worker is not None and worker == actor.worker_id
    if not inside:
        raise NotFound(f"{name} does not exist", object=name)


def rights_of(profile: Profile) -> list[str]:
    """Return the profile's rights as sorted `object:action`, for the interface to show."""
    return sorted(f"{name}:{action}" for name, action in RIGHTS[profile])
