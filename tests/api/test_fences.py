"""Fences and presence over REST."""

import json

import httpx
import pytest

from fieldops.model import Profile
from fieldops.process import Process
from fieldops.tenancy import Tenant
from geo.fences.audit import run_audit
from tests.api.conftest import SignIn
from tests.world import LYON, World, square

pytestmark = pytest.mark.services
FENCES = "/api/v1/fences"


async def test_a_fence_is_drawn_read_and_changed(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "fence-manager")
    body = {"name": "Dépôt", "kind": "depot", "geometry": square(4.875, 45.75, 2**-9)}

    made = await client.post(FENCES, json=body, headers=manager.headers)
    path = f"{FENCES}/{made.json()['id']}"
    blind = await client.patch(path, json={"dwell_s": 30}, headers=manager.headers)
    headers = manager.headers | {"If-Match": made.headers["etag"]}
    changed = await client.patch(path, json={"dwell_s": 30}, headers=headers)
    stale = await client.patch(path, json={"dwell_s": 90}, headers=headers)
    read = await client.get(path, headers=manager.headers)
    listed = await client.get(FENCES, params={"limit": 500}, headers=manager.headers)

    assert made.status_code == 201
    assert (made.json()["geometry"], made.json()["buffer_m"]) == (body["geometry"], 10)
    assert (blind.status_code, stale.status_code) == (428, 412)
    assert changed.json() == read.json()
    assert (read.json()["dwell_s"], read.headers["etag"]) == (30, '"2"')
    assert read.json() in listed.json()["items"]


async def test_a_fence_that_crosses_itself_is_a_problem_that_names_the_place(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "bow-tie")
    (sw, se, ne, nw, _), *_ = square(*LYON)["coordinates"]
    bow_tie = {"type": "Polygon", "coordinates": [[sw, ne, se, nw, sw]]}

    refused = await client.post(
        FENCES, json={"name": "x", "geometry": bow_tie}, headers=manager.headers
    )

    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "polygon_invalid")
    assert problem["errors"][0]["pointer"] == "/geometry/coordinates"
    assert (problem["params"]["lon"], problem["params"]["lat"]) == pytest.approx(LYON)


async def test_presence_is_for_who_may_read_it(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    site = await world.site()
    manager = await sign_in(tenant, Profile.MANAGER, "presence-manager")
    admin = await sign_in(tenant, Profile.ADMIN, "presence-admin")
    chef = await sign_in(tenant, Profile.SITE_MANAGER, "presence-chef")  # of no site
    path = f"/api/v1/sites/{site}/presence"

    answers = [
        (await client.get(path, headers=person.headers)).status_code
        for person in (manager, admin, chef)
    ]
    everywhere = await client.get("/api/v1/presence", headers=manager.headers)

    assert answers == [200, 403, 404]
    assert everywhere.json() == []


async def test_a_circle_with_hours_is_drawn_and_its_versions_are_told(
    client: httpx.AsyncClient, sign_in: SignIn, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "circle-manager")
    days = [[["07:00", "18:00"]]] * 5 + [[], []]
    body = {
        "name": "Poste HTA",
        "kind": "danger",
        "geometry": {"type": "Point", "coordinates": [4.875, 45.75]},
        "radius_m": 80,
        "schedule": {"week": days},
    }

    made = await client.post(FENCES, json=body, headers=manager.headers)
    path = f"{FENCES}/{made.json()['id']}"
    headers = manager.headers | {"If-Match": made.headers["etag"]}
    changed = await client.patch(
        path, json={"schedule": None, "margin_m": 5, "kind": "forbidden"}, headers=headers
    )
    versions = (await client.get(f"{path}/versions", headers=manager.headers)).json()
    headers = manager.headers | {"If-Match": changed.headers["etag"]}
    empty = await client.patch(path, json={}, headers=headers)
    unmeasured = await client.post(FENCES, json={**body, "radius_m": None}, headers=manager.headers)

    assert made.status_code == 201, made.text
    assert made.json()["area"]["type"] == "Polygon"
    assert (made.json()["schedule"], changed.json()["schedule"]) == ({"week": days}, None)
    assert [(v["margin_m"], v["valid_until"] is None) for v in versions] == [(5, True), (0, False)]
    assert changed.json()["kind"] == "forbidden"
    assert (empty.status_code, empty.json()["code"]) == (422, "empty_change")
    assert (unmeasured.status_code, unmeasured.json()["code"]) == (422, "shape_measure")


async def test_audits_are_for_who_may_read_fences(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    manager = await sign_in(tenant, Profile.MANAGER, "audit-manager")
    admin = await sign_in(tenant, Profile.ADMIN, "audit-admin")
    made = await run_audit(process, tenant, await process.tenants.database(tenant.slug))

    told = await client.get(f"{FENCES}/audits", headers=manager.headers)
    refused = await client.get(f"{FENCES}/audits", headers=admin.headers)

    assert told.json()[0]["id"] == str(made.id)
    assert refused.status_code == 403


async def test_a_file_is_imported_and_exported_within_ones_sites(
    client: httpx.AsyncClient, sign_in: SignIn, process: Process, tenant: Tenant
) -> None:
    world = World(process, tenant, await process.tenants.database(tenant.slug))
    site = await world.site()
    manager = await sign_in(tenant, Profile.MANAGER, "file-manager")
    chef = await sign_in(tenant, Profile.SITE_MANAGER, "file-chef")  # of no site
    text = json.dumps({"type": "Point", "coordinates": [4.875, 45.75]})
    body = {"text": text, "site_id": str(site), "radius_m": 60, "name": "Poste"}

    tried = await client.post(
        f"{FENCES}/import", json={**body, "dry_run": True}, headers=manager.headers
    )
    foreign = await client.post(f"{FENCES}/import", json=body, headers=chef.headers)
    refused = await client.post(
        f"{FENCES}/import", json={**body, "radius_m": 1}, headers=manager.headers
    )
    made = await client.post(f"{FENCES}/import", json=body, headers=manager.headers)
    written = await client.get(
        f"{FENCES}/export", params={"site_id": str(site)}, headers=manager.headers
    )

    assert tried.json()["fences"][0]["name"] == "Poste 1"
    assert foreign.status_code == 404
    assert refused.json()["errors"][0]["pointer"] == "/features/0/radius_m"
    assert made.json()["faults"] == []
    assert written.headers["content-type"] == "application/geo+json"
    features = written.json()["features"]
    assert [f["properties"]["name"] for f in features] == ["Emprise", "Poste 1"]
