"""What the broker holds: its queues end at `max_queued_bytes`, and past that it drops silently.

So somebody has to look. One connection a process, as the broker's administrator, who may read
`$SYS`; without it ingest works as well, and the gauge says NaN, for an old number would calm.
"""

import asyncio
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import mqtt5

from devices.endpoint import backoff, endpoint
from devices.mqtt import Connection, Session, connect
from fieldops.errors import FieldopsError
from fieldops.log import get_log
from fieldops.model import new_id
from fieldops.process import Process
from ingest.metrics import BROKER_BYTES

log = get_log()
HELD_TOPIC = "$SYS/broker/store/messages/bytes"  # Mosquitto's; told when it changes, retained
_PAUSES = partial(backoff, 1.0, 30.0)
STEADY_S = 10.0  # what told and lasted so long worked; the next outage is another one


async def watch_broker(
    process: Process,
    *,
    pauses: Callable[[], Iterator[float]] = _PAUSES,
    steady_s: float = STEADY_S,
) -> None:
    """Follow how many bytes of messages the broker holds, until cancelled.

    Args:
        process: whose broker.
        pauses: gives the seconds to wait before each next attempt of an outage.
        steady_s: how long a connection that told something must last to end an outage.
    """
    loop = asyncio.get_running_loop()
    waits, missing = pauses(), False
    while True:
        watch, began_s = _Watch(), loop.time()
        try:
            await watch.follow(process)
        except FieldopsError as error:
            if watch.heard and loop.time() - began_s >= steady_s:
                waits, missing = pauses(), False
            if not missing:
                log.warning("broker.unwatched", reason=str(error))
            missing = True
        await asyncio.sleep(next(waits))


class _Watch:
    """One connection's look; the gauge says NaN before its first word and after its end."""

    def __init__(self) -> None:
        self.heard = False

    async def follow(self, process: Process) -> None:
        """Set the gauge until the connection ends.

        Raises:
            FieldopsError: the broker is not reached, refuses us, or ended it.
        """
        BROKER_BYTES.set(math.nan)
        session = Session(f"watch-{new_id()}", receive_max=100)
        connection = await connect(endpoint(process.urls.mqtt_admin), session, self._hear)
        try:
            await connection.subscribe([HELD_TOPIC], qos=0)
            await connection.lost()
        finally:
            BROKER_BYTES.set(math.nan)
            await connection.close()

    def _hear(self, _connection: Connection, packets: list[mqtt5.PublishPacket]) -> None:
        for packet in packets:
            with suppress(ValueError):
                BROKER_BYTES.set(int(packet.payload))
                self.heard = True
