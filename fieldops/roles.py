"""The roles a process may have; `all` is one machine's worth of them.

The role `jobs` is composed here: each domain has its own, and they know nothing of each other.
"""

import asyncio
from collections.abc import Iterable

from api.role import run_api
from dispatch.live.role import run_dispatch
from fieldops.database import Pool
from fieldops.errors import BadInput
from fieldops.leases import Lease, Steward
from fieldops.process import Process, Role
from fieldops.tenancy import Tenant
from geo.fences.audit import audit_nightly
from geo.role import run_geo
from ingest.history.role import serve_history
from ingest.history.steps import ROLE as JOBS
from ingest.role import run_ingest
from proof.attendance.role import run_attendance


async def run_jobs(process: Process) -> None:
    """Do the jobs of every tenant nobody else does them for, until cancelled."""

    async def serve(tenant: Tenant, pool: Pool, lease: Lease) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(serve_history(tenant, pool, lease))
            group.create_task(audit_nightly(process, tenant, pool, lease))

    steward = Steward(process.tenants, JOBS, lease_s=process.settings.lease_s, serve=serve)
    process.unready.discard(JOBS)
    await steward.run()


ROLES: dict[str, Role] = {
    "ingest": run_ingest,
    "geo": run_geo,
    "dispatch": run_dispatch,
    "jobs": run_jobs,
    "attendance": run_attendance,
    "api": run_api,
}


def chosen(names: Iterable[str]) -> dict[str, Role]:
    """Return the named roles, all of them for `all`.

    Raises:
        BadInput: no such role.
    """
    wanted = list(dict.fromkeys(names))
    if wanted == ["all"]:
        return ROLES
    unknown = [name for name in wanted if name not in ROLES]
    if unknown:
        raise BadInput(f"no role {unknown[0]!r}; there are {', '.join(ROLES)}, or all")
    return {name: ROLES[name] for name in wanted}
