"""Bytes of a broker to MQTT 5 packets, whole reads at a time."""

import mqtt5

from fieldops.errors import BadMessage, FieldopsError, SessionTakenOver, Unavailable

# A packet that never ends must not grow our memory; devices' payloads end at 64 KiB, and a
# control answer that lists 10,000 names is below 1 MB.
PACKET_MAX_BYTES = 8 * 1024 * 1024

_SESSION_TAKEN_OVER = 0x8E  # MQTT 5, 2.4
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


def farewell(packet: mqtt5.DisconnectPacket) -> FieldopsError:
    """Return what a broker's goodbye means."""
    reason = packet.reason_code
    if reason.value == _SESSION_TAKEN_OVER:
        return SessionTakenOver("another connection took the session of our client id")
    return Unavailable(
        f"broker ended the connection: {reason.name}", code="broker_ended", reason=reason.value
    )
