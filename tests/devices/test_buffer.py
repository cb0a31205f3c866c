from devices.ack import Settlement
from devices.buffer import ARRAY_MESSAGES, UNHEARD_S, Buffer
from devices.topics import Lane


def buffer_of(count: int, *, due_s: float = 0.0) -> Buffer:
    buffer = Buffer(10.0, draw=lambda: 0.0)
    for seq in range(count):
        buffer.keep(seq, Lane.POSITION, str(seq).encode(), due_s)
    return buffer


def bodies(buffer: Buffer, now_s: float) -> list[int]:
    return [int(kept.body) for kept in buffer.due(Lane.POSITION, now_s)]


def test_only_what_is_settled_is_let_go() -> None:
    buffer = buffer_of(10)

    buffer.settle(Settlement("a", 2, ((5, 6), (9, 4_000_000_000))))

    assert bodies(buffer, 0.0) == [3, 4, 7, 8]
    assert (buffer.settled, len(buffer)) == (6, 4)


def test_settling_twice_counts_once() -> None:
    buffer = buffer_of(3)

    buffer.settle(Settlement("a", 1))
    buffer.settle(Settlement("a", 1))

    assert (buffer.settled, len(buffer)) == (2, 1)


def test_patience_doubles_with_each_send() -> None:
    buffer = buffer_of(1, due_s=10.0)
    assert bodies(buffer, 9.9) == []

    buffer.sent(buffer.due(Lane.POSITION, 10.0), 10.0)

    assert bodies(buffer, 19.9) == []
    buffer.sent(buffer.due(Lane.POSITION, 20.0), 20.0)
    assert bodies(buffer, 39.9) == []
    assert bodies(buffer, 40.0) == [0]
    assert buffer.resent == 1


def test_a_lost_connection_makes_everything_due() -> None:
    buffer = buffer_of(2, due_s=50.0)

    buffer.all_due()

    assert bodies(buffer, 0.0) == [0, 1]


def test_patience_begins_anew_with_each_connection() -> None:
    buffer = buffer_of(1)
    for _ in range(5):
        buffer.sent(buffer.due(Lane.POSITION, 0.0), 0.0)
        buffer.all_due()

    buffer.sent(buffer.due(Lane.POSITION, 0.0), 0.0)

    assert bodies(buffer, 9.9) == []
    assert bodies(buffer, 10.0) == [0]
    assert buffer.resent == 5


def test_what_nobody_heard_is_due_soon_however_often_it_went_out() -> None:
    buffer = buffer_of(1)
    for at_s in (0.0, 10.0, 30.0):
        messages = buffer.due(Lane.POSITION, at_s)
        buffer.sent(messages, at_s)

    buffer.unheard(messages, 30.0)

    assert bodies(buffer, 30.0) == []
    assert bodies(buffer, 30.0 + UNHEARD_S) == [0]
    buffer.sent(messages, 31.0)
    assert bodies(buffer, 41.0) == [0]


def test_an_array_takes_the_oldest_and_no_more_than_it_may() -> None:
    assert bodies(buffer_of(ARRAY_MESSAGES + 1), 0.0) == list(range(ARRAY_MESSAGES))

    large = Buffer(10.0)
    for seq in range(3):
        large.keep(seq, Lane.POSITION, bytes(20_000), 0.0)
    assert len(large.due(Lane.POSITION, 0.0)) == 1


def test_room_is_made_by_forgetting_the_oldest_fix_and_never_attendance() -> None:
    buffer = Buffer(10.0)
    buffer.keep(0, Lane.ATTENDANCE, b"{}", 0.0)
    buffer.keep(1, Lane.POSITION, b"1", 0.0)

    assert buffer.forget_oldest_fix()
    assert not buffer.forget_oldest_fix()

    assert (buffer.forgotten, len(buffer)) == (1, 1)


def test_what_was_forgotten_is_known_and_nothing_else() -> None:
    buffer = Buffer(10.0)
    for seq, kind in enumerate("ppapppa"):
        buffer.keep(seq, Lane.ATTENDANCE if kind == "a" else Lane.POSITION, b"", 0.0)
    buffer.settle(Settlement("a", -1, ((4, 4),)))

    while buffer.forget_oldest_fix():
        pass

    assert [seq for seq in range(9) if buffer.has_forgotten(seq)] == [0, 1, 3, 5]
