"""A vehicle's past over REST: who may look, what it costs them, what they see."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
import pytest_asyncio

from bench.trips.model import LAT, LON, fix_at, seconds_of
from fieldops.leases import take_lease
from fieldops.model import Fix, Profile, new_id, now
from fieldops.process import Process
from fieldops.schema import tables
from fieldops.stream import read_batches
from fieldops.tenancy import Tenant
from geo.trips.role import TripFollower
from tests.api.conftest import Person, SignIn
from tests.feeding import open_feeding
from tests.geo.trips.test_journey import drive, stand
from tests.world import World

pytestmark = pytest.mark.services
API = "/api/v1"
PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Round:
    """A van that went from a site to a place 6 km east yesterday from 10:15 to 10:25, UTC."""

    world: World
    vehicle: UUID
    device: UUID
    site: UUID
    start_s: float
    day: date

    @property
    def at(self) -> datetime:
        return fix_at(self.start_s, 0).observed_at


@pytest_asyncio.fixture(scope="module")
async def tour(process: Process, tenant: Tenant) -> Round:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    start = (now() - timedelta(days=1)).replace(hour=10, minute=0, second=0, microsecond=0)
    s = seconds_of(start)
    vehicle = await world.insert(tables.vehicle, plate="AB-123-CD", label="Fourgon 3")
    device = await world.insert(
        tables.device, name="boitier-3", label="Boîtier", kind="tracker", purpose="dispatch"
    )
    await world.insert(
        tables.device_binding, device_id=device, vehicle_id=vehicle,
        valid_from=start - timedelta(days=30),
    )  # fmt: skip
    site = await world.site(at=(LON, LAT))
    await world.pool.execute("update fence_version set valid_from = $1", start - timedelta(days=9))
    feeding = await open_feeding(process, tenant, world.pool)
    await feeding.put(
        [_of(device, f) for f in [
            *stand(s, s + 900, 0), *drive(s + 900, s + 1500), *stand(s + 1500, s + 2400, 6000)
        ]]
    )  # fmt: skip
    lease = await take_lease(world.pool, "geo", "test", 60)
    assert lease is not None
    follower = TripFollower(world.pool, lease, 0)
    for batch, fixes in await read_batches(world.pool, 0, 10):
        follower.take(batch, fixes)
    await follower.derive_due(gather_s=0)
    return Round(world, vehicle, device, site, s, start.astimezone(PARIS).date())


def _of(device: UUID, fix: Fix) -> Fix:
    return msgspec.structs.replace(fix, device=device)


async def ask(
    client: httpx.AsyncClient, tour: Round, person: Person, **body: Any
) -> httpx.Response:
    asked = {"day": str(tour.day), "motive": "incident", "note": "Choc rue Garibaldi"} | body
    return await client.post(
        f"{API}/vehicles/{tour.vehicle}/replays", json=asked, headers=person.headers
    )


async def test_a_day_opens_with_a_reason_and_shows_trips_stops_dwell_and_line(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-manager")

    opened = await ask(client, tour, manager)
    assert opened.status_code == 201, opened.text
    path = f"{API}/vehicles/{tour.vehicle}/replays/{opened.json()['id']}"
    day = (await client.get(path, headers=manager.headers)).json()
    track = (await client.get(f"{path}/track", headers=manager.headers)).json()

    (trip,) = day["trips"]
    assert trip["started_at"] == _text(tour.at + timedelta(seconds=900))
    assert trip["ended_at"] == _text(tour.at + timedelta(seconds=1500))
    assert trip["distance_m"] == pytest.approx(6000, rel=0.01)
    assert [stop["site_id"] for stop in day["stops"]] == [str(tour.site), None]
    (dwell,) = day["dwell"]
    assert (dwell["site_id"], dwell["stopped_s"]) == (str(tour.site), 900.0)
    states = [point["state"] for point in track["points"]]
    assert states[0] == "stopped"
    assert "moving" in states
    assert len(states) < 12  # a straight drive and two stops need no more
    assert track["next"] is None


async def test_only_confirmed_presence_is_shown(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-present")
    fence = await tour.world.pool.fetchval("select id from fence where site_id = $1", tour.site)
    for status in ("provisional", "confirmed", "withdrawn"):
        await tour.world.insert(
            tables.presence_event, device_id=tour.device, fence_id=fence, kind="left",
            status=status, at=tour.at + timedelta(seconds=910),
        )  # fmt: skip

    replay = (await ask(client, tour, manager)).json()["id"]
    path = f"{API}/vehicles/{tour.vehicle}/replays/{replay}"
    day = (await client.get(path, headers=manager.headers)).json()

    assert [(row["kind"], row["fence_name"]) for row in day["crossings"]] == [("left", "Emprise")]


async def test_the_look_stands_in_the_audit_chain_with_its_reason(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-logged")

    await ask(client, tour, manager, motive="theft", note="Vol signalé par Martin")

    rows = await tour.world.pool.fetch(
        "select action, subject, body, openings from audit where object = 'track' "
        "order by seq desc limit 1"
    )
    (row,) = rows
    assert (row["action"], row["subject"]) == ("read", tour.vehicle)
    assert (row["body"]["why"], row["body"]["day"]) == ("theft", str(tour.day))
    assert "Martin" not in str(row["body"])
    assert row["openings"]["note"]["value"] == "Vol signalé par Martin"


async def test_a_look_stands_in_the_ledger_of_who_drove_then_and_of_nobody_else(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-curious")
    joined = tour.at - timedelta(days=3)
    crew, lead = await tour.world.crew("Ledger", shift=False)
    mate, left, new = [await tour.world.worker() for _ in range(3)]
    pool = tour.world.pool
    await pool.execute("delete from crew_member where crew_id = $1", crew)
    for worker, since, until in (
        (mate, joined, None),
        (left, joined, joined + timedelta(days=1)),
        (new, now(), None),
    ):
        await tour.world.insert(
            tables.crew_member, crew_id=crew, worker_id=worker, valid_from=since, valid_until=until
        )
    await pool.execute("update crew set vehicle_id = $2 where id = $1", crew, tour.vehicle)

    async def looks(worker: UUID) -> list[tuple[str, str, str | None]]:
        login = f"ledger-{worker.hex[-8:]}"
        person = await sign_in(tenant, Profile.CREW_MEMBER, login)
        await pool.execute("update app_user set worker_id = $1 where login = $2", worker, login)
        told = (await client.get(f"{API}/my/privacy", headers=person.headers)).json()["looks"]
        return sorted((look["object"], look["how"], look["why"]) for look in told)

    opened = await ask(client, tour, manager, motive="theft", note="Vol signalé")
    query = {"day": str(tour.day)}
    listed = await client.get(
        f"{API}/vehicles/{tour.vehicle}/trips", params=query | {"motive": "safety"},
        headers=manager.headers,
    )  # fmt: skip
    stood = await client.get(
        f"{API}/sites/{tour.site}/dwell", params=query, headers=manager.headers
    )
    all_three = [
        ("dwell", "site", None),
        ("track", "replay", "theft"),
        ("track", "trips", "safety"),
    ]

    assert (opened.status_code, listed.status_code, stood.status_code) == (201, 200, 200)
    assert [await looks(worker) for worker in (lead, mate)] == [all_three, all_three]
    assert [await looks(worker) for worker in (left, new)] == [[], []]
    await pool.execute("update crew set vehicle_id = null where id = $1", crew)


async def test_a_crew_that_gave_the_vehicle_back_is_told_of_looks_at_its_time_with_it(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-giver")
    admin = await sign_in(tenant, Profile.ADMIN, "crew-maker")
    ali = await sign_in(tenant, Profile.CREW_MEMBER, "ledger-ali")
    lead = await tour.world.worker("Ali")
    await tour.world.pool.execute(
        "update app_user set worker_id = $1 where login = 'ledger-ali'", lead
    )
    crew = {
        "name": "Rendue", "lead_worker_id": str(lead), "vehicle_id": str(tour.vehicle),
        "depot_lon": LON, "depot_lat": LAT,
    }  # fmt: skip
    made = await client.post(f"{API}/crews", json=crew, headers=admin.headers)
    given_back = await client.patch(
        f"{API}/crews/{made.json()['id']}",
        json={"vehicle_id": None},
        headers=admin.headers | {"If-Match": '"1"'},
    )
    assert (made.status_code, given_back.status_code) == (201, 200)

    await ask(client, tour, manager)  # yesterday it had no vehicle
    await ask(client, tour, manager, day=str(now().astimezone(PARIS).date()), motive="safety")

    told = (await client.get(f"{API}/my/privacy", headers=ali.headers)).json()["looks"]
    assert [(look["how"], look["why"]) for look in told] == [("replay", "safety")]


async def test_no_reason_no_day(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-reasonless")
    path = f"{API}/vehicles/{tour.vehicle}/replays"

    answers = [
        (await client.post(path, json=body, headers=manager.headers)).status_code
        for body in (
            {"day": str(tour.day)},
            {"day": str(tour.day), "motive": "curiosity", "note": "je regarde"},
            {"day": str(tour.day), "motive": "incident", "note": "  "},
            {"day": str(now().date() + timedelta(days=2)), "motive": "incident", "note": "demain"},
        )
    ]

    assert answers == [422, 422, 422, 422]


async def test_who_may_look_back(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    async def answers(profile: Profile, day: date) -> tuple[int, str | None]:
        person = await sign_in(tenant, profile, f"who-{profile}-{day}".replace("_", "-"))
        answer = await ask(client, tour, person, day=str(day))
        return answer.status_code, answer.json().get("code")

    today = now().astimezone(PARIS).date()

    assert await answers(Profile.PROJECT_MANAGER, tour.day) == (201, None)
    assert await answers(Profile.SITE_MANAGER, tour.day) == (403, "today_only")
    assert await answers(Profile.SITE_MANAGER, today) == (201, None)
    assert await answers(Profile.ADMIN, tour.day) == (403, "forbidden")
    assert await answers(Profile.CREW_MEMBER, tour.day) == (404, "not_found")


async def test_a_crew_sees_its_own_vehicle_for_its_own_shifts(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    member = await sign_in(tenant, Profile.CREW_MEMBER, "own-crew")
    crew, worker = await tour.world.crew("T", shift=False)
    pool = tour.world.pool
    await pool.execute("update app_user set worker_id = $1 where login = 'own-crew'", worker)
    await pool.execute("update crew set vehicle_id = $2 where id = $1", crew, tour.vehicle)

    off = await ask(client, tour, member)
    await tour.world.insert(
        tables.shift, crew_id=crew, starts_at=tour.at, ends_at=tour.at + timedelta(seconds=1000)
    )
    own = await ask(client, tour, member)
    await pool.execute("update crew set vehicle_id = null where id = $1", crew)

    assert (off.status_code, off.json()["code"]) == (404, "no_shift")
    assert own.status_code == 201
    assert own.json()["from_at"] == _text(tour.at)
    assert own.json()["until_at"] == _text(tour.at + timedelta(seconds=1000))


async def test_an_opened_day_is_its_openers_and_ends_after_an_hour(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-opener")
    other = await sign_in(tenant, Profile.MANAGER, "trip-other")
    replay = (await ask(client, tour, manager)).json()["id"]
    path = f"{API}/vehicles/{tour.vehicle}/replays/{replay}"

    taken = await client.get(path, headers=other.headers)
    await tour.world.pool.execute(
        "update replay set expires_at = now() where id = $1", UUID(replay)
    )
    late = await client.get(f"{path}/track", headers=manager.headers)

    assert taken.status_code == 404
    assert (late.status_code, late.json()["code"]) == (404, "replay_over")


async def test_trips_are_listed_with_a_motive_and_dwell_by_who_may_see_the_site(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "trip-lister")
    chef = await sign_in(tenant, Profile.SITE_MANAGER, "trip-chef")  # of no site
    trips = f"{API}/vehicles/{tour.vehicle}/trips"
    dwell = f"{API}/sites/{tour.site}/dwell"
    query = {"day": str(tour.day)}

    bare = await client.get(trips, params=query, headers=manager.headers)
    listed = await client.get(trips, params=query | {"motive": "safety"}, headers=manager.headers)
    stood = await client.get(dwell, params=query, headers=manager.headers)
    hidden = await client.get(dwell, params=query, headers=chef.headers)

    assert (bare.status_code, listed.status_code, hidden.status_code) == (422, 200, 404)
    assert len(listed.json()["trips"]) == 1
    (row,) = stood.json()
    assert (row["vehicle_id"], row["stops"], row["stopped_s"]) == (str(tour.vehicle), 1, 900.0)


async def test_a_fence_moved_since_does_not_rewrite_yesterdays_dwell(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "fence-mover")
    pool = tour.world.pool
    await pool.execute(
        "insert into fence_version (id, fence_id, geom, valid_from, valid_until) "
        "select $1, fence_id, geom, valid_from, $2 from fence_version where valid_until is null",
        new_id(),
        tour.at + timedelta(hours=4),
    )
    await pool.execute(
        "update fence_version set geom = st_translate(geom, 1, 0), valid_from = $1 "
        "where valid_until is null",
        tour.at + timedelta(hours=4),
    )

    stood = await client.get(
        f"{API}/sites/{tour.site}/dwell", params={"day": str(tour.day)}, headers=manager.headers
    )

    assert [row["stopped_s"] for row in stood.json()] == [900.0]


async def test_a_machine_is_watched_and_its_alerts_are_listed_and_acknowledged(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant, tour: Round
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "alert-manager")
    admin = await sign_in(tenant, Profile.ADMIN, "alert-admin")
    always = {"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7}
    world = tour.world
    policy = await world.insert(
        tables.tracking_policy, name="Engins", purpose="safety", schedule=always,
        retention_days=60, valid_from=tour.at,
    )  # fmt: skip
    digger = await world.insert(tables.vehicle, plate="E-1", label="Pelle 5", kind="excavator")
    device = await world.insert(
        tables.device, name="engin-5", label="Balise", kind="tracker", purpose="safety",
        policy_id=policy,
    )  # fmt: skip
    await world.insert(
        tables.device_binding, device_id=device, vehicle_id=digger, valid_from=tour.at
    )
    hours = {"tz": "Europe/Paris", "week": [[["07:30", "17:00"]]] * 5 + [[], []]}
    path = f"{API}/vehicles/{digger}/watch"

    refused = await client.put(
        f"{API}/vehicles/{tour.vehicle}/watch", json={"hours": hours}, headers=manager.headers
    )
    put = await client.put(path, json={"hours": hours}, headers=manager.headers)
    read = await client.get(path, headers=manager.headers)
    alert = await world.insert(
        tables.alert, rule="out_of_hours_movement", vehicle_id=digger, device_id=device,
        cause_id=new_id(), opened_at=datetime(2026, 11, 22, 2, tzinfo=UTC),
    )  # fmt: skip
    listed = await client.get(
        f"{API}/alerts", params={"pending": True, "limit": 1}, headers=manager.headers
    )
    denied = await client.get(f"{API}/alerts", headers=admin.headers)
    acked = await client.post(
        f"{API}/alerts/{alert}/acknowledge", json={"note": "Vu"}, headers=manager.headers
    )
    again = await client.post(
        f"{API}/alerts/{alert}/acknowledge", json={"note": "Vu"}, headers=manager.headers
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_machine")
    assert (put.status_code, read.json()["hours"]) == (200, hours)
    assert [row["id"] for row in listed.json()["items"]] == [str(alert)]
    assert listed.json()["items"][0]["vehicle_label"] == "Pelle 5"
    assert denied.status_code == 403
    assert (acked.status_code, acked.json()["ack_note"]) == (200, "Vu")
    assert (again.status_code, again.json()["code"]) == (409, "already_acknowledged")


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
