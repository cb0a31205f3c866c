"""A small world in a tenant's database: workers, crews on shift, a site with a fence, tasks.

Rows are written straight, as a fixture may; what a test is about goes through the real code.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from fieldops.database import Pool
from fieldops.model import Profile, new_id, now
from fieldops.process import Process
from fieldops.rows import insert_row
from fieldops.schema import tables
from fieldops.tenancy import Tenant
from identity.commands import TenantStore
from identity.rights import Actor

LYON = (4.8357, 45.7640)
# A skill holds from a day on, and a shift may have begun yesterday.
LONG_AGO = date(2026, 1, 1)


def square(lon: float, lat: float, half_deg: float = 0.001) -> dict[str, Any]:
    """Return a GeoJSON square around a point; 0.001 degrees are about 100 m."""
    w, e, s, n = lon - half_deg, lon + half_deg, lat - half_deg, lat + half_deg
    return {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]}


@dataclass(frozen=True, slots=True)
class World:
    """One tenant and the ways to furnish it."""

    process: Process
    tenant: Tenant
    pool: Pool

    @property
    def store(self) -> TenantStore:
        return TenantStore(self.pool, self.process.valkey)

    def actor(self, profile: Profile = Profile.MANAGER, **fields: Any) -> Actor:
        return Actor(
            self.tenant.slug, user_id=fields.pop("user_id", new_id()), profile=profile, **fields
        )

    async def insert(self, table: Any, **values: Any) -> UUID:
        """Insert a row and return its id."""
        row_id = values.pop("id", None) or new_id()
        async with self.pool.acquire() as connection:
            await insert_row(connection, table, {"id": row_id, **values})
        return row_id

    async def worker(self, name: str = "Sam", *, skills: tuple[str, ...] = ()) -> UUID:
        worker = await self.insert(tables.worker, name=name)
        for skill in skills:
            await self.insert(
                tables.worker_skill, worker_id=worker, skill=skill, valid_from=LONG_AGO
            )
        return worker

    async def user(self, worker: UUID, profile: Profile = Profile.CREW_MEMBER) -> UUID:
        """Add a user who cannot sign in: for what needs one to exist."""
        return await self.insert(
            tables.app_user,
            login=f"u{worker}",
            display_name="u",
            profile=str(profile),
            password_hash="!",
            worker_id=worker,
        )

    async def crew(
        self,
        name: str,
        *,
        skills: tuple[str, ...] = (),
        depot: tuple[float, float] = LYON,
        shift: bool = True,
    ) -> tuple[UUID, UUID]:
        """Add a crew of one worker, on shift for eight hours; return (crew, worker)."""
        worker = await self.worker(f"chef {name}", skills=skills)
        crew = await self.insert(
            tables.crew,
            name=f"{name}-{new_id().hex[-8:]}",
            lead_worker_id=worker,
            depot_lon=depot[0],
            depot_lat=depot[1],
        )
        await self.insert(tables.crew_member, crew_id=crew, worker_id=worker)
        if shift:
            await self.shift(crew)
        return crew, worker

    async def shift(self, crew: UUID, *, hours: float = 8) -> UUID:
        start = now() - timedelta(hours=1)
        return await self.insert(
            tables.shift, crew_id=crew, starts_at=start, ends_at=now() + timedelta(hours=hours)
        )

    async def site(self, at: tuple[float, float] = LYON) -> UUID:
        project = await self.insert(tables.project, code=new_id().hex[-12:], name="Affaire")
        site = await self.insert(
            tables.site,
            project_id=project,
            code=new_id().hex[-12:],
            name="Chantier",
            tz="Europe/Paris",
        )
        fence = await self.insert(tables.fence, site_id=site, name="Emprise")
        await self.pool.execute(
            "insert into fence_version (id, fence_id, geom) values ($1, $2, "
            "st_setsrid(st_geomfromgeojson($3::jsonb), 4326))",
            new_id(),
            fence,
            square(*at),
        )
        return site

    async def task(
        self,
        site: UUID,
        *,
        skills: tuple[str, ...] = (),
        opens: datetime | None = None,
        hours: float = 4,
        **values: Any,
    ) -> UUID:
        start = opens or now() - timedelta(minutes=5)
        return await self.insert(
            tables.task,
            **{
                "site_id": site,
                "title": "Intervention",
                "duration_s": 1800,
                "window_start": start,
                "window_end": start + timedelta(hours=hours),
                "skills": list(skills),
                **values,
            },
        )
