import asyncio
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import PIPE, Popen
from time import monotonic, sleep

import pytest

from dispatch.checker import violations
from dispatch.engine.pool import SolverPool
from dispatch.problem import Problem
from fieldops.errors import Unavailable
from tests.dispatch.cases import crew, crew_id, line, orders_of, task, task_id

SMALL = line([crew(0)], [task(0, 10), task(1, 5)])


def long_problem() -> Problem:
    """A problem that uses up any budget under a minute."""
    return line([crew(i, x=i) for i in range(10)], [task(i, i * 7 % 60) for i in range(120)])


@pytest.fixture(scope="module")
async def pool() -> AsyncIterator[SolverPool]:
    async with SolverPool(grace_s=0.2, wait_s=0.1, waiting=1) as pool:
        yield pool


def alive(pid: int) -> bool:
    """Say whether a process runs; a zombie that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_plan_comes_back_from_another_process(pool: SolverPool) -> None:
    first = await pool.solve(SMALL, 1.0)
    again = await pool.solve(SMALL, 1.0, seed=3, previous=first)

    assert pool.pids != (os.getpid(),)
    assert violations(SMALL, again) == ()
    assert orders_of(again) == {crew_id(0): [task_id(1), task_id(0)]}


async def test_the_loop_goes_on_while_a_solve_holds_its_own_gil(pool: SolverPool) -> None:
    began, longest = monotonic(), 0.0
    solving = asyncio.ensure_future(pool.solve(long_problem(), 0.3))

    while not solving.done():
        before = monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, monotonic() - before)

    assert (await solving).seconds > 0.2
    assert monotonic() - began > 0.2
    assert longest < 0.2  # a solve in this process would stop it for 0.3


async def test_a_solver_that_dies_is_unavailable_and_replaced(pool: SolverPool) -> None:
    (pid,) = pool.pids
    solving = asyncio.ensure_future(pool.solve(long_problem(), 20))
    await asyncio.sleep(0.05)

    os.kill(pid, signal.SIGKILL)
    with pytest.raises(Unavailable, match="died"):
        await solving

    assert violations(SMALL, await pool.solve(SMALL, 1.0)) == ()
    assert pool.pids != (pid,)


async def test_a_bug_in_a_solver_costs_its_answer_and_not_the_process(pool: SolverPool) -> None:
    pids = pool.pids

    with pytest.raises(Unavailable, match="guess failed: KeyError"):
        await pool.solve(SMALL, 1.0, way="guess")  # type: ignore[arg-type]

    assert pool.pids == pids
    assert violations(SMALL, await pool.solve(SMALL, 1.0)) == ()


async def test_a_solver_that_overruns_is_killed_and_replaced(pool: SolverPool) -> None:
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)

    with pytest.raises(Unavailable, match="overran"):
        await pool.solve(SMALL, 0.1)

    assert not alive(pid)
    assert violations(SMALL, await pool.solve(SMALL, 1.0)) == ()


async def test_a_cancelled_solve_leaves_no_half_read_answer(pool: SolverPool) -> None:
    solving = asyncio.ensure_future(pool.solve(long_problem(), 20))
    await asyncio.sleep(0.05)

    solving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await solving

    assert len((await pool.solve(SMALL, 1.0)).routes) == 1


async def test_callers_wait_in_a_short_line_and_not_for_ever(pool: SolverPool) -> None:
    solving = asyncio.ensure_future(pool.solve(long_problem(), 0.25))
    await asyncio.sleep(0.01)
    patient = asyncio.ensure_future(pool.solve(SMALL, 1.0))
    await asyncio.sleep(0.01)

    with pytest.raises(Unavailable, match="already wait"):
        await pool.solve(SMALL, 1.0)
    with pytest.raises(Unavailable, match="came free"):
        await patient
    await solving


async def test_nothing_is_left_after_the_pool() -> None:
    async with SolverPool() as short_lived:
        (pid,) = short_lived.pids

    assert not alive(pid)
    with pytest.raises(Unavailable):
        await short_lived.solve(SMALL, 1.0)


def test_the_kernel_ends_a_solve_that_nobody_waits_for() -> None:
    request = pickle.dumps(("portfolio", long_problem(), 20.0, 0, None, 0.05))

    with Popen([sys.executable, "-m", "dispatch.engine.worker"], stdin=PIPE, stdout=PIPE) as worker:
        assert worker.stdin
        worker.stdin.write(len(request).to_bytes(8, "big") + request)
        worker.stdin.flush()

        assert worker.wait(timeout=5) == -signal.SIGALRM


# Killed in the middle of a solve; it imports nothing of ours but what it uses, to be quick.
PARENT = """
import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID
from dispatch.engine.pool import SolverPool
from dispatch.problem import Crew, CrewStart, Task, estimated_problem

now = datetime.now(UTC)
end = now + timedelta(hours=8)
crews = [Crew(UUID(int=i), CrewStart(i, 0, "depot", now), now, end) for i in range(9)]
tasks = [Task(UUID(int=i), i / 9, 1, 60, now, end) for i in range(99)]

async def main():
    async with SolverPool() as pool:
        print(pool.pids[0], flush=True)
        await pool.solve(estimated_problem(now, crews, tasks), 0.3)
        await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_worker_does_not_outlive_a_parent_that_is_killed() -> None:
    with Popen([sys.executable, "-c", PARENT], stdout=PIPE, text=True) as parent:
        assert parent.stdout
        worker = int(parent.stdout.readline())
        assert alive(worker)
        parent.kill()

    until = monotonic() + 5
    while alive(worker) and monotonic() < until:
        sleep(0.01)
    assert not alive(worker)
