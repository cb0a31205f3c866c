"""`fieldops bench fuzz`: broken packets and payloads through parser, decoder and reader.

Nothing but BadMessage may come out of the parser and the decoder, nothing at all out of the reader.
That a connection beside a broken one goes on is proven on sockets, in `tests/devices/test_fuzz.py`.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import mqtt5

from bench.report import Report
from devices.ack import read_settlement
from devices.packets import PacketReader
from devices.registry import Registered, Registry
from devices.topics import DeviceName, parse_topic
from devices.wire import decode
from fieldops.errors import BadMessage
from fieldops.stack.progress import Progress
from identity.privacy import Gate, Tracked
from ingest.message import Message
from ingest.reader import Reader, Rules

ROUNDS = 1_000_000  # of a packet, two payloads and an `ack` each
_SHOWN = 20
_BLOCK = 5000
_NOT_OURS = (KeyboardInterrupt, SystemExit, GeneratorExit)
_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_VAN = UUID(int=1)
_TOPICS = (
    "t/elec/d/van/pos",
    "t/elec/d/van/bak",
    "t/elec/d/van/att",
    "t/elec/d/van/status",
    "owntracks/elec/van",
)
_PAYLOADS = (
    b'{"run":"k3f9","seq":1024,"at":"2026-11-22T08:00:00.250Z","lon":4.8357,"lat":45.7640,'
    b'"acc":6.5,"spd":12.4,"hdg":271,"alt":172,"bat":84,"src":"gnss","mock":false}',
    b'[{"run":"k3f9","seq":1,"at":"2026-11-22T08:00:00Z","lon":4.8,"lat":45.7},'
    b'{"run":"k3f9","seq":2,"at":"2026-11-22T08:00:01Z"}]',
    b'{"run":"k3f9","seq":3,"at":"2026-11-22T08:00:00Z","kind":"in","worker":"E-17",'
    b'"site":"0193f1f0-0000-7000-8000-000000000001","lon":4.8,"lat":45.7,"acc":9}',
    b'{"run":"k3f9","state":"online","at":"2026-11-22T08:00:00Z"}',
    b'{"_type":"location","lat":45.7,"lon":4.8,"tst":1763798400,"acc":12,"vel":31,"batt":80}',
    b'{"run":"k3f9","upto":41,"ranges":[[50,60],[70,70]]}',
)
_ODD = (
    b"\0", b"\xff", b"\xc3(", b"[" * 2000, b"1e999", b"-0", b"99999999999999999999999", b"NaN",
    b"null", b'"', b"\\ud800", b"{}", b"\x80\x80\x80\x80\x80", b"9999-12-31T23:59:60-23:59",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What became of the broken: `understood` ones were still, or again, sound; `escaped` raised
    what they must not, and `notes` say what of the first few."""

    packets: int = 0
    inputs: int = 0
    refused: int = 0
    understood: int = 0
    escaped: int = 0
    notes: list[str] = field(default_factory=list)


class Fuzzer:
    """Breaks what is sound, the same way for the same seed."""

    def __init__(self, seed: int) -> None:
        self.tally = Tally()
        self._chance = random.Random(seed)  # noqa: S311 - repeatable
        self._packets = [_packet(payload, n) for n, payload in enumerate(_PAYLOADS, start=1)]
        device = Registered(_VAN, DeviceName("van"), "tracker", True)
        registry = Registry({device.name: device}, {device.id: device.name})
        self._reader = Reader(Rules(1, Gate(1, {_VAN: Tracked()}, {}), registry))

    def round(self) -> None:
        """Break one packet, one payload for the decoder, one for the reader and one `ack`."""
        chance = self._chance
        topic, payload = chance.choice(_TOPICS), self._broken(chance.choice(_PAYLOADS))
        self._expect(self._parse, self.packet())
        self.tally.packets += 1
        parsed = parse_topic(topic)
        self._expect(lambda raw: decode(parsed, raw, device=_VAN, received_at=_AT), payload)
        self._expect(read_settlement, self._broken(_PAYLOADS[-1]))
        self._expect(lambda raw: self._reader.read([Message(topic, raw, _AT, 1)]), payload)

    def packet(self) -> bytes:
        """Return a broken packet."""
        return self._broken(self._chance.choice(self._packets))

    def _expect(self, read: Callable[[bytes], object], raw: bytes) -> None:
        self.tally.inputs += 1
        try:
            read(raw)
        except BadMessage:
            self.tally.refused += 1
        except _NOT_OURS:
            raise
        except BaseException as error:  # noqa: BLE001 - a panic of mqtt5 is no Exception
            self.tally.escaped += 1
            if len(self.tally.notes) < _SHOWN:
                self.tally.notes.append(f"{type(error).__name__}: {error} of {raw!r:.200}")
        else:
            self.tally.understood += 1

    def _parse(self, raw: bytes) -> Sequence[mqtt5.Packet]:
        at = self._chance.randrange(len(raw) + 1)
        reader = PacketReader()
        return [*reader.feed(raw[:at]), *reader.feed(raw[at:])]

    def _broken(self, sound: bytes) -> bytes:
        """Return the bytes with one to four things wrong with them."""
        chance, raw = self._chance, bytearray(sound)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(raw) + 1)
            match chance.randrange(6):
                case 0 if at < len(raw):
                    raw[at] ^= 1 << chance.randrange(8)
                case 1:
                    raw[at:at] = chance.choice(_ODD)
                case 2:
                    del raw[at : at + chance.randint(1, 8)]
                case 3:
                    del raw[at:]
                case 4:
                    raw[at:at] = raw[: chance.randint(1, 40)]
                case _ if at < len(raw):
                    raw[at] = chance.randrange(256)
        return bytes(raw)


def run_fuzz(rounds: int, seed: int, progress: Progress) -> Report:
    """Break four inputs a round, and count what escapes."""
    fuzzer = Fuzzer(seed)
    for start in range(0, rounds, _BLOCK):
        progress.advance("broken", start, rounds)
        with panics_unheard():
            for _ in range(start, min(start + _BLOCK, rounds)):
                fuzzer.round()
    progress.advance("broken", rounds, rounds)
    tally = fuzzer.tally
    figures = {
        "packets": float(tally.packets),
        "inputs": float(tally.inputs),
        "refused": float(tally.refused),
        "understood": float(tally.understood),
        "escaped": float(tally.escaped),
    }
    return Report("fuzz", figures, goals={"escaped": "== 0"}, notes=tuple(tally.notes))


@contextmanager
def panics_unheard() -> Iterator[None]:
    """Keep mqtt5's panics (text that is no UTF-8; the reader refuses it) off standard error, where
    each writes five lines."""
    heard = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(heard, 2)
        os.close(nowhere)
        os.close(heard)


def _packet(payload: bytes, number: int) -> bytes:
    qos = mqtt5.QoS.AT_LEAST_ONCE
    return mqtt5.PublishPacket(_TOPICS[0], payload, qos=qos, packet_id=number).write()
