"""The machine believes a run, never a fix."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.model import Fix, Flag
from geo.index import FenceIndex, Rules
from geo.presence import Crossing, Memory, State, advance_batch, close_fences
from tests.geo.yard import PHONE, T0, VAN, YARD, fix, track, yard

IN, RING, OUT = 0.0, 110.0, 150.0  # inside, in the 20 m buffer, beyond it


def followed(
    batches: list[list[Fix]], index: FenceIndex | None = None, memory: Memory | None = None
) -> tuple[Memory, list[Crossing]]:
    memory, crossings = memory or Memory(), []
    for batch in batches:
        outcome = advance_batch(memory, batch, index or yard())
        memory.settle(outcome)
        crossings += outcome.crossings
    return memory, crossings


def seconds(crossings: list[Crossing]) -> list[tuple[str, float]]:
    return [(c.kind, (c.at - T0).total_seconds()) for c in crossings]


def state(memory: Memory) -> State:
    machine = memory.machines.get((VAN, YARD))
    return State.OUTSIDE if machine is None else machine.state


@pytest.mark.parametrize(
    ("places", "events", "last"),
    [
        ([OUT, OUT, IN], [], State.ENTERING),
        ([OUT] + [IN] * 6, [], State.ENTERING),
        ([OUT] + [IN] * 7, [("entered", 10)], State.INSIDE),
        ([IN] * 5 + [OUT] + [IN] * 5, [], State.ENTERING),
        ([IN] * 5 + [RING] + [IN] * 7, [("entered", 60)], State.INSIDE),
        ([IN] * 7 + [RING] * 20, [("entered", 0)], State.INSIDE),
        ([IN] * 7 + [OUT] * 6, [("entered", 0)], State.LEAVING),
        ([IN] * 7 + [OUT] * 7, [("entered", 0), ("left", 70)], State.OUTSIDE),
        ([IN] * 7 + [OUT] * 3 + [IN] + [OUT] * 6, [("entered", 0)], State.LEAVING),
        ([IN] * 7 + [OUT] * 3 + [RING] + [OUT] * 6, [("entered", 0)], State.LEAVING),
        ([IN] * 7 + [OUT] * 7 + [IN] * 7,
         [("entered", 0), ("left", 70), ("entered", 140)], State.INSIDE),
    ],
)  # fmt: skip
def test_a_run_of_a_minute_is_an_event_dated_by_its_first_fix(
    places: list[float], events: list[tuple[str, float]], last: State
) -> None:
    memory, crossings = followed([track(places)])

    assert seconds(crossings) == events
    assert state(memory) is last


def test_a_fix_as_inaccurate_as_the_limit_neither_proves_nor_breaks() -> None:
    run = [*track([IN] * 4), fix(40, OUT, accuracy_m=60.0), *track([IN] * 2, start_s=50)]

    assert seconds(followed([run])[1]) == [("entered", 0)]
    vague = [fix(i * 10, IN, accuracy_m=60.0) for i in range(20)]
    assert followed([vague])[1] == []


def test_a_fix_without_accuracy_counts() -> None:
    run = [fix(i * 10, IN, accuracy_m=None) for i in range(7)]

    assert seconds(followed([run])[1]) == [("entered", 0)]


@pytest.mark.parametrize("flag", [Flag.FUTURE, Flag.CLOCK_UNSET])
def test_an_untrusted_clock_never_reaches_a_fence(flag: Flag) -> None:
    stray = fix(1_000_000, IN, flags=flag)
    memory = Memory()

    outcome = advance_batch(memory, [stray], yard())
    memory.settle(outcome)

    assert outcome.untrusted == 1
    assert memory.seen == {}
    assert seconds(followed([track([IN] * 7)], memory=memory)[1]) == [("entered", 0)]


def test_a_late_fix_is_counted_and_moves_nothing() -> None:
    memory, _ = followed([track([IN] * 7)])

    outcome = advance_batch(memory, track([OUT] * 7, every_s=1, start_s=-100), yard())

    assert outcome.late == 7
    assert outcome.machines == {}
    assert outcome.crossings == []


def test_the_newest_fix_again_is_as_late_as_any() -> None:
    memory, _ = followed([track([IN] * 7)])

    assert advance_batch(memory, [fix(60, OUT)], yard()).late == 1


def test_a_late_fix_starts_nothing_at_a_fence_the_device_was_never_near() -> None:
    memory, _ = followed([[fix(1000, OUT)]])

    outcome = advance_batch(memory, track([IN] * 20), yard())

    assert (outcome.late, outcome.crossings) == (20, [])


def test_devices_do_not_disturb_each_other() -> None:
    van = track([IN] * 7)
    phone = [fix(i * 10 + 5, OUT, device=PHONE) for i in range(7)]

    _, crossings = followed([van + phone])

    assert [(c.device, c.kind) for c in crossings] == [(VAN, "entered")]


def test_no_dwell_believes_the_first_fix() -> None:
    index = yard(Rules(buffer_m=0, dwell_s=0))

    _, crossings = followed([track([OUT, IN, OUT])], index)

    assert seconds(crossings) == [("entered", 10), ("left", 20)]


def test_an_event_says_why() -> None:
    (entered,) = followed([track([IN] * 7)])[1]

    assert entered.why == {
        "rule": "buffer_dwell",
        "confirmed_at": T0 + timedelta(seconds=60),
        "distance_m": -100.0,
        "accuracy_m": 5.0,
        "buffer_m": 20.0,
        "dwell_s": 60.0,
    }


def test_a_closed_fence_is_left_by_who_was_inside_and_not_by_who_was_entering() -> None:
    inside = track([IN] * 7)
    entering = [fix(60, IN, device=PHONE)]
    memory, _ = followed([inside + entering])
    at: datetime = T0 + timedelta(hours=1)

    outcome = close_fences(memory, [YARD], at)
    memory.settle(outcome)

    assert [(c.device, c.kind, c.at) for c in outcome.crossings] == [(VAN, "left", at)]
    assert memory.machines == {}


places = st.sampled_from([IN, 90.0, RING, 119.0, 121.0, OUT, 5000.0])
fixes = st.lists(
    st.builds(
        fix,
        st.integers(0, 2000),
        places,
        device=st.sampled_from([VAN, PHONE]),
        accuracy_m=st.sampled_from([None, 5.0, 59.0, 60.0, 500.0]),
        flags=st.sampled_from([Flag.NONE] * 5 + [Flag.LATE, Flag.FUTURE]),
    ),
    max_size=120,
)
batches = st.lists(fixes, max_size=6)


@given(batches)
def test_nobody_enters_or_leaves_twice_in_a_row(sent: list[list[Fix]]) -> None:
    _, crossings = followed(sent)

    for device in (VAN, PHONE):
        mine = [c for c in crossings if c.device == device]
        assert [c.kind for c in mine] == ["entered", "left"] * (len(mine) // 2) + ["entered"] * (
            len(mine) % 2
        )
        assert [c.at for c in mine] == sorted(c.at for c in mine)


@given(batches)
def test_following_the_same_batches_again_changes_nothing(sent: list[list[Fix]]) -> None:
    memory, _ = followed(sent)
    before = (dict(memory.seen), dict(memory.machines))

    _, again = followed(sent, memory=memory)

    assert again == []
    assert (memory.seen, memory.machines) == before


@given(fixes, st.integers(1, 7))
def test_how_fixes_in_order_fall_into_batches_does_not_matter(sent: list[Fix], size: int) -> None:
    ordered = sorted(
        {(f.device, f.observed_at): f for f in sent}.values(), key=lambda f: f.observed_at
    )
    cut = [ordered[i : i + size] for i in range(0, len(ordered), size)]

    assert followed(cut)[1] == followed([ordered])[1]


@given(fixes)
def test_an_event_is_dated_by_a_fix_that_lay_where_it_says(sent: list[Fix]) -> None:
    by_key = {(f.device, f.observed_at): f for f in reversed(sent) if not f.flags & Flag.FUTURE}

    for crossing in followed([sent])[1]:
        proof = by_key[crossing.device, crossing.at]
        (distance_m,) = yard().distances([proof.lon], [proof.lat], [YARD])
        assert distance_m <= 0 if crossing.kind == "entered" else distance_m > 20
