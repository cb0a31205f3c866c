"""The machine believes evidence, never a fix."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.model import Fix, Flag
from geo.index import Rules
from geo.presence.batch import Memory, advance_batch, close_fences
from geo.presence.machine import State
from tests.geo.presence.following import FAR, IN, OUT, RING, confirmed, followed, said, state
from tests.geo.yard import PHONE, T0, VAN, YARD, fix, track, yard

# In and out at 10 m/s on a straight line, a fix every 10 s; the edge is 100 m from the centre.
DRIVE_IN = [600.0, 500, 400, 300, 200, 100, 0]
DRIVE_OUT = [0.0, 100, 200, 300, 400, 500, 600]


def test_driving_in_and_staying_is_confirmed_by_the_second_fix_inside() -> None:
    memory, crossings = followed([track([*DRIVE_IN, 0, 0])])

    assert said(crossings)[-1] == ("entered", "confirmed", 60)
    ((kind, at),) = confirmed(crossings)
    assert kind == "entered"
    assert at == pytest.approx(50, abs=1)
    assert state(memory) is State.INSIDE


def test_driving_out_is_confirmed_while_it_goes_on_and_dated_at_the_edge() -> None:
    _, crossings = followed([track([*DRIVE_IN, *[IN] * 30, *DRIVE_OUT])])

    assert [kind for kind, _ in confirmed(crossings)] == ["entered", "left"]
    assert confirmed(crossings)[1][1] == pytest.approx(380, abs=10)
    assert said(crossings)[-1] == ("left", "confirmed", 390)


@pytest.mark.parametrize("fixes", range(1, 5))
def test_a_run_of_outliers_in_place_is_no_departure(fixes: int) -> None:
    stay = [*DRIVE_IN, *[IN] * 30]

    _, crossings = followed([track([*stay, *[350.0] * fixes, *[IN] * 30])])

    assert [kind for kind, _ in confirmed(crossings)] == ["entered"]


def test_what_stays_away_longer_than_outliers_last_has_left() -> None:
    stay = [*DRIVE_IN, *[IN] * 30]

    _, crossings = followed([track([*stay, *[250.0] * 20])])

    kind, at = confirmed(crossings)[1]
    assert kind == "left"
    assert at == pytest.approx(365, abs=10)


def test_a_vague_fix_far_away_says_little() -> None:
    stay = track([*DRIVE_IN, *[IN] * 30])
    vague = [fix(400 + 10 * i, 400.0, accuracy_m=90.0) for i in range(6)]

    assert [kind for kind, _ in confirmed(followed([stay + vague])[1])] == ["entered"]


def test_a_fix_vaguer_than_the_limit_says_nothing_about_the_fence() -> None:
    vague = [fix(i * 10, IN, accuracy_m=100.0) for i in range(20)]

    assert followed([vague])[1] == []


def test_a_fix_without_accuracy_counts() -> None:
    run = [fix(i * 10, IN, accuracy_m=None) for i in range(7)]

    assert confirmed(followed([run])[1]) == [("entered", 0)]


def test_noise_at_the_edge_is_no_crossing() -> None:
    edge = [RING, 98.0, 108.0, 99.0, RING, 112.0, 97.0] * 20

    _, crossings = followed([track([*DRIVE_IN, *[50.0] * 10, *edge])])

    assert [kind for kind, _ in confirmed(crossings)] == ["entered"]


def test_who_stays_next_door_never_enters() -> None:
    beside = [600.0, 500, 400, 300, 200, *[125.0, 122.0, 128.0, 126.0] * 60]

    assert followed([track(beside)])[1] == []


def test_silence_is_no_evidence() -> None:
    evening = track([*DRIVE_IN, *[IN] * 30])
    morning = [fix(50_000 + 10 * i, IN) for i in range(10)]

    memory, crossings = followed([evening, morning])

    assert [kind for kind, _ in confirmed(crossings)] == ["entered"]
    assert state(memory) is State.INSIDE


def test_who_is_seen_outside_after_a_long_silence_left_no_earlier_than_that() -> None:
    evening = track([*DRIVE_IN, *[IN] * 30])
    morning = [fix(50_000 + 10 * i, FAR) for i in range(10)]

    assert confirmed(followed([evening, morning])[1])[1] == ("left", 50_000)


def test_no_less_than_the_dwell_time_confirms() -> None:
    index = yard(Rules(dwell_s=120))

    _, crossings = followed([track([*DRIVE_IN, *[IN] * 30])], index)

    assert said(crossings) == [("entered", "provisional", 60), ("entered", "confirmed", 170)]


def test_the_buffer_holds_who_is_inside() -> None:
    stay = track([*DRIVE_IN, *[IN] * 10, *[140.0] * 100])

    assert len(confirmed(followed([stay], yard(Rules(buffer_m=50)))[1])) == 1
    assert len(confirmed(followed([stay], yard(Rules(buffer_m=0)))[1])) == 2


def test_what_was_provisional_is_withdrawn_when_the_device_turns_out_elsewhere() -> None:
    index = yard(Rules(confidence=0.9999, dwell_s=600))

    _, crossings = followed([track([*DRIVE_IN, 0, 0, *DRIVE_OUT, FAR, FAR])], index)

    assert [(kind, status) for kind, status, _ in said(crossings)] == [
        ("entered", "provisional"),
        ("entered", "withdrawn"),
    ]


@pytest.mark.parametrize("flag", [Flag.FUTURE, Flag.CLOCK_UNSET])
def test_an_untrusted_clock_never_reaches_a_fence(flag: Flag) -> None:
    memory = Memory()

    outcome = advance_batch(memory, [fix(1_000_000, IN, flags=flag)], yard())
    memory.settle(outcome)

    assert (outcome.untrusted, memory.places) == (1, {})


def test_a_late_fix_is_named_and_moves_nothing() -> None:
    memory, _ = followed([track([*DRIVE_IN, IN])])

    outcome = advance_batch(memory, track([OUT] * 7, every_s=1, start_s=-100), yard())

    assert (outcome.late_fixes, outcome.late) == (7, {VAN: T0 - timedelta(seconds=100)})
    assert (outcome.machines, outcome.crossings) == ({}, [])


def test_the_newest_fix_again_is_not_late() -> None:
    memory, _ = followed([track([*DRIVE_IN, IN])])

    outcome = advance_batch(memory, [fix(70, IN)], yard())

    assert (outcome.late_fixes, outcome.late) == (1, {})


def test_a_fix_that_comes_after_more_than_two_days_changes_no_presence() -> None:
    memory, _ = followed([track([*DRIVE_IN, IN], start_s=200_000)])
    old = [Fix(VAN, T0, T0 + timedelta(days=2, minutes=6), 4.85, 45.75)]

    outcome = advance_batch(memory, old, yard())

    assert (outcome.expired, outcome.late) == (1, {})


def test_devices_do_not_disturb_each_other() -> None:
    van = track([*DRIVE_IN, *[IN] * 7])
    phone = [fix(i * 10 + 5, OUT, device=PHONE) for i in range(14)]

    _, crossings = followed([van + phone])

    assert {c.device for c in crossings} == {VAN}


def test_an_event_explains_itself() -> None:
    entered = followed([track([*DRIVE_IN, IN, IN])])[1][-1]

    why = entered.why
    assert (why["rule"], why["edge_m"], why["confidence"]) == ("evidence", -100.0, 0.97)
    assert why["belief"] >= 0.97
    at, edge_m, accuracy_m, inside, trust = why["curve"][-2]
    assert (at - T0.timestamp(), edge_m, accuracy_m) == (50, pytest.approx(0, abs=0.2), 5.0)
    assert 0 <= inside <= 1
    assert 0 <= trust <= 1


def test_a_closed_fence_is_left_by_who_was_inside() -> None:
    memory, _ = followed([track([*DRIVE_IN, *[IN] * 7])])
    at = T0 + timedelta(hours=1)

    outcome = close_fences(memory, [YARD], at)
    memory.settle(outcome)

    assert [(c.device, c.kind, c.at) for c in outcome.crossings] == [(VAN, "left", at)]
    assert (memory.machines, memory.trackers) == ({}, {})


def test_a_device_that_went_away_is_forgotten_but_for_its_last_fixes() -> None:
    memory, _ = followed([track([*DRIVE_IN, *[IN] * 7, *DRIVE_OUT, 800, 1000, FAR])])

    assert (memory.machines, memory.trackers) == ({}, {})
    assert memory.places.keys() == {VAN}


places = st.sampled_from([IN, 90.0, RING, 119.0, OUT, 250.0, 600.0, FAR])
fixes = st.lists(
    st.builds(
        fix,
        st.integers(0, 4000),
        places,
        device=st.sampled_from([VAN, PHONE]),
        accuracy_m=st.sampled_from([None, 5.0, 30.0, 100.0, 500.0]),
        flags=st.sampled_from([Flag.NONE] * 5 + [Flag.LATE, Flag.FUTURE]),
    ),
    max_size=120,
)


@given(st.lists(fixes, max_size=6))
def test_nobody_enters_or_leaves_twice_in_a_row(sent: list[list[Fix]]) -> None:
    _, crossings = followed(sent)

    for device in (VAN, PHONE):
        kinds = [c.kind for c in crossings if c.device == device and c.status == "confirmed"]
        assert kinds == (["entered", "left"] * len(kinds))[: len(kinds)]


@given(st.lists(fixes, max_size=6))
def test_what_is_provisional_is_confirmed_or_withdrawn_before_the_next(
    sent: list[list[Fix]],
) -> None:
    _, crossings = followed(sent)

    for device in (VAN, PHONE):
        standing = False
        for crossing in (c for c in crossings if c.device == device):
            assert not (crossing.status == "provisional" and standing)
            assert crossing.status != "withdrawn" or standing
            standing = crossing.status == "provisional"


@given(fixes, st.integers(1, 7))
def test_how_fixes_in_order_fall_into_batches_does_not_matter(sent: list[Fix], size: int) -> None:
    ordered = sorted(
        {(f.device, f.observed_at): f for f in sent}.values(), key=lambda f: f.observed_at
    )
    cut = [ordered[i : i + size] for i in range(0, len(ordered), size)]

    many, one = followed(cut), followed([ordered])

    for device in (VAN, PHONE):
        assert [c for c in many[1] if c.device == device] == [
            c for c in one[1] if c.device == device
        ]
    assert many[0] == one[0]
