from contextlib import suppress
from itertools import pairwise

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.packets import PACKET_MAX_BYTES, PacketReader
from fieldops.errors import BadMessage

PACKETS = [
    mqtt5.ConnAckPacket(receive_max=20, reason_str="hello").write(),
    mqtt5.PublishPacket(
        "t/elec-sud/d/van-7/pos", b'{"a":1}', qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=7
    ).write(),
    mqtt5.PubAckPacket(9, reason_code=mqtt5.PubAckReasonCode.NOT_AUTHORIZED).write(),
    mqtt5.SubAckPacket(3, [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE]).write(),
    mqtt5.PingRespPacket().write(),
    mqtt5.DisconnectPacket(reason_code=mqtt5.DisconnectReasonCode.SESSION_TAKEN_OVER).write(),
]
STREAM = b"".join(PACKETS)

# The codec prints the error it panics on, past every handler.
panics = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@given(st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted))
def test_a_stream_cut_anywhere_gives_the_same_packets(cuts: list[int]) -> None:
    reader = PacketReader()

    edges = [0, *cuts, len(STREAM)]
    read = [packet for start, end in pairwise(edges) for packet in reader.feed(STREAM[start:end])]

    assert [packet.write() for packet in read] == PACKETS


@panics
def test_text_that_is_no_utf8_is_a_bad_message_though_the_codec_panics() -> None:
    topic_cut_in_a_character = b"\x30\x05\x00\x02a\xe8x"

    with pytest.raises(BadMessage):
        PacketReader().feed(topic_cut_in_a_character)


def test_a_packet_that_never_ends_is_refused() -> None:
    reader = PacketReader()
    reader.feed(b"\x30\xff\xff\xff\x7f" + bytes(PACKET_MAX_BYTES - 5))

    with pytest.raises(BadMessage, match="packet of more than"):
        reader.feed(b"1")


@panics
@given(
    st.lists(
        st.tuples(st.integers(0, len(STREAM) - 1), st.integers(0, 255)), min_size=1, max_size=5
    )
)
def test_no_damage_escapes_as_another_error(patches: list[tuple[int, int]]) -> None:
    damaged = bytearray(STREAM)
    for at, value in patches:
        damaged[at] = value

    with suppress(BadMessage):
        PacketReader().feed(bytes(damaged))
