"""The books of a fleet: every sequence ever said, and where each one is in the database.

A sequence is accounted for exactly once: as a row of its own, as a duplicate whose key another row
holds, as an honest message without position, as a privacy drop, or as a quarantine row.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg

from devices.ack import Settled
from devices.client import DeviceClient
from devices.topics import DeviceName

Said: TypeAlias = Literal["fix", "twin", "nowhere", "bad", "private"]


@dataclass(slots=True)
class Account:
    """One device: what it said, by sequence.

    A `twin` has the time of the sequence before it, so one row is for both; `nowhere` says no
    position, `bad` one off the globe; all of a `private` device is for the gate to drop.
    """

    name: DeviceName
    id: UUID
    client: DeviceClient
    said: list[Said] = field(default_factory=list)

    def claim(self) -> "Claim":
        """Return what the device was told up to now, cheaply."""
        return Claim(self, self.client.said, self.client.unsettled_now())


@dataclass(frozen=True, slots=True)
class Claim:
    """What a device had been told at one moment; may be looked into from another thread."""

    account: Account
    said: int
    unsettled: frozenset[int]

    def settled(self) -> list[int]:
        """Return the sequences that were settled."""
        gave_up = self.account.client.has_forgotten
        return [s for s in range(self.said) if s not in self.unsettled and not gave_up(s)]


@dataclass(frozen=True, slots=True)
class Found:
    """What the database holds of a fleet at one moment."""

    rows: Mapping[UUID, frozenset[int]]
    quarantined: Mapping[tuple[str, int], int]
    settled: Mapping[UUID, Settled]
    unlocated: int
    duplicates: int
    dropped: int
    row_count: int

    def holds(self, account: Account, seq: int) -> bool:
        """Return whether a sequence that was settled can be found where it belongs."""
        rows = self.rows.get(account.id, frozenset())
        match account.said[seq]:
            case "fix":
                # Before its twin arrives both have the same right to the row; the lower wins.
                twin = seq + 1 < len(account.said) and account.said[seq + 1] == "twin"
                return seq in rows or (twin and seq + 1 in rows)
            case "twin":
                return seq - 1 in rows or seq in rows
            case "bad":
                return (account.name, seq) in self.quarantined
            case _:
                settled = self.settled.get(account.id)
                return settled is not None and settled.settlement().covers(seq)


@dataclass(frozen=True, slots=True)
class Books:
    """What the tables say, as it was read."""

    rows: Sequence[asyncpg.Record]
    quarantine: Sequence[asyncpg.Record]
    settlements: Sequence[asyncpg.Record]
    dropped: int

    def found(self) -> Found:
        """Make sense of it: a second of work for a large fleet."""
        return Found(
            {row["device_id"]: frozenset(row["seqs"]) for row in self.rows},
            Counter((row["device"], json.loads(row["payload"])["seq"]) for row in self.quarantine),
            {
                row["device_id"]: Settled(row["run"], row["upto"], json.loads(row["ranges"]))
                for row in self.settlements
            },
            sum(row["unlocated"] for row in self.settlements),
            sum(row["duplicates"] for row in self.settlements),
            self.dropped,
            sum(len(row["seqs"]) for row in self.rows),
        )


async def read_books(connection: "asyncpg.Connection[asyncpg.Record]") -> Books:
    """Read the whole of it in one picture."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(
            "select device_id, array_agg(seq) as seqs from fix group by device_id"
        )
        quarantine = await connection.fetch("select device, payload from quarantine")
        settlements = await connection.fetch(
            "select device_id, run, upto, ranges::text as ranges, unlocated, duplicates"
            " from settlement"
        )
        dropped = await connection.fetchval("select coalesce(sum(fixes), 0) from privacy_drop")
    return Books(rows, quarantine, settlements, int(dropped))


def missing(claimed: Iterable[tuple[Account, Sequence[int]]], found: Found) -> list[str]:
    """Return what devices were told is settled and the database does not hold.

    What leaves no row (a privacy drop, a message without position) has only the settlement to
    vouch for it, which is what told the device; so those are counted as well, where they are
    counted by themselves.
    """
    gone: list[str] = []
    told: Counter[Said] = Counter()
    pairs = 0
    for account, settled in claimed:
        told.update(account.said[seq] for seq in settled)
        twins = {seq - 1 for seq in settled if account.said[seq] == "twin"}
        pairs += len(twins.intersection(settled))
        gone += [
            f"{account.name}: {account.said[seq]} {seq}"
            for seq in settled
            if not found.holds(account, seq)
        ]
    if found.unlocated < told["nowhere"]:
        gone.append(f"messages without position: {found.unlocated} for {told['nowhere']} settled")
    if found.duplicates < pairs:
        gone.append(f"duplicates: {found.duplicates} for {pairs} twins settled with their fix")
    if found.dropped < told["private"]:
        gone.append(f"privacy drops: {found.dropped} for {told['private']} settled")
    return gone


def audit(accounts: Sequence[Account], found: Found) -> list[str]:
    """Return every way in which the books do not add up at the end; none is exactly once."""
    wrong: list[str] = []
    said = Counter(each for account in accounts for each in account.said)
    for account in accounts:
        expected = {seq for seq, each in enumerate(account.said) if each == "fix"}
        rows = found.rows.get(account.id, frozenset())
        if rows != expected:
            lost, extra = sorted(expected - rows)[:5], sorted(rows - expected)[:5]
            wrong.append(f"{account.name}: rows missing {lost}, too many {extra}")
        bad = [seq for seq, each in enumerate(account.said) if each == "bad"]
        for seq in bad:
            times = found.quarantined.get((account.name, seq), 0)
            if times != 1:
                wrong.append(f"{account.name}: bad {seq} is {times} times in quarantine")
        settled = found.settled.get(account.id)
        upto = -1 if settled is None else settled.upto
        if upto != len(account.said) - 1:
            wrong.append(f"{account.name}: settled to {upto} of {len(account.said) - 1}")
    for what, counted, expected_count in (
        ("rows", found.row_count, said["fix"]),
        ("quarantine rows", sum(found.quarantined.values()), said["bad"]),
        ("messages without position", found.unlocated, said["nowhere"]),
        ("duplicates", found.duplicates, said["twin"]),
        ("privacy drops", found.dropped, said["private"]),
    ):
        if counted != expected_count:
            wrong.append(f"{what}: {counted} for {expected_count} said")
    return wrong
