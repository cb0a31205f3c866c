"""Furnish a tenant for the demo day through the public API; what is there already is left.

Things are found again by what people call them (code, plate, name, login). Only a device's password
cannot be asked for again: it is kept in a file, and a device whose password is lost is replaced.
"""

import json
import math
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from fieldops.model import new_id, now
from simulators.motion import moved
from simulators.office import Office
from simulators.roster import DEPOT, CrewPlan, Roster, SitePlan, VehiclePlan, WorkerPlan

SHIFT_H = 10
NOTICE = "2026-01"


@dataclass(frozen=True, slots=True)
class Credentials:
    """How a device reaches its broker."""

    name: str
    host: str
    port: int
    username: str
    password: str


@dataclass(frozen=True, slots=True)
class FurnishedCrew:
    """A crew with its ids, its vehicle's tracker and its workers' phones, lead first."""

    plan: CrewPlan
    id: str
    worker_ids: tuple[str, ...]
    tracker: Credentials
    phones: tuple[Credentials, ...]


@dataclass(frozen=True, slots=True)
class Furnished:
    crews: tuple[FurnishedCrew, ...]
    spare: Credentials
    sites: tuple[tuple[SitePlan, str], ...]


class Furnisher:
    """Creates what is missing, as the manager and the administrator a tenant starts with."""

    def __init__(self, manager: Office, admin: Office, keep: Path, *, password: str) -> None:
        self._manager = manager
        self._admin = admin
        self._keep = keep
        self._password = password
        self._known: dict[str, dict[str, dict[str, Any]]] = {}
        self._secrets: dict[str, dict[str, Any]] = (
            json.loads(keep.read_text()) if keep.exists() else {}
        )

    async def furnish(self, roster: Roster) -> Furnished:
        """Create all that the day needs and open the crews' shifts."""
        policy = await self._policy()
        sites = [(plan, await self._site(plan)) for plan in roster.sites]
        crews = [await self._crew(plan, policy) for plan in roster.crews]
        spare = await self._vehicle(roster.spare)
        tracker = await self._device("tracker", roster.spare.label, policy, vehicle_id=spare)
        await self._user("conducteur", "Claire Conductrice", "site_manager",
                         site_ids=[site for _, site in sites])  # fmt: skip
        return Furnished(tuple(crews), tracker, tuple(sites))

    async def _found(
        self, path: str, field: str, value: str, body: dict[str, Any], by: Office | None = None
    ) -> str:
        """Return the id of the item whose `field` is `value`, creating it with `body`."""
        office = by or self._manager
        if path not in self._known:
            self._known[path] = {row[field]: row for row in await office.all(path)}
        known = self._known[path]
        if value not in known:
            known[value] = await office.post(path, {"id": str(new_id()), field: value, **body})
        return str(known[value]["id"])

    async def _policy(self) -> str:
        """All week, day and night: a demo must move whenever somebody looks at it.

        Staff was consulted and the notice is written; each worker signs it below.
        """
        always = [[["00:00", "24:00"]]] * 7
        schedule = {"tz": "Europe/Paris", "week": always}
        body = {
            "purpose": "dispatch",
            "schedule": schedule,
            "retention_days": 60,
            "notice_version": NOTICE,
            "cse_date": "2026-01-15",
        }
        return await self._found("/policies", "name", "Démonstration", body)

    async def _site(self, plan: SitePlan) -> str:
        project = await self._found("/projects", "code", "AFF-2026", {"name": "Marché Métropole"})
        body = {"project_id": project, "name": plan.name, "address": plan.address}
        site = await self._found("/sites", "code", plan.code, body)
        fence = {"site_id": site, "geometry": _ring(plan)}
        await self._found("/fences", "name", f"Emprise {plan.code}", fence)
        return site

    async def _crew(self, plan: CrewPlan, policy: str) -> FurnishedCrew:
        workers = [await self._worker(worker) for worker in plan.workers]
        vehicle = await self._vehicle(plan.vehicle)
        body = {
            "lead_worker_id": workers[0],
            "vehicle_id": vehicle,
            "depot_lon": DEPOT[0],
            "depot_lat": DEPOT[1],
            "member_ids": workers,
        }
        crew = await self._found("/crews", "name", plan.name, body)
        await self._shift(crew)
        tracker = await self._device("tracker", plan.vehicle.label, policy, vehicle_id=vehicle)
        phones = [
            await self._device("phone", f"Téléphone {worker.name}", policy, worker_id=worker_id)
            for worker, worker_id in zip(plan.workers, workers, strict=True)
        ]
        return FurnishedCrew(plan, crew, tuple(workers), tracker, tuple(phones))

    async def _worker(self, plan: WorkerPlan) -> str:
        body = {"name": plan.name, "skills": list(plan.skills)}
        worker = await self._found("/workers", "employee_no", plan.employee_no, body)
        await self._user(plan.login, plan.name, "crew_member", worker_id=worker)
        signature = {"worker_id": worker, "notice_version": NOTICE}
        await self._manager.post("/notices/signatures", signature)
        return worker

    async def _user(self, login: str, name: str, profile: str, **more: Any) -> None:
        body = {"display_name": name, "profile": profile, "password": self._password, **more}
        await self._found("/users", "login", login, body, by=self._admin)

    async def _vehicle(self, plan: VehiclePlan) -> str:
        return await self._found("/vehicles", "plate", plan.plate, {"label": plan.label})

    async def _shift(self, crew: str) -> None:
        """Open a shift from now on unless one runs with an hour or more to go."""
        at = now()
        for shift in await self._manager.all("/shifts", crew_id=crew):
            if shift["ended_at"] is None and shift["ends_at"] > at.isoformat():
                if shift["ends_at"] > (at + timedelta(hours=1)).isoformat():
                    return
                await self._manager.post(f"/shifts/{shift['id']}/end")
        body = {
            "crew_id": crew,
            "starts_at": at.isoformat(),
            "ends_at": (at + timedelta(hours=SHIFT_H)).isoformat(),
        }
        await self._manager.post("/shifts", body)

    async def _device(self, kind: str, label: str, policy: str, **bound: str) -> Credentials:
        """Return a device's credentials; one whose password is lost is revoked and replaced."""
        if "/devices" not in self._known:
            rows = await self._manager.all("/devices")
            self._known["/devices"] = {r["name"]: r for r in rows if r["status"] == "active"}
        active = self._known["/devices"]
        kept = self._secrets.get(label)
        if kept is not None and kept["name"] in active:
            return Credentials(**kept)
        for row in [r for r in active.values() if r["label"] == label]:
            await self._manager.post(f"/devices/{row['id']}/revoke")
        name = f"{kind}-{new_id().hex[-8:]}"
        body = {"name": name, "label": label, "kind": kind, "purpose": "dispatch",
                "policy_id": policy, **bound}  # fmt: skip
        made = await self._manager.post("/devices", {"id": str(new_id()), **body})
        kept = {
            "name": name,
            "host": made["mqtt_host"],
            "port": made["mqtt_port"],
            "username": made["username"],
            "password": made["password"],
        }
        self._remember(label, kept)
        return Credentials(**kept)

    def _remember(self, label: str, kept: dict[str, Any]) -> None:
        self._secrets[label] = kept
        fresh = self._keep.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(self._secrets, indent=1))
        fresh.replace(self._keep)


def _ring(plan: SitePlan) -> dict[str, Any]:
    """Return an eight-sided polygon, a little wider than high, as hoardings are."""
    points = [
        moved(
            plan.center,
            1.25 * plan.radius_m * math.cos(math.tau * n / 8),
            0.85 * plan.radius_m * math.sin(math.tau * n / 8),
        )
        for n in range(8)
    ]
    ring = [[round(lon, 6), round(lat, 6)] for lon, lat in [*points, points[0]]]
    return {"type": "Polygon", "coordinates": [ring]}
