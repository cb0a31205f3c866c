"""What the broker holds: its queues end at `max_queued_bytes`, and past that it drops silently.

So somebody has to look. One connection a process, as the broker's administrator, who may read
`$SYS`; without it ingest works as well, and only the gauge stands still.
"""

import asyncio
from contextlib import suppress

import mqtt5

from devices.endpoint import backoff, endpoint
from devices.mqtt import Connection, Session, connect
from fieldops.errors import FieldopsError
from fieldops.log import get_log
from fieldops.model import new_id
from fieldops.process import Process
from ingest.metrics import BROKER_BYTES

log = get_log()
HELD_TOPIC = "$SYS/broker/store/messages/bytes"  # Mosquitto's; told every 10 s


async def watch_broker(process: Process) -> None:
    """Follow how many bytes of messages the broker holds, until cancelled."""
    waits = backoff(1.0, 30.0)
    missing = False
    while True:
        try:
            await _follow(process)
        except FieldopsError as error:
            if not missing:
                log.warning("broker.unwatched", reason=str(error))
            missing = True
        await asyncio.sleep(next(waits))


async def _follow(process: Process) -> None:
    session = Session(f"watch-{new_id()}", receive_max=100)
    connection = await connect(endpoint(process.urls.mqtt_admin), session, _hear)
    try:
        await connection.subscribe([HELD_TOPIC], qos=0)
        await connection.lost()
    finally:
        await connection.close()


def _hear(_connection: Connection, packets: list[mqtt5.PublishPacket]) -> None:
    for packet in packets:
        with suppress(ValueError):
            BROKER_BYTES.set(int(packet.payload))
