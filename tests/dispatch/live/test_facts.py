"""What the tables say becomes the problem: people, papers, absences, rest, windows, links."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from dispatch.live.byhand import rank_candidates
from dispatch.live.facts.titles import credentials_of, requirements_of
from dispatch.problem import Order, SameCrew, Together, covers
from fieldops.model import new_id, now
from fieldops.schema import tables
from geo.roads.network import GreatCircle
from tests.dispatch.live.doings import wish
from tests.dispatch.live.rounds import Round
from tests.world import LYON, World

HOUR = timedelta(hours=1)
services = pytest.mark.services


def paper(kind: str, symbol: str | None = None, category: str | None = None) -> dict[str, Any]:
    return {
        "type": kind,
        "symbol": symbol,
        "category": category,
        "issued_on": "2020-01-01",
        "valid_until": None,
    }


@pytest.mark.parametrize(
    ("held", "asked", "meets"),
    [
        (("caces", "R482", "A"), "caces", True),
        (("caces", "R482", "A"), "caces:R482", True),
        (("caces", "R482", "A"), "caces:R482:A", True),
        (("caces", "R482", "A"), "caces:R482:B", False),
        (("caces", "R482"), "caces:R482:A", False),
        (("electrical", "BR"), "electrical:BR", True),
        (("electrical", "BR"), "electrical:BS", True),
        (("electrical", "B2"), "electrical:BR", False),
        (("electrical", "n'importe quoi"), "electrical:BR", False),
        (("electrical", "BR"), "electrical:n'importe quoi", False),
        (("electrical", "n'importe quoi"), "electrical:n'importe quoi", True),
    ],
)
def test_a_paper_answers_what_it_is_a_case_of(
    held: tuple[str, ...], asked: str, meets: bool
) -> None:
    (wanted,) = requirements_of([asked])

    assert any(covers(each, wanted) for each in credentials_of([paper(*held)])) is meets


async def credential(world: World, worker: UUID, until: date | None) -> None:
    await world.insert(
        tables.worker_credential,
        worker_id=worker,
        type="electrical",
        symbol="BR",
        issued_on=date(2020, 1, 1),
        valid_until=until,
    )


async def reasons(round_: Round) -> list[tuple[str, str | None]]:
    rows = await round_.world.pool.fetch("select reasons from unassigned order by task_id")
    return sorted((r["code"], r["crew_id"]) for row in rows for r in row["reasons"])


@services
async def test_an_expired_paper_keeps_a_crew_from_the_task(round_: Round) -> None:
    world = round_.world
    old, worker1 = await world.crew("périmée")
    new, worker2 = await world.crew("valable", depot=(LYON[0] + 0.2, LYON[1]))
    await credential(world, worker1, now().date() - timedelta(days=1))
    await credential(world, worker2, now().date() + timedelta(days=1))
    task = await world.task(await world.site(), credentials=["electrical:BR"])

    (row,) = await round_.plan()
    await world.pool.execute("update shift set ended_at = now() where crew_id = $1", new)
    rows = await round_.plan()

    assert (row["task_id"], row["crew_id"]) == (task, new)
    assert rows == []
    assert await reasons(round_) == [("CREDENTIAL", str(old))]


@services
async def test_two_people_are_two_only_while_both_are_there(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("à deux")
    mate = await world.worker("Binôme")
    await world.insert(tables.crew_member, crew_id=crew, worker_id=mate)
    ahead = now() + 2 * HOUR
    await world.task(await world.site(), opens=ahead, hours=1, min_crew=2)

    with_both = await round_.plan()
    away = await world.insert(
        tables.worker_absence, worker_id=mate, starts_at=now(), ends_at=now() + 12 * HOUR
    )
    alone = await round_.plan()
    size = await reasons(round_)
    await world.pool.execute(
        "update worker_absence set ends_at = now() + interval '1 hour' where id = $1", away
    )
    back = await round_.plan()

    assert [r["crew_id"] for r in with_both] == [crew]
    assert (alone, size) == ([], [("CREW_SIZE", str(crew))])
    assert [r["crew_id"] for r in back] == [crew]


@services
async def test_a_crew_of_which_everybody_is_away_gets_no_work(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("seul")
    site = await world.site()
    kept = await world.task(site)
    (offer,) = await round_.plan()
    await round_.answer(await world.user(worker), crew, offer, True)
    task = await world.task(site)
    away = await world.insert(
        tables.worker_absence, worker_id=worker, starts_at=now(), ends_at=now() + 12 * HOUR
    )

    absent = await round_.plan()
    freed = await round_.state(kept)
    async with world.pool.acquire() as connection:
        ranked = await rank_candidates(connection, task, GreatCircle())
    await world.pool.execute(
        "update worker_absence set ends_at = now() + interval '1 hour' where id = $1", away
    )
    back = await round_.plan()

    assert (absent, freed, ranked) == ([], "ready", [])
    assert {(r["task_id"], r["crew_id"]) for r in back} == {(kept, crew), (task, crew)}
    assert min(r["start_at"] for r in back) > now() + HOUR - timedelta(minutes=1)


@services
async def test_what_is_not_on_board_is_said(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("sans nacelle")
    await world.task(await world.site(), equipment=["nacelle"])

    assert await round_.plan() == []
    assert await reasons(round_) == [("EQUIPMENT", str(crew))]
    await world.pool.execute("update crew set equipment = '{nacelle}' where id = $1", crew)
    assert [r["crew_id"] for r in await round_.plan()] == [crew]


@services
async def test_a_crew_rests_before_its_next_shift(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("fatiguée")
    await world.insert(
        tables.shift,
        crew_id=crew,
        starts_at=now() - 14 * HOUR,
        ends_at=now() - 6 * HOUR,
        ended_at=now() - 6 * HOUR,
    )
    task = await world.task(await world.site(), hours=8)

    (row,) = await round_.plan()

    assert row["task_id"] == task
    assert row["start_at"] >= now() + 5 * HOUR - timedelta(minutes=1)


@services
async def test_a_pause_of_hours_is_no_night(round_: Round) -> None:
    world = round_.world
    crew, _ = await world.crew("coupée")
    await world.insert(
        tables.shift,
        crew_id=crew,
        starts_at=now() - 6 * HOUR,
        ends_at=now() - 3 * HOUR,
        ended_at=now() - 3 * HOUR,
    )
    await world.task(await world.site())

    (row,) = await round_.plan()

    assert row["start_at"] < now() + HOUR


@services
async def test_work_starts_in_one_of_its_windows_and_set_up_counts(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    start = now() - HOUR
    windows = [(start, now() - timedelta(minutes=30)), (now() + 3 * HOUR, now() + 4 * HOUR)]
    await world.task(
        await world.site(),
        opens=start,
        hours=6,
        windows=[{"start": a.isoformat(), "end": b.isoformat()} for a, b in windows],
        setup_s=900,
    )

    (row,) = await round_.plan()

    assert windows[1][0] <= row["start_at"] <= windows[1][1]
    assert row["end_at"] - row["start_at"] == timedelta(seconds=1800 + 900)


@services
@pytest.mark.parametrize(("starts_h", "late_h"), [(1, 0), (2.5, 0.5), (4, 0), (6, 1), (-1, 0)])
async def test_a_start_between_two_windows_is_late_too(
    round_: Round, starts_h: float, late_h: float
) -> None:
    world, opens = round_.world, now()
    crew, _ = await world.crew("a")
    windows = [(0, 2), (3, 5)]
    task = await world.task(
        await world.site(),
        opens=opens,
        hours=5,
        windows=[
            {"start": (opens + a * HOUR).isoformat(), "end": (opens + b * HOUR).isoformat()}
            for a, b in windows
        ],
    )
    start = opens + starts_h * HOUR
    await world.insert(
        tables.assignment,
        task_id=task, crew_id=crew, plan_version=0, sequence=1, state="planned", travel_s=0,
        eta_at=start, start_at=start, end_at=start + HOUR,
    )  # fmt: skip

    (row,) = await round_.live()

    assert row["late_s"] == late_h * 3600


@services
async def test_links_order_tasks_and_bring_two_crews_at_once(round_: Round) -> None:
    world = round_.world
    one, _ = await world.crew("a")
    two, _ = await world.crew("b")
    site = await world.site()
    first, then, left, right = [await world.task(site, hours=6) for _ in range(4)]
    for pred, succ, kind in ((first, then, "order"), (left, right, "sync")):
        await world.insert(tables.task_link, pred_id=pred, succ_id=succ, kind=kind, lag_s=600)

    rows = {row["task_id"]: row for row in await round_.plan()}

    lag = rows[then]["start_at"] - rows[first]["end_at"]
    assert lag >= timedelta(seconds=600)
    assert abs(rows[left]["start_at"] - rows[right]["start_at"]) <= timedelta(seconds=1)
    assert {rows[left]["crew_id"], rows[right]["crew_id"]} == {one, two}


@services
async def test_what_a_finished_task_leaves_of_its_link_is_a_window(round_: Round) -> None:
    world = round_.world
    crew, worker = await world.crew("a")
    site = await world.site()
    first, then = await world.task(site), await world.task(site)
    await world.insert(tables.task_link, pred_id=first, succ_id=then, kind="order", lag_s=7200)
    done = await world.insert(
        tables.assignment,
        task_id=first,
        crew_id=crew,
        plan_version=1,
        sequence=0,
        state="done",
        **dict.fromkeys(("eta_at", "start_at", "end_at", "started_at", "done_at"), now()),
    )
    await world.pool.execute("update task set state = 'done' where id = $1", first)

    rows = {row["task_id"]: row for row in await round_.plan()}

    assert rows[first]["id"] == done
    assert rows[then]["start_at"] >= now() + 2 * HOUR - timedelta(minutes=1)
    del worker


@services
async def test_the_links_of_the_rows_are_the_links_of_the_problem(round_: Round) -> None:
    world = round_.world
    await world.crew("a")
    site, group = await world.site(), f"g-{new_id().hex[-6:]}"
    a, b, c, d = [await world.task(site, keep_group=group if n > 1 else None) for n in range(4)]
    for pred, succ, kind in ((a, b, "sync"), (b, c, "sync"), (a, d, "order")):
        await world.insert(tables.task_link, pred_id=pred, succ_id=succ, kind=kind)

    facts = await (await round_.dispatcher())._facts()

    assert set(facts.problem.links) == {
        Order(a, d, least_s=0),
        Together(tuple(sorted((a, b, c)))),
        SameCrew(tuple(sorted((c, d)))),
    }


@services
async def test_what_starts_soon_stays_where_it_is(round_: Round) -> None:
    world = round_.world
    far, _ = await world.crew("loin", depot=(LYON[0] + 0.05, LYON[1]))
    task = await world.task(await world.site(), hours=6)
    await wish(world, move_tax_s=0)
    await round_.plan()
    near, _ = await world.crew("près")

    frozen = {row["task_id"]: row["crew_id"] for row in await round_.plan()}
    await wish(world, freeze_s=0)
    free = {row["task_id"]: row["crew_id"] for row in await round_.plan()}

    assert (frozen, free) == ({task: far}, {task: near})
