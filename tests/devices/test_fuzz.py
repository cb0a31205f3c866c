"""A second of what `make fuzz` does for longer, and what it cannot: a connection beside."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import mqtt5
import pytest

import bench.fuzz
from bench.fuzz import Fuzzer, panics_unheard, run_fuzz
from devices.endpoint import Endpoint
from devices.mqtt import Connection, Session, connect
from fieldops.errors import Unavailable
from fieldops.stack.progress import SILENT
from tests.devices.radio import Ear

# mqtt5 0.8.0 panics on text that is no UTF-8; what it drops on the way is reported as this.
PANICS = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
WELCOME = mqtt5.ConnAckPacket(reason_code=mqtt5.ConnAckReasonCode.SUCCESS).write()


@PANICS
def test_nothing_escapes_from_broken_packets_and_payloads() -> None:
    fuzzer = Fuzzer(seed=7)

    with panics_unheard():
        for _ in range(2000):
            fuzzer.round()

    tally = fuzzer.tally
    assert (tally.packets, tally.inputs, tally.escaped) == (2000, 8000, 0), tally.notes
    assert tally.refused > 2000
    assert tally.understood > 500


@PANICS
def test_what_escapes_is_counted_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fragile(_: bytes) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(bench.fuzz, "read_settlement", fragile)

    report = run_fuzz(30, 7, SILENT)

    assert (report.figures["packets"], report.figures["escaped"]) == (30, 30)
    assert report.notes[0].startswith("ZeroDivisionError: by zero of b")
    assert not report.judged()["escaped"]["met"]


@asynccontextmanager
async def broker(say: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[Endpoint]:
    """A broker of loopback that lets everybody in and hands us each connection to write to."""

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(WELCOME)
        say(writer)

    async with await asyncio.start_server(welcome, "127.0.0.1", 0) as server:
        yield Endpoint("127.0.0.1", server.sockets[0].getsockname()[1])


@PANICS
async def test_garbage_on_one_socket_leaves_its_neighbour_alone() -> None:
    fuzzer, healthy = Fuzzer(seed=11), Ear(acknowledge=False)
    opened: list[asyncio.StreamWriter] = []

    def break_it(writer: asyncio.StreamWriter) -> None:
        writer.write(fuzzer.packet())
        writer.close()

    async with broker(opened.append) as sound, broker(break_it) as broken:
        neighbour = await connect(sound, Session("healthy"), healthy.hear)
        ends = []
        for number in range(300):
            opened[0].write(mqtt5.PublishPacket("t", b"%d" % number).write())
            with panics_unheard():
                ends.append(await _end_of(broken))
            (heard,) = await healthy.next()
            assert heard.payload == b"%d" % number

        assert neighbour.alive
        assert healthy.silent()
        assert sum("does not speak MQTT 5" in end for end in ends) > 30
        assert len(opened) == 1  # the neighbour never had to come again
        await neighbour.close()
        opened[0].close()


async def _end_of(broken: Endpoint) -> str:
    """Connect to where garbage comes from and return why that ended."""

    def ignore(_: Connection, __: list[mqtt5.PublishPacket]) -> None: ...

    try:
        connection = await connect(broken, Session("unlucky"), ignore)
        await connection.lost()
    except Unavailable as error:
        return str(error)
    raise AssertionError("it did not end")
