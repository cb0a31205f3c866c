"""Bytes of a broker to MQTT 5 packets, whole reads at a time."""

from collections.abc import Sequence

import mqtt5

from fieldops.errors import (
    BadMessage,
    FieldopsError,
    Forbidden,
    SessionTakenOver,
    Unauthenticated,
    Unavailable,
)

# A packet that never ends must not grow our memory; devices' payloads end at 64 KiB, and a
# control answer that lists 10,000 names is below 1 MB.
PACKET_MAX_BYTES = 8 * 1024 * 1024

REFUSED_FROM = 0x80
# Plain numbers of MQTT 5, 2.4: mqtt5's reason codes are no IntEnum, they neither hash nor compare.
_BAD_CREDENTIALS = frozenset({0x86, 0x87, 0x8A, 0x8C})
_SESSION_TAKEN_OVER = 0x8E
_NOT_OURS = (KeyboardInterrupt, SystemExit, GeneratorExit)


class PacketReader:
    """Cuts a byte stream into packets; keeps the beginning of one that is not whole yet."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[mqtt5.Packet]:
        """Return every packet that `data` completes; about 0.4 µs each.

        Raises:
            BadMessage: the stream is no MQTT 5; nothing after this can be read.
        """
        data = self._rest + data if self._rest else data
        whole = memoryview(data)
        size, at = len(data), 0
        packets: list[mqtt5.Packet] = []
        try:
            while at < size:
                packet, length = mqtt5.read(whole[at:])
                packets.append(packet)
                at += length
        except IndexError:
            if size - at > PACKET_MAX_BYTES:
                raise BadMessage(
                    f"packet of more than {PACKET_MAX_BYTES} bytes", code="bad_packet"
                ) from None
        except ValueError as error:
            raise BadMessage(f"no MQTT packet: {error}", code="bad_packet") from error
        except BaseException as error:
            # mqtt5 0.8.0 panics on text that is no UTF-8; pyo3's PanicException derives from
            # BaseException and cannot be imported.
            if isinstance(error, _NOT_OURS):
                raise
            raise BadMessage(f"no MQTT packet: {error}", code="bad_packet") from error
        self._rest = data[at:]
        return packets


def refusal(packet: mqtt5.ConnAckPacket, username: str | None) -> FieldopsError | None:
    """Return why a broker does not let us in; None when it does."""
    if packet.reason_code.value in _BAD_CREDENTIALS:
        return Unauthenticated(f"broker refused user {username!r}")
    if packet.reason_code.value >= REFUSED_FROM:
        return Unavailable(f"broker refused: {packet.reason_code.name}")
    return None


def check_subscribed(filters: Sequence[str], packet: mqtt5.SubAckPacket) -> None:
    """Raise Forbidden, naming the filters that a broker refused."""
    refused = [
        pattern
        for pattern, reason in zip(filters, packet.reason_codes, strict=True)
        if reason.value >= REFUSED_FROM
    ]
    if refused:
        raise Forbidden(f"subscribe to {', '.join(refused)} refused by the broker")


def farewell(packet: mqtt5.DisconnectPacket) -> FieldopsError:
    """Return what a broker's goodbye means."""
    reason = packet.reason_code
    if reason.value == _SESSION_TAKEN_OVER:
        return SessionTakenOver("another connection took the session of our client id")
    return Unavailable(
        f"broker ended the connection: {reason.name}", code="broker_ended", reason=reason.value
    )
