"""Many devices in one process, cheaply: a connection each, no buffer, nothing sent again.

So what the hub loses is lost here and shows. All speak through the tenant's gateway.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import mqtt5
import msgspec

from devices.ack import Settlement, read_settlement
from devices.endpoint import Endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import DeviceName, Lane, device_client_id, device_topic
from fieldops.errors import Unavailable
from fieldops.model import TenantSlug, now

AT_ONCE = 50
ACCURACY_M, SPEED_MPS = 6.0, 8.0
STEP_DEG = 1e-4  # about 8 m of longitude at Lyon: what SPEED_MPS makes of a second
CLOSE_EARLY_S = 0.001
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Member:
    """One device: what it said (`sent` fixes of this run) and what it was told."""

    topic: str
    lon: float
    lat: float
    connection: Connection = field(init=False)
    sent: int = 0
    settlement: Settlement | None = None

    def hear(self, _: Connection, packets: list[mqtt5.PublishPacket]) -> None:
        """Take the last settlement said; each holds all before it."""
        self.settlement = read_settlement(packets[-1].payload)

    async def say(self, run: str) -> None:
        """Publish the next fix; waits only for room."""
        fix = {
            "run": run, "seq": self.sent, "at": now(), "lon": self.lon + self.sent * STEP_DEG,
            "lat": self.lat, "acc": ACCURACY_M, "spd": SPEED_MPS, "hdg": 90.0, "src": "gnss",
        }  # fmt: skip
        await self.connection.begin(self.topic, _encode(fix))
        self.sent += 1

    def settled(self, run: str) -> int:
        """Return how many fixes of a run the hub settled."""
        said = self.settlement
        if said is None or said.run != run:
            return 0
        return said.upto + 1 + sum(last - first + 1 for first, last in said.ranges)


class Fleet:
    """The members, and how they drive: each once a second, evenly spread over it."""

    def __init__(self, members: Sequence[Member]) -> None:
        self.members = members
        self.run = ""
        self.late_s: list[float] = []

    @property
    def sent(self) -> int:
        return sum(member.sent for member in self.members)

    @property
    def settled(self) -> int:
        return sum(member.settled(self.run) for member in self.members)

    async def drive(self, run: str, seconds: int, told: Callable[[int], None]) -> None:
        """Say one fix a member and second, in a new run; `told` hears of each second."""
        loop = asyncio.get_running_loop()
        self.run, self.late_s = run, []
        for member in self.members:
            member.sent = 0
        started, step_s = loop.time(), 1 / len(self.members)
        for second in range(seconds):
            for place, member in enumerate(self.members):
                due = started + second + place * step_s
                if due - loop.time() > CLOSE_EARLY_S:
                    await asyncio.sleep(due - loop.time())
                self.late_s.append(max(0.0, loop.time() - due))
                await member.say(run)
            told(second + 1)

    async def until_settled(self, timeout_s: float) -> bool:
        """Wait until all that was said is settled; False when it was not in time."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        while self.settled < self.sent:
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    async def close(self) -> None:
        """Let all go."""
        for start in range(0, len(self.members), AT_ONCE):
            some = self.members[start : start + AT_ONCE]
            await asyncio.gather(*(member.connection.close() for member in some))


async def open_fleet(
    where: Endpoint, tenant: TenantSlug, names: Sequence[DeviceName], center: tuple[float, float]
) -> Fleet:
    """Connect the devices, each listening to its own `ack`.

    Raises:
        Unavailable: the broker does not answer, or has no room for so many.
    """
    room = asyncio.Semaphore(AT_ONCE)

    async def opened(place: int, name: DeviceName) -> Member:
        lat = center[1] + (place // 50 - 5) * 0.002
        member = Member(
            device_topic(tenant, name, Lane.POSITION), center[0] + place % 50 * 0.002, lat
        )
        async with room:
            session = Session(device_client_id(tenant, name))
            member.connection = await connect(where, session, member.hear)
            await member.connection.subscribe([device_topic(tenant, name, Lane.ACK)], qos=0)
        return member

    try:
        async with asyncio.TaskGroup() as group:
            coming = [group.create_task(opened(n, name)) for n, name in enumerate(names)]
    except BaseExceptionGroup as errors:
        first = errors.exceptions[0]
        raise Unavailable(f"the fleet could not connect: {first}") from errors
    return Fleet([each.result() for each in coming])
