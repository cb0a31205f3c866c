"""Rights are a table: what each profile must be able to do, and what none but some may."""

from uuid import UUID

import pytest

from fieldops.errors import Forbidden, NotFound
from fieldops.model import Profile, TenantSlug
from identity.audience import hears
from identity.rights import RIGHTS, Actor, Scope, require, require_on, scope_of

SLUG = TenantSlug("essai")
ME, SITE, OTHER, PROJECT, CREW = (UUID(int=n) for n in range(1, 6))


def actor(
    profile: Profile, *, sites: set[UUID] | None = None, crews: frozenset[UUID] = frozenset()
) -> Actor:
    return Actor(SLUG, ME, profile, ME, None if sites is None else frozenset(sites), crew_ids=crews)


def test_a_day_is_worked_validated_and_opened_again_by_three_different_people() -> None:
    def who(action: str) -> set[Profile]:
        return {p for p in Profile if ("attendance", action) in RIGHTS[p]}

    assert who("create") == who("correct") == {Profile.SITE_MANAGER, Profile.CREW_MEMBER}
    assert who("validate") == {Profile.SITE_MANAGER}
    assert who("reopen") == who("lock") == who("export") == {Profile.MANAGER}
    assert RIGHTS[Profile.CREW_MEMBER]["attendance", "create"] is Scope.OWN


def test_a_data_protection_officer_sees_receipts_and_nothing_of_where_people_are() -> None:
    seen = {name for name, action in RIGHTS[Profile.DPO] if action == "read"}

    assert seen == {"receipt", "policy", "notice"}


@pytest.mark.parametrize("name", ["position", "presence", "attendance", "task", "assignment"])
def test_an_admin_sees_nothing_of_where_people_are_or_what_they_do(name: str) -> None:
    assert scope_of(actor(Profile.ADMIN), name, "read") is None
    with pytest.raises(Forbidden, match=f"admin may not read {name}"):
        require(actor(Profile.ADMIN), name, "read")


def test_only_an_admin_handles_users_and_only_a_manager_reads_the_audit() -> None:
    assert {p for p in Profile if ("user", "create") in RIGHTS[p]} == {Profile.ADMIN}
    assert {p for p in Profile if ("audit", "read") in RIGHTS[p]} == {Profile.MANAGER}


def test_a_crew_member_changes_no_plan_and_reaches_its_own_crews() -> None:
    rights = RIGHTS[Profile.CREW_MEMBER]

    assert {pair for pair in rights if pair[1] == "create"} == {
        ("proof", "create"),
        ("private_period", "create"),
        ("attendance", "create"),
        ("notice", "create"),
    }
    assert rights["assignment", "answer"] is Scope.CREWS
    assert rights["position", "read"] is Scope.CREWS


def test_what_lies_outside_ones_sites_does_not_exist() -> None:
    chief = actor(Profile.SITE_MANAGER, sites={SITE})

    require_on(chief, "task", "update", site=SITE)
    with pytest.raises(NotFound):
        require_on(chief, "task", "update", site=OTHER)
    with pytest.raises(NotFound):
        require_on(chief, "task", "update")


def test_without_scopes_a_scoped_profile_reaches_nothing() -> None:
    with pytest.raises(NotFound):
        require_on(actor(Profile.PROJECT_MANAGER, sites=set()), "site", "read", site=SITE)


def test_a_scoped_project_is_in_reach_before_it_has_a_site() -> None:
    chief = Actor(
        SLUG,
        ME,
        Profile.PROJECT_MANAGER,
        site_ids=frozenset(),
        project_ids=frozenset({PROJECT}),
    )

    require_on(chief, "project", "read", project=PROJECT)
    with pytest.raises(NotFound):
        require_on(chief, "project", "read", project=OTHER)


def test_the_system_itself_may_do_everything() -> None:
    assert scope_of(Actor(SLUG), "anything", "at all") is Scope.TENANT


CHIEF = actor(Profile.SITE_MANAGER, sites={SITE})
MEMBER = actor(Profile.CREW_MEMBER, crews=frozenset({CREW}))


@pytest.mark.parametrize(
    ("who", "kind", "sites", "crews", "heard"),
    [
        (actor(Profile.MANAGER), "task.created", [OTHER], [], True),
        (CHIEF, "task.created", [SITE], [], True),
        (CHIEF, "task.created", [OTHER], [], False),
        (CHIEF, "plan.published", [], [], True),
        (CHIEF, "crew.changed", [OTHER], [CREW], True),
        (MEMBER, "assignment.changed", [OTHER], [CREW], True),
        (MEMBER, "assignment.changed", [SITE], [OTHER], False),
        (MEMBER, "assignment.changed", [], [], False),
        (MEMBER, "plan.published", [], [CREW], False),
        (actor(Profile.ADMIN), "presence.entered", [], [], False),
        (actor(Profile.ADMIN), "crew.changed", [], [], True),
        (actor(Profile.MANAGER), "something.unheard_of", [], [], False),
    ],
)
def test_an_event_is_heard_by_who_may_read_its_noun_there(
    who: Actor, kind: str, sites: list[UUID], crews: list[UUID], heard: bool
) -> None:
    assert hears(who, kind, sites, crews) is heard
