"""Say again what was recorded: every vehicle over a connection of its own, in the order it spoke.

A vehicle connects, says all it has, and leaves when the hub has settled all of it; a bounded number
of them is on at a time. Stamps are those of the recording, so a hub sees old fixes, rightly late.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from devices.client import DeviceClient
from devices.topics import DeviceName
from fieldops.errors import FieldopsError, Unauthenticated, Unavailable
from fieldops.model import TenantSlug
from simulators.hfp import Capture, Recorded

CONNECTIONS = 200
CONNECT_S = 20.0
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Entrance:
    """Where the broker is and who speaks for the fleet: the tenant's gateway.

    A broker user for each vehicle would do too, but Mosquitto writes all its users after each new
    one: 1,460 of them took 22 s alone, and minutes beside another fleet of that size.
    """

    host: str
    port: int
    tenant: TenantSlug
    username: str
    password: str = field(repr=False)


@dataclass(slots=True)
class Replayed:
    """What was said and what the hub settled; `resent` counts patience lost with an answer."""

    messages: int
    devices: int
    without_position: int
    settled: int = 0
    resent: int = 0
    seconds: float = 0.0


async def replay(
    capture: Capture,
    entrance: Entrance,
    *,
    connections: int = CONNECTIONS,
    settle_s: float = 30.0,
    progress: Progress,
) -> Replayed:
    """Publish a capture and wait until every message is settled.

    Args:
        capture: what to say.
        entrance: the broker, and the gateway's credentials.
        connections: vehicles on at a time, at most.
        settle_s: patience with a hub that settles nothing of a vehicle.
        progress: told how many messages are settled, after each vehicle.

    Raises:
        Unavailable: the broker does not answer, or nobody settles what it takes.
        Unauthenticated: the gateway's password is no longer valid.
    """
    loop = asyncio.get_running_loop()
    started = loop.time()
    done = Replayed(capture.messages, len(capture.vehicles), capture.without_position)
    waiting = iter(capture.vehicles.items())

    async def speak() -> None:
        for device, messages in waiting:
            await _say(device, messages, capture.run, entrance, settle_s, done)
            progress(done.settled)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(connections, len(capture.vehicles))):
                group.create_task(speak())
    except BaseExceptionGroup as errors:
        raise _telling(errors) from errors
    done.seconds = loop.time() - started
    return done


async def _say(
    device: DeviceName,
    messages: Sequence[Recorded],
    run: str,
    entrance: Entrance,
    settle_s: float,
    done: Replayed,
) -> None:
    """Be one vehicle from its coming to its leaving."""
    client = DeviceClient(
        entrance.host,
        entrance.port,
        entrance.tenant,
        device,
        entrance.password,
        username=entrance.username,
        run=run,
        when_full="wait",
    )
    async with client:
        # What is said before the connection is there would go out in one array.
        await client.until_connected(CONNECT_S)
        try:
            for message in messages:
                async with asyncio.timeout(settle_s):
                    await client.send_fix(
                        at=message.at,
                        lon=message.lon,
                        lat=message.lat,
                        speed_mps=message.speed_mps,
                        heading_deg=message.heading_deg,
                        source="hfp",
                    )
            await _drain(client, settle_s)
        except (TimeoutError, Unavailable) as error:
            raise Unavailable(
                f"nothing of {device} was settled within {settle_s:.0f} s: no ingest serves tenant "
                f"{entrance.tenant}, or it is stuck; start one with: fieldops run ingest"
            ) from error
    done.settled += client.settled
    done.resent += client.resent


async def _drain(client: DeviceClient, settle_s: float) -> None:
    """Wait until everything is settled, as long as something still is.

    Raises:
        Unavailable: nothing was, for so long.
    """
    while True:
        before = client.unsettled
        try:
            await client.drain(settle_s)
        except Unavailable:
            if client.unsettled >= before:
                raise
        else:
            return


def _telling(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error a person can act on: a refusal first, ours before others."""
    leaves = list(_leaves(errors))
    for kind in (Unauthenticated, FieldopsError):
        for leaf in leaves:
            if isinstance(leaf, kind):
                return leaf
    return leaves[0]


def _leaves(group: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
