"""One bounded step of a job: a transaction that only one at a time can be in.

The lease's row is the lock. The role enters by `begin_batch`, which also fences it; a person's
command enters by locking the row without owning the lease, so the two wait for each other and
neither needs the other to stop.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeAlias

import asyncpg

from fieldops.database import Connection, Pool, sql
from fieldops.errors import Unavailable
from fieldops.leases import Lease, begin_batch
from fieldops.tenancy import transaction

ROLE = "jobs"
Enter: TypeAlias = Callable[[Connection], Awaitable[object]]

# A lock not given within its timeout, a deadlock, a server in trouble: the step is tried again.
_PASSING = (
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)


def owning(lease: Lease) -> Enter:
    """Return the way in of the role's worker."""
    return partial(_begin, lease)


async def _begin(lease: Lease, connection: Connection) -> None:
    await begin_batch(connection, lease)


async def beside(connection: Connection) -> None:
    """Enter without the lease, for a person's command; waits for the worker's step to end."""
    await connection.execute(sql("ingest.history", "lock_jobs"), ROLE)


@asynccontextmanager
async def step(pool: Pool, enter: Enter, what: str) -> AsyncIterator[Connection]:
    """Open the transaction of one step.

    Nobody waits long behind it: dropping a chunk needs it alone, and whoever stores fixes would
    queue behind our wait for that.

    Raises:
        LeaseLost: another worker has the jobs. Unavailable: try again later.
    """
    try:
        async with transaction(pool, what) as connection:
            await connection.execute(sql("ingest.history", "limit_waiting"))
            await enter(connection)
            yield connection
    except _PASSING as error:
        raise Unavailable(f"{what}: {type(error).__name__}") from error
