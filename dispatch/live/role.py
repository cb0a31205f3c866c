"""The dispatch role: every tenant's live loop, solver processes for all, one more to improve."""

from dispatch.engine.pool import SolverPool
from dispatch.live.loop import Dispatcher
from fieldops.database import Pool
from fieldops.leases import Lease, Steward
from fieldops.process import Process
from fieldops.tenancy import Tenant
from geo.roads.opening import open_roads


async def run_dispatch(process: Process) -> None:
    """Plan the tenants nobody else plans, until cancelled."""
    async with (
        open_roads(process.settings) as roads,
        SolverPool(workers=process.settings.dispatch_workers) as solvers,
        SolverPool(workers=1, eager=False) as improvers,
    ):
        process.unready.discard("dispatch")

        async def serve(tenant: Tenant, pool: Pool, lease: Lease) -> None:
            dispatcher = Dispatcher(
                process, solvers, tenant, pool, lease, improvers=improvers, roads=roads
            )
            await dispatcher.run()

        steward = Steward(
            process.tenants, "dispatch", lease_s=process.settings.lease_s, serve=serve
        )
        await steward.run()
