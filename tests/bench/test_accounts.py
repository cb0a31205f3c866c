"""The books of bench chaos: what is lost, doubled or unsettled is noticed."""

from dataclasses import replace
from uuid import UUID

import pytest

from bench.accounts import Account, Found, audit, missing
from devices.ack import Settled, Settlement
from devices.client import DeviceClient
from devices.topics import DeviceName
from fieldops.model import TenantSlug, now

VAN = UUID(int=1)


def account() -> Account:
    """Sequences 0 to 4: a fix, its twin, one without position, one off the globe, a fix."""
    client = DeviceClient("127.0.0.1", 1, TenantSlug("elec"), DeviceName("van"), "")
    return Account(DeviceName("van"), VAN, client, ["fix", "twin", "nowhere", "bad", "fix"])


def found() -> Found:
    return Found(
        rows={VAN: frozenset({0, 4})},
        quarantined={("van", 3): 1},
        settled={VAN: Settled("r", 4)},
        unlocated=1,
        duplicates=1,
        dropped=0,
        row_count=2,
    )


def test_books_that_add_up_have_nothing_wrong() -> None:
    assert audit([account()], found()) == []
    assert missing([(account(), [0, 1, 2, 3, 4])], found()) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(found(), rows={VAN: frozenset({0})}), "rows missing [4]"),
        (replace(found(), rows={VAN: frozenset({0, 1, 4})}), "too many [1]"),
        (replace(found(), quarantined={("van", 3): 2}), "2 times in quarantine"),
        (replace(found(), settled={VAN: Settled("r", 3)}), "settled to 3 of 4"),
        (replace(found(), unlocated=2), "without position: 2 for 1"),
        (replace(found(), duplicates=0), "duplicates: 0 for 1"),
        (replace(found(), dropped=1), "privacy drops: 1 for 0"),
        (replace(found(), row_count=3), "rows: 3 for 2"),
    ],
)
def test_whatever_does_not_add_up_is_named(wrong: Found, said: str) -> None:
    assert any(said in line for line in audit([account()], wrong))


def test_what_was_settled_and_is_gone_is_missing() -> None:
    lost = replace(found(), rows={VAN: frozenset({0})}, quarantined={})

    assert missing([(account(), [0, 1, 2, 3])], lost) == ["van: bad 3"]
    assert missing([(account(), [4])], lost) == ["van: fix 4"]


def test_before_its_twin_arrives_either_may_hold_the_row() -> None:
    early = replace(found(), rows={VAN: frozenset({1})})

    assert missing([(account(), [0, 1])], early) == []


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (replace(found(), unlocated=0), "messages without position: 0 for 1 settled"),
        (replace(found(), dropped=1), "privacy drops: 1 for 2 settled"),
    ],
)
def test_what_has_no_row_is_counted_beside_the_settlement_that_vouches_for_it(
    lost: Found, said: str
) -> None:
    phone = replace(account(), name=DeviceName("phone"), id=UUID(int=2), said=["private"] * 3)
    lost = replace(lost, settled={**lost.settled, phone.id: Settled("r", 2)})
    claimed = [(account(), [0, 1, 2, 3, 4]), (phone, [0, 1])]

    whole = replace(lost, unlocated=1, dropped=2)
    assert missing(claimed, whole) == []
    assert said in missing(claimed, lost)


async def test_a_claim_is_what_was_settled_at_its_moment_and_not_what_was_forgotten() -> None:
    client = DeviceClient(
        "127.0.0.1", 1, TenantSlug("elec"), DeviceName("van"), "", run="r", buffer_max=3
    )
    for _ in range(4):
        await client.send_fix(at=now())
    van = Account(DeviceName("van"), VAN, client, ["fix"] * 4)

    before = van.claim()
    client.settle(Settlement("r", -1, ((2, 2),)))
    after = van.claim()

    assert before.settled() == []
    assert after.settled() == [2]


def test_a_twin_settled_beside_its_fix_and_not_counted_is_missing() -> None:
    lost = replace(found(), duplicates=0)

    assert missing([(account(), [0, 1])], lost) == [
        "duplicates: 0 for 1 twins settled with their fix"
    ]
    assert missing([(account(), [1])], lost) == []
