"""Bytes held by all tenants of a process: bounded, and no tenant's alone."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.budget import Budget, Share

MOST = 1000


class Tenant:
    """A share, and whether its connection is read."""

    def __init__(self, budget: Budget) -> None:
        self.reads = True
        self.share: Share = budget.share(self._listen)

    def _listen(self, on: bool) -> None:
        assert self.reads is not on, "told twice"
        self.reads = on

    def arrive(self, size: int) -> None:
        self.share.take(size)

    def flood(self, size: int) -> int:
        """Take what comes while it is read; return what is held then."""
        while self.reads and self.share.held < 2 * MOST:
            self.arrive(size)
        return self.share.held


def test_one_that_stalls_gets_half_and_the_next_finds_room() -> None:
    budget = Budget(MOST)
    first, second, third = Tenant(budget), Tenant(budget), Tenant(budget)

    held = [first.flood(1), second.flood(1)]
    third.arrive(100)

    assert held == [501, 250]
    assert third.reads


def test_who_was_stopped_goes_on_when_there_is_room_whoever_made_it() -> None:
    budget = Budget(MOST)
    first, second = Tenant(budget), Tenant(budget)
    first.flood(1)
    second.flood(1)

    first.share.give(100)
    assert (first.reads, second.reads) == (False, True)
    second.share.close()
    assert (first.reads, budget.held) == (True, 401)


def test_one_that_has_ended_is_told_nothing() -> None:
    budget = Budget(MOST)
    gone, stays = Tenant(budget), Tenant(budget)
    gone.flood(1)

    gone.share.close()
    stays.arrive(1)
    stays.share.give(1)

    assert (gone.reads, budget.held) == (False, 0)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 200), st.booleans()), max_size=200))
def test_the_whole_is_bounded_and_who_holds_nothing_is_read(
    steps: list[tuple[int, int, bool]],
) -> None:
    budget = Budget(MOST)
    tenants = [Tenant(budget) for _ in range(5)]

    for which, size, arrives in steps:
        each = tenants[which]
        if arrives and each.reads:
            each.arrive(size)
        elif not arrives:
            each.share.give(min(size, each.share.held))
        # Each tenant's last read may go beyond.
        assert budget.held == sum(tenant.share.held for tenant in tenants)
        assert budget.held <= MOST + len(tenants) * 200
        if budget.held <= MOST:
            assert all(tenant.reads for tenant in tenants if tenant.share.held == 0)
