from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.ack import Settled, Settlement, read_settlement
from fieldops.errors import BadMessage

_seqs = st.lists(st.integers(0, 60), max_size=80)


def test_a_backlog_behind_a_live_fix_is_not_claimed() -> None:
    settled = Settled("k3f9")

    for seq in (0, 1, 2, 9, 7, 8):
        settled.add(seq)

    assert settled.as_message() == b'{"run":"k3f9","upto":2,"ranges":[[7,9]]}'


def test_filling_the_gap_joins_everything() -> None:
    settled = Settled("k3f9", 2, [(7, 9)])

    settled.add_range(3, 6)

    assert (settled.upto, settled.ranges) == (9, ())


def test_a_stored_settlement_continues_where_it_was() -> None:
    settled = Settled("a", 4, [(8, 9)])

    settled.merge(Settlement("a", 6, ((11, 11),)))

    assert settled.settlement() == Settlement("a", 6, ((8, 9), (11, 11)))


def test_settlements_of_two_runs_do_not_mix() -> None:
    with pytest.raises(ValueError, match="run 'b' merged into run 'a'"):
        Settled("a").merge(Settlement("b", 3))


@given(_seqs)
def test_exactly_what_was_added_is_covered(seqs: list[int]) -> None:
    settled = Settled("a")

    for seq in seqs:
        settled.add(seq)

    message = read_settlement(settled.as_message())
    assert {seq for seq in range(70) if message.covers(seq)} == set(seqs)


@given(_seqs, _seqs)
def test_merging_is_adding_both(left: list[int], right: list[int]) -> None:
    one, other = Settled("a"), Settled("a")
    for seq in left:
        one.add(seq)
    for seq in right:
        other.add(seq)

    one.merge(other)

    assert {s for s in range(70) if one.settlement().covers(s)} == {*left, *right}


@given(_seqs, st.integers(1, 5))
def test_over_its_bound_it_forgets_but_never_claims_more(seqs: list[int], most: int) -> None:
    settled = Settled("a", ranges_max=most)

    for seq in seqs:
        settled.add(seq)

        message = read_settlement(settled.as_message())
        assert len(message.ranges) <= most
        assert message.covers(seq)
    assert {s for s in range(70) if settled.settlement().covers(s)} <= set(seqs)


@given(st.sets(st.integers(0, 40)), st.integers(1, 4))
def test_a_device_that_resends_ends_settled_whatever_was_forgotten(
    lost_for_ever: set[int], most: int
) -> None:
    settled = Settled("a", ranges_max=most)
    unsettled = set(range(41)) - lost_for_ever

    for _ in range(42):
        for seq in sorted(unsettled):
            settled.add(seq)
        message = settled.settlement()
        unsettled = {seq for seq in unsettled if not message.covers(seq)}

    assert unsettled == set()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b'{"run":"a"}',
        b'{"run":"a","upto":-2,"ranges":[]}',
        b'{"run":"a","upto":5,"ranges":[[5,6]]}',
        b'{"run":"a","upto":5,"ranges":[[8,7]]}',
        b'{"run":"a","upto":5,"ranges":[[9,9],[7,7]]}',
        b'{"run":"a","upto":5,"ranges":[[9]]}',
        b'{"run":"a","upto":99999999999999999999,"ranges":[]}',
        b'{"run":"","upto":5,"ranges":[]}',
    ],
)
def test_a_message_that_contradicts_itself_settles_nothing(payload: bytes) -> None:
    with pytest.raises(BadMessage):
        read_settlement(payload)


@given(st.binary(max_size=80))
def test_no_bytes_make_a_device_raise_anything_but_bad_message(payload: bytes) -> None:
    with suppress(BadMessage):
        read_settlement(payload)
