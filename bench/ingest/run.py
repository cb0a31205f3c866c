"""`fieldops bench ingest`: durable messages a second, beside a plain C subscriber and raw COPY.

One round is: our ingest (leases, gate, fences, stream, acks, everything committed), then
mosquitto_sub on the same broker under the same senders, then binary COPY into the same table;
never two at a time. Three rounds; the figures are of the median round. The services are the
bench's own, so that their processor seconds are for this alone. It refuses when fences, stream or
acks are off, and no leg begins before geo and the database are done with the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.conditions import Hub, require_durable, require_fences
from bench.ingest.legs import Leg, Legs, Ours, peer_tenant
from bench.own_hub import own_hub
from bench.report import Report, median
from bench.rig import Rig, register
from fieldops import stack
from fieldops.settings import Settings
from fieldops.stack.progress import Progress

GOAL = ">= 0.9"


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """How many devices, how long one leg of a round is to last, about, and what COPY copies.

    `calibrate` is what each device says to the C subscriber first, to learn how much fills a leg.
    """

    devices: int = 2000
    seconds: float = 60.0
    rounds: int = 3
    calibrate: int = 20
    copy_rows: int = 200_000


async def run_ingest_bench(settings: Settings, plan: IngestPlan, progress: Progress) -> Report:
    """Measure on services of its own.

    Raises:
        Prerequisite: the database would not keep what it confirms, or a part of the hub is off.
    """
    async with own_hub(settings, plan.devices, progress) as own:
        return await measure_ingest(own.bed, own.hub, settings, plan, progress)


async def measure_ingest(
    bed: Rig, hub: Hub, settings: Settings, plan: IngestPlan, progress: Progress
) -> Report:
    """Measure a hub at work.

    Raises:
        Prerequisite: as `run_ingest_bench`.
    """
    pool = await bed.pool()
    await require_durable(pool)
    await require_fences(pool)
    subscriber = stack.subscriber(settings.home, progress=progress)
    ids = await register(bed, [f"van-{n}" for n in range(plan.devices)], progress=progress)
    async with peer_tenant(bed) as peer:
        legs = Legs(bed, hub, peer, subscriber, list(ids), list(ids.values()))
        return await _rounds(legs, plan, progress)


async def _rounds(legs: Legs, plan: IngestPlan, progress: Progress) -> Report:
    calibrated = await legs.theirs(plan.calibrate)
    each = max(1, round(calibrated.rate * plan.seconds / plan.devices))
    ours, theirs, copied = [], [], []
    for number in range(plan.rounds):
        progress.advance("measured", 3 * number, 3 * plan.rounds)
        ours.append(await legs.ours(each, number))
        progress.advance("measured", 3 * number + 1, 3 * plan.rounds)
        theirs.append(await legs.theirs(each))
        progress.advance("measured", 3 * number + 2, 3 * plan.rounds)
        copied.append(await legs.copy(number, plan.copy_rows))
    progress.advance("measured", 3 * plan.rounds, 3 * plan.rounds)
    return _report(plan, ours, theirs, copied)


def _report(
    plan: IngestPlan, ours: Sequence[Ours], theirs: Sequence[Leg], copied: Sequence[float]
) -> Report:
    """Report the median round, by its ratio to the C subscriber."""
    ratios = [mine.leg.rate / peer.rate for mine, peer in zip(ours, theirs, strict=True)]
    chosen = ratios.index(median(ratios))
    mine, peer, copy = ours[chosen], theirs[chosen], copied[chosen]
    sent = mine.done.sent
    figures = {
        "devices": float(plan.devices),
        "messages_a_leg": float(mine.leg.messages),
        "durable_messages_per_s": mine.leg.rate,
        "of_c_subscriber": ratios[chosen],
        "of_c_subscriber_worst": min(ratios),
        "of_c_subscriber_best": max(ratios),
        "of_copy": mine.leg.rate / copy,
        "receive_to_commit_p50_ms": mine.wait_ms(0.5),
        "receive_to_commit_p99_ms": mine.wait_ms(0.99),
        "geo_lag_s": mine.geo_lag_s,
        "geo_behind_fixes": mine.geo_behind,
        "sequences_sent": float(sent),
        "sequences_settled": float(mine.done.settled),
        "rows": float(mine.rows),
        "connections_lost": float(mine.done.lost),
        **{f"{name}_cpu_s": used for name, used in mine.leg.cpu_s.items()},
        **{f"{name}_cpu_us_a_message": used for name, used in mine.leg.cpu_us().items()},
        "leg_s": mine.leg.seconds,
    }
    peers = {
        "mosquitto_sub_messages_a_leg": float(peer.messages),
        "mosquitto_sub_messages_per_s": peer.rate,
        "binary_copy_rows_per_s": copy,
        **{f"mosquitto_sub_leg_{name}_cpu_s": used for name, used in peer.cpu_s.items()},
        **{
            f"mosquitto_sub_leg_{name}_cpu_us_a_message": used
            for name, used in peer.cpu_us().items()
        },
    }
    unsettled = sent - mine.done.settled + abs(sent - mine.rows)
    goals = {"of_c_subscriber": GOAL, "unsettled": "== 0"}
    return Report("ingest", {**figures, "unsettled": float(unsettled)}, peers, goals)
