from uuid import UUID

from ingest.message import Drop
from ingest.settlements import Acks, Settlements

A, B = (UUID(int=1), "k3f9"), (UUID(int=2), "k3f9")
REINSTALLED = (UUID(int=1), "zz01")


def test_a_device_is_told_at_once_and_then_once_a_second() -> None:
    acks = Acks(every_s=1.0)

    acks.note([A])
    first = acks.due(10.0)
    acks.note([A])

    assert first == [A]
    assert acks.due(10.9) == []
    assert acks.due(11.0) == [A]
    assert acks.due(12.0) == []


def test_many_batches_within_a_second_make_one_message() -> None:
    acks = Acks(every_s=1.0)

    for _ in range(50):
        acks.note([A, B])

    assert acks.due(10.0) == [A, B]
    assert acks.due(12.0) == []


def test_two_runs_of_one_device_take_turns() -> None:
    acks = Acks(every_s=1.0)

    acks.note([A, REINSTALLED])

    assert acks.due(10.0) == [A]
    assert acks.due(11.0) == [REINSTALLED]


def test_beyond_its_bound_the_longest_waiting_is_dropped() -> None:
    acks = Acks(most=1)

    acks.note([A])
    acks.note([B])

    assert acks.due(10.0) == [B]


def test_what_a_transaction_did_not_commit_is_not_settled() -> None:
    settlements = known()

    settlements.grown({A: [0, 1, 2]})

    assert settlements.message(A) == b'{"run":"k3f9","upto":-1,"ranges":[]}'


def test_a_gap_is_told_as_ranges_and_not_jumped_over() -> None:
    settlements = known()

    settlements.advance(settlements.grown({A: [0, 1, 5, 6]}))
    settlements.advance(settlements.grown({A: [3]}))

    assert settlements.message(A) == b'{"run":"k3f9","upto":1,"ranges":[[3,3],[5,6]]}'


def test_a_drop_counts_once_however_often_it_comes() -> None:
    settlements = known()
    drop = Drop("2026-11-22", "private", A, 7)

    assert settlements.unsettled([drop, drop]) == [drop]
    settlements.advance(settlements.grown({A: [7]}))
    assert settlements.unsettled([drop]) == []


def test_a_drop_without_sequence_always_counts() -> None:
    settlements = known()
    drop = Drop("2026-11-22", "private")

    assert settlements.unsettled([drop, drop]) == [drop, drop]


def known() -> Settlements:
    settlements = Settlements()
    settlements.begin([A, B])
    return settlements
