"""A simulated device: observes something that moves, and publishes it with real faults."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import timedelta

from devices.client import DeviceClient
from devices.topics import device_name
from fieldops.model import new_id, now, tenant_slug
from simulators.faults import Faults
from simulators.furnish import Credentials
from simulators.motion import Mover, Place, Receiver, moved

MOVING_S = 2.0
PARKED_S = 10.0
HELD_MOST = 500


@dataclass(slots=True)
class Counts:
    """What all units together have done."""

    fixes: int = 0
    twice: int = 0
    unlocated: int = 0


@dataclass(slots=True)
class Unit:
    """One device on one mover, `aside` of it by some metres (a phone in a pocket)."""

    client: DeviceClient
    mover: Mover
    receiver: Receiver
    faults: Faults
    chance: random.Random
    counts: Counts
    aside: Place = (0.0, 0.0)
    source: str = "gnss"
    silent: bool = False
    held: int = field(default=0)

    async def run(self) -> None:
        """Publish until cancelled: every 2 s on the move, every 10 s at rest."""
        async with self.client, asyncio.TaskGroup() as held_back:
            pause_s = self.chance.uniform(0.1, MOVING_S)
            while True:
                await asyncio.sleep(pause_s)
                if not self.silent:
                    self._observe(held_back, pause_s)
                pause_s = MOVING_S if self.mover.moving else PARKED_S
                pause_s *= self.chance.uniform(0.9, 1.1)

    def sight(self, seconds: float) -> tuple[Place, float]:
        """Return where the device finds itself, `seconds` after it looked last, and how sure it is
        (m)."""
        (lon, lat), accuracy_m = self.receiver.observe(
            moved(self.mover.place, *self.aside), seconds
        )
        return (round(lon, 7), round(lat, 7)), round(accuracy_m, 1)

    def _observe(self, held_back: asyncio.TaskGroup, seconds: float) -> None:
        """Take a fix and send it after its lag; at most 500 wait, then they are sent at once."""
        (lon, lat), accuracy_m = self.sight(seconds)
        fields = {
            "at": now() + timedelta(seconds=self.faults.clock_ahead_s),
            "accuracy_m": accuracy_m,
            "speed_mps": round(self.mover.speed_mps, 1) if self.mover.moving else 0.0,
            "heading_deg": round(self.mover.heading_deg, 1),
            "battery_pct": 80,
            "source": self.source,
        }
        if self.chance.random() < self.faults.without_position:
            self.counts.unlocated += 1
        else:
            fields |= {"lon": lon, "lat": lat}
        lag_s = self.faults.lag_s(self.chance) if self.held < HELD_MOST else 0.0
        self.held += 1
        held_back.create_task(self._send(fields, lag_s))

    async def _send(self, fields: dict[str, object], lag_s: float) -> None:
        try:
            await asyncio.sleep(lag_s)
            await self.client.send_fix(**fields)  # type: ignore[arg-type]
            self.counts.fixes += 1
            if self.chance.random() < self.faults.twice:
                await self.client.send_fix(**fields)  # type: ignore[arg-type]
                self.counts.twice += 1
        finally:
            self.held -= 1


def client_of(tenant: str, credentials: Credentials) -> DeviceClient:
    """Return the reference device client for these credentials, not connected yet."""
    return DeviceClient(
        credentials.host,
        credentials.port,
        tenant_slug(tenant),
        device_name(credentials.name),
        credentials.password,
        run=new_id().hex[-8:],
    )
