"""The dispatch role: every tenant's live loop, solver processes for all, one more to improve."""

from dispatch.engine.pool import SolverPool
from dispatch.live.loop import Dispatcher
from fieldops.database import Pool
from fieldops.leases import Lease, Steward
from fieldops.process import Process
from fieldops.tenancy import Tenant


async def run_dispatch(process: Process) -> None:
    """Plan the tenants nobody else plans, until cancelled."""
    async with (
        SolverPool(workers=process.settings.dispatch_workers) as solvers,
        SolverPool(workers=1) as improvers,
    ):
        process.unready.discard("dispatch")

        async def serve(tenant: Tenant, pool: Pool, lease: Lease) -> None:
            await Dispatcher(process, solvers, tenant, pool, lease, improvers=improvers).run()

        steward = Steward(
            process.tenants, "dispatch", lease_s=process.settings.lease_s, serve=serve
        )
        await steward.run()
