import asyncio
import socket
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import mqtt5
import pytest

from devices.endpoint import Endpoint, backoff, endpoint
from devices.mqtt import Connection, Session, connect
from devices.wire import PAYLOAD_MAX_BYTES
from fieldops.errors import (
    BadInput,
    Forbidden,
    SessionTakenOver,
    Unauthenticated,
    Unavailable,
)
from tests.devices.radio import WAIT_S, Ear, connected, ids, unique


@pytest.fixture
def unanswered() -> Iterator[Endpoint]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Endpoint("127.0.0.1", server.getsockname()[1])


def test_a_url_names_user_host_and_port() -> None:
    assert endpoint("mqtt://elec-sud.van:p%40ss@127.0.0.1:51883") == Endpoint(
        "127.0.0.1", 51883, "elec-sud.van", "p@ss"
    )
    assert endpoint("mqtts://broker.example").port == 8883
    assert endpoint("mqtts://broker.example").tls is not None
    with pytest.raises(BadInput):
        endpoint("http://broker.example")


def test_an_endpoint_never_prints_its_password() -> None:
    assert "hush" not in repr(Endpoint("h", 1, "u", "hush"))


def test_waits_double_to_a_limit() -> None:
    assert list(islice(backoff(1.0, 5.0, draw=lambda: 1.0), 5)) == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert all(0.1 <= wait_s <= 1.0 for wait_s in islice(backoff(1.0, 1.0), 50))


async def test_nobody_listening_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(Unavailable, match=f"broker 127.0.0.1:{port}"):
        await connect(Endpoint("127.0.0.1", port), Session("x"), Ear().hear)


async def test_a_broker_that_never_answers_is_unavailable_in_time(unanswered: Endpoint) -> None:
    with pytest.raises(Unavailable, match=r"did not answer within 0\.2 s"):
        await connect(unanswered, Session("x"), Ear().hear, timeout_s=0.2)


async def test_a_server_that_speaks_another_protocol_is_unavailable() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable):
            await connect(Endpoint("127.0.0.1", port), Session("x"), Ear().hear, timeout_s=WAIT_S)


async def test_a_broker_that_stops_answering_pings_is_given_up() -> None:
    async def only_welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(mqtt5.ConnAckPacket().write())
        await reader.read()
        writer.close()

    async with await asyncio.start_server(only_welcome, "127.0.0.1", 0) as server:
        where = Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])
        connection = await connect(where, Session("x", keep_alive_s=0.2), Ear().hear)

        with pytest.raises(Unavailable, match="silent for"):
            async with asyncio.timeout(WAIT_S):
                await connection.lost()
        with pytest.raises(Unavailable):
            await connection.publish("a", b"")


@pytest.mark.services
async def test_a_wrong_password_is_unauthenticated(ingest: Endpoint) -> None:
    with pytest.raises(Unauthenticated):
        await connect(replace(ingest, password="wrong"), Session(unique("x")), Ear().hear)


@pytest.mark.services
async def test_pings_keep_an_idle_connection_alive(ingest: Endpoint) -> None:
    async with connected(ingest, Session(unique("idle"), keep_alive_s=1.0)) as connection:
        # The broker ends what was silent for 1.5 times its keep-alive.
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await connection.lost()

        await connection.publish("t/idle/d/van/pos", b"{}")


@pytest.mark.services
async def test_what_is_not_read_waits_and_the_connection_lives(ingest: Endpoint) -> None:
    ear, tenant = Ear(), unique("deaf")
    session = Session(unique("deaf"), keep_alive_s=0.4, rest_s=0.002)
    async with connected(ingest, session, ear) as hearing, connected(ingest) as speaking:
        await hearing.subscribe([f"t/{tenant}/#"])
        await speaking.publish(f"t/{tenant}/d/van/pos", b"1")
        await ear.next()

        hearing.listen(False)
        await speaking.publish(f"t/{tenant}/d/van/pos", b"2")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.2):
                await hearing.lost()
        assert ear.silent()
        hearing.listen(True)

        assert [packet.payload for packet in await ear.next()] == [b"2"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                await hearing.lost()


@pytest.mark.services
async def test_the_bytes_of_a_read_are_told_with_what_it_brought(ingest: Endpoint) -> None:
    sizes: list[int] = []
    tenant, heard = unique("sized"), asyncio.Event()

    def hear(connection: Connection, batch: list[mqtt5.PublishPacket]) -> None:
        sizes.append(connection.bytes_read)
        if any(packet.payload.endswith(b"last") for packet in batch):
            heard.set()

    async with connected(ingest) as speaking:
        hearing = await connect(ingest, Session(unique("sized")), hear)
        await hearing.subscribe([f"t/{tenant}/#"], qos=0)
        for payload in (b"x" * 60_000, b"x" * 60_000, b"last"):
            await speaking.publish(f"t/{tenant}/d/van/pos", payload)
        async with asyncio.timeout(WAIT_S):
            await heard.wait()
        await hearing.close()

    assert 120_000 < sum(sizes) < 120_500


@pytest.mark.services
async def test_the_largest_payload_passes_the_broker_and_one_much_larger_ends_the_connection(
    ingest: Endpoint,
) -> None:
    topic = f"t/{unique('large')}/d/{'v' * 64}/pos"
    async with connected(ingest) as connection:
        await connection.publish(topic, b" " * PAYLOAD_MAX_BYTES)
        with pytest.raises(Unavailable):
            await connection.publish(topic, b" " * (PAYLOAD_MAX_BYTES + 4096))


@pytest.mark.services
async def test_what_was_published_is_heard_and_batched(ingest: Endpoint) -> None:
    ear, tenant = Ear(), unique("batch")
    async with connected(ingest, ear=ear) as hearing, connected(ingest) as speaking:
        await hearing.subscribe([f"t/{tenant}/#"])
        acked = [
            await speaking.begin(f"t/{tenant}/d/van/pos", str(number).encode())
            for number in range(500)
        ]

        heard = await ear.next(500)

        assert [int(packet.payload) for packet in heard] == list(range(500))
        assert len(ear.batches) < 250
        assert [await future for future in acked] == [0] * 500


@pytest.mark.services
async def test_qos_0_goes_out_in_one_write(ingest: Endpoint) -> None:
    ear, tenant = Ear(), unique("fire")
    async with connected(ingest, ear=ear) as hearing, connected(ingest) as speaking:
        await hearing.subscribe([f"t/{tenant}/#"], qos=0)

        assert speaking.send([(f"t/{tenant}/d/van/ack", b"1"), (f"t/{tenant}/d/bus/ack", b"2")])

        assert [packet.payload for packet in await ear.next(2)] == [b"1", b"2"]
    assert not speaking.send([("t/x", b"")])


@pytest.mark.services
async def test_an_unacknowledged_message_comes_again_on_the_next_connection(
    ingest: Endpoint,
) -> None:
    tenant, keep = unique("again"), Session(unique("keep"), clean_start=False, expiry_s=60)
    deaf = Ear(acknowledge=False)
    first = await connect(ingest, keep, deaf.hear)
    await first.subscribe([f"t/{tenant}/#"])
    async with connected(ingest) as speaking:
        for number in range(3):
            await speaking.publish(f"t/{tenant}/d/van/pos", str(number).encode())
    heard = await deaf.next(3)
    first.ack(ids(heard[:1]))
    # The answer to a subscription proves that the acknowledgement before it was read.
    await first.subscribe([f"t/{tenant}/#"])

    first.abort()
    ear = Ear()
    async with connected(ingest, keep, ear) as second:
        again = await ear.next(2)

        assert second.session_present
        assert [(packet.payload, packet.duplicate) for packet in again] == [
            (b"1", True),
            (b"2", True),
        ]
    async with connected(ingest, replace(keep, clean_start=True, expiry_s=0)):
        pass


@pytest.mark.services
async def test_withheld_acknowledgements_stop_the_broker_but_not_the_pings(
    ingest: Endpoint,
) -> None:
    ear, tenant = Ear(acknowledge=False), unique("full")
    narrow = Session(unique("narrow"), receive_max=5, keep_alive_s=1.0)
    async with connected(ingest, narrow, ear) as hearing, connected(ingest) as speaking:
        await hearing.subscribe([f"t/{tenant}/#"])
        for number in range(12):
            await speaking.publish(f"t/{tenant}/d/van/pos", str(number).encode())

        first = await ear.next(5)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await hearing.lost()
        assert ear.silent()

        ear.acknowledge = True
        hearing.ack(ids(first))
        assert [int(packet.payload) for packet in await ear.next(7)] == list(range(5, 12))


@pytest.mark.services
async def test_a_session_taken_over_is_told_apart_from_an_outage(ingest: Endpoint) -> None:
    session = Session(unique("mine"))
    first = await connect(ingest, session, Ear().hear)

    async with connected(ingest, session):
        with pytest.raises(SessionTakenOver):
            async with asyncio.timeout(WAIT_S):
                await first.lost()
        with pytest.raises(SessionTakenOver):
            await first.publish("t/x/d/van/pos", b"{}")


@pytest.mark.services
async def test_leaving_is_no_error_and_a_will_is_left_only_on_demand(ingest: Endpoint) -> None:
    ear, tenant = Ear(), unique("will")
    will = mqtt5.Will(f"t/{tenant}/d/van/status", payload=b"gone")
    async with connected(ingest, ear=ear) as hearing:
        await hearing.subscribe([f"t/{tenant}/#"])

        async with connected(ingest, Session(unique("a"), will=will)) as polite:
            pass
        await polite.lost()
        async with connected(ingest, Session(unique("b"), will=will)) as telling:
            await telling.close(mqtt5.DisconnectReasonCode.DISCONNECT_WITH_WILL_MESSAGE)

        assert [packet.payload for packet in await ear.next(1)] == [b"gone"]
        assert ear.silent()


@pytest.mark.services
async def test_what_the_broker_forbids_is_forbidden_by_name(ingest: Endpoint) -> None:
    async with connected(ingest) as connection:
        with pytest.raises(Forbidden, match="subscribe to elsewhere/# refused"):
            await connection.subscribe(["t/x/#", "elsewhere/#"])
        with pytest.raises(Forbidden, match="publish to elsewhere refused"):
            await connection.publish("elsewhere", b"")
