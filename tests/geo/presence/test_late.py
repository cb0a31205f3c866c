"""Fixes in any order end in the ledger that the same fixes in order end in."""

from collections.abc import Sequence
from random import Random
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from fieldops.model import Fix
from geo.index import Fence, FenceIndex, Rules
from geo.presence.batch import REACH_M
from tests.geo.presence.books import Books
from tests.geo.yard import PHONE, VAN, YARD, fix, polygon

INNER = UUID(int=101)


def two_fences() -> FenceIndex:
    """A fence of 200 m and one of 80 m inside it."""
    fences = [
        Fence(YARD, None, polygon(), Rules()),
        Fence(INNER, None, polygon(half_m=40), Rules()),
    ]
    return FenceIndex(fences, reach_m=REACH_M)


INDEX = two_fences()
# A leg: seconds between fixes, how many, from and to so many metres east of the centre.
legs = st.lists(
    st.tuples(
        st.sampled_from([0.2, 10, 30, 300]),
        st.integers(2, 8),
        st.sampled_from([0.0, 60.0, 97.0, 104.0, 130.0, 400.0, 3000.0]),
        st.sampled_from([0.0, 60.0, 97.0, 104.0, 130.0, 400.0, 3000.0]),
    ),
    min_size=1,
    max_size=5,
)


def walked(
    device: UUID, legs: Sequence[tuple[float, int, float, float]], noise: Random
) -> list[Fix]:
    """Fixes along legs, with outliers and vague ones among them."""
    fixes, at = [], 0.0
    for every_s, count, start, end in legs:
        for step in range(count):
            east = start + (end - start) * step / (count - 1) + noise.gauss(0, 8)
            east += 300 if noise.random() < 0.05 else 0
            accuracy_m = noise.choice([None, 5.0, 12.0, 12.0, 60.0])
            fixes.append(fix(at, east, device=device, accuracy_m=accuracy_m))
            at += every_s
    return fixes


def in_order(fixes: Sequence[Fix]) -> Books:
    books = Books(INDEX)
    for each in sorted(fixes, key=lambda f: f.observed_at):
        books.take([each])
    assert books.late == {}
    return books


@settings(max_examples=40, deadline=None)
@given(legs, legs, st.integers(0, 2**32), st.integers(4, 40), st.integers(1, 5))
def test_any_order_and_any_batches_end_in_the_same_ledger(
    van: list[tuple[float, int, float, float]],
    phone: list[tuple[float, int, float, float]],
    seed: int,
    size: int,
    every: int,
) -> None:
    rng = Random(seed)
    fixes = walked(VAN, van, rng) + walked(PHONE, phone, rng)
    shuffled = rng.sample(fixes, len(fixes))

    books = Books(INDEX)
    for number, begins in enumerate(range(0, len(shuffled), size)):
        books.take(shuffled[begins : begins + size])
        if number % every == 0:
            books.retell()
    books.retell()

    expected = in_order(fixes)
    assert books.says() == expected.says()
    assert books.memory == expected.memory


@settings(max_examples=20, deadline=None)
@given(legs, st.integers(0, 2**32), st.integers(2, 4))
def test_a_backlog_newest_first_behind_live_fixes_ends_in_the_same_ledger(
    legs: list[tuple[float, int, float, float]], seed: int, parts: int
) -> None:
    fixes = walked(VAN, legs, Random(seed))
    cut = max(1, len(fixes) // parts)
    backlog, live = fixes[:-cut], fixes[-cut:]

    books = Books(INDEX)
    for begins in range(0, len(live), 3):
        books.take(live[begins : begins + 3])
        books.take(backlog[-5:])
        del backlog[-5:]
        books.retell()
    while backlog:
        books.take(backlog[-20:])
        del backlog[-20:]
    books.retell()

    assert books.says() == in_order(fixes).says()


def test_a_correction_points_to_what_it_replaces_and_what_holds_stays() -> None:
    """The drive out was seen live; the visit before it comes late."""
    inside = [fix(10.0 * i, 0.0) for i in range(60)]
    outside = [fix(600.0 + 10 * i, 100.0 * i) for i in range(12)]
    books = Books(INDEX)
    books.take(outside)
    before = set(books.entries)

    books.take(inside)
    books.retell()

    assert [(f, k) for _, f, k, _ in books.says()] == [
        (YARD, "entered"), (YARD, "left"), (INNER, "entered"), (INNER, "left"),
    ]  # fmt: skip
    replaced = [books.entries[i] for i in before if books.entries[i].superseded_by is not None]
    for entry in replaced:
        assert entry.superseded_by is not None
        assert books.entries[entry.superseded_by].supersedes == entry.id


def test_telling_the_past_again_changes_nothing() -> None:
    rng = Random(5)
    legs = [(10, 12, 3000.0, 0.0), (10, 60, 0.0, 60.0), (10, 12, 0.0, 3000.0)]
    fixes = walked(VAN, legs, rng)
    books = in_order(fixes)
    entries = dict(books.entries)

    books.late = {VAN: fixes[20].observed_at}
    books.retell()

    assert books.entries == entries
