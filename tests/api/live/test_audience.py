"""Who may see which position and hear which event: the table of rights, applied."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from api.live.audience import hears_event, may_change_reach, sees_device, sees_positions
from fieldops.events import Event
from fieldops.model import Profile, TenantSlug
from identity.rights import Actor

MINE, THEIRS, SITE, OTHER_SITE = (UUID(int=i) for i in range(1, 5))
ME = UUID(int=9)
SLUG = TenantSlug("demo")


def actor(profile: Profile) -> Actor:
    match profile:
        case Profile.CREW_MEMBER:
            return Actor(SLUG, ME, profile, worker_id=ME, crew_ids=frozenset({MINE}))
        case Profile.SITE_MANAGER | Profile.PROJECT_MANAGER:
            return Actor(SLUG, ME, profile, site_ids=frozenset({SITE}))
        case _:
            return Actor(SLUG, ME, profile)


def event(kind: str, *, sites: tuple[UUID, ...] = (), crews: tuple[UUID, ...] = ()) -> Event:
    return Event(1, datetime(2026, 11, 23, tzinfo=UTC), kind, {}, sites, crews)


@pytest.mark.parametrize(
    ("profile", "all_devices", "own_crews", "nobodys"),
    [
        (Profile.MANAGER, True, True, True),
        (Profile.PROJECT_MANAGER, True, True, True),
        (Profile.SITE_MANAGER, True, True, True),
        (Profile.CREW_MEMBER, False, True, False),
        (Profile.ADMIN, False, False, False),
    ],
)
def test_positions_go_to_the_office_and_to_their_own_crew(
    profile: Profile, all_devices: bool, own_crews: bool, nobodys: bool
) -> None:
    viewer = actor(profile)

    assert sees_device(viewer, THEIRS) is all_devices
    assert sees_device(viewer, MINE) is own_crews
    assert sees_device(viewer, None) is nobodys
    assert sees_positions(viewer) is (own_crews or all_devices)


@pytest.mark.parametrize(
    ("profile", "said", "heard"),
    [
        (Profile.MANAGER, event("task.changed", sites=(OTHER_SITE,)), True),
        (Profile.SITE_MANAGER, event("task.changed", sites=(OTHER_SITE,)), False),
        (Profile.SITE_MANAGER, event("task.changed", sites=(OTHER_SITE, SITE)), True),
        (Profile.SITE_MANAGER, event("presence.entered"), True),
        (Profile.CREW_MEMBER, event("task.changed"), False),
        (Profile.CREW_MEMBER, event("task.changed", crews=(THEIRS,)), False),
        (Profile.CREW_MEMBER, event("task.changed", crews=(MINE, THEIRS)), True),
        (Profile.CREW_MEMBER, event("device.changed", crews=(MINE,)), True),
        (Profile.CREW_MEMBER, event("device.changed", crews=(THEIRS,)), False),
        (Profile.CREW_MEMBER, event("plan.published"), False),
        (Profile.ADMIN, event("presence.entered", sites=(SITE,)), False),
        (Profile.ADMIN, event("device.changed"), True),
        (Profile.MANAGER, event("unheard.of"), False),
    ],
)
def test_an_event_goes_to_whom_it_concerns(profile: Profile, said: Event, heard: bool) -> None:
    assert hears_event(actor(profile), said) is heard


@pytest.mark.parametrize(
    ("profile", "kind", "body", "may"),
    [
        (Profile.CREW_MEMBER, "crew.changed", {"id": str(MINE), "members": []}, True),
        (Profile.CREW_MEMBER, "crew.changed",
         {"id": str(THEIRS), "members": [{"worker_id": str(ME)}]}, True),
        (Profile.CREW_MEMBER, "crew.changed", {"id": str(THEIRS), "members": []}, False),
        (Profile.MANAGER, "crew.changed", {"id": str(MINE), "members": []}, False),
        (Profile.SITE_MANAGER, "site.changed", {"id": str(OTHER_SITE)}, True),
        (Profile.SITE_MANAGER, "site.changed", {"id": str(SITE)}, False),
        (Profile.MANAGER, "site.changed", {"id": str(SITE)}, False),
        (Profile.MANAGER, "task.changed", {"id": str(ME)}, False),
    ],
)  # fmt: skip
def test_only_what_concerns_the_viewer_makes_it_be_looked_up_again(
    profile: Profile, kind: str, body: dict[str, Any], may: bool
) -> None:
    assert may_change_reach(actor(profile), kind, body) is may
