"""The privacy gate: may this position be kept at all? Asked before anything is stored.

Judged by the time of the fix, not of its arrival: a phone that was off-line during a break sends
that break's positions later, and they are dropped then. (A stamp that cannot be trusted, FUTURE or
CLOCK_UNSET, says nothing about that time, and whoever sets a clock back must not walk around the
gate: such a fix is judged by its receipt, which the caller does by passing `received_at`.)

A person carries a phone, and vehicles are driven by persons: what is fixed to either needs a
tracking policy, with its hours, on which staff were consulted and whose notice is written; a
phone also needs its bearer's signature under that notice. Without them tracking stays off. A
device fixed to nothing needs only its purpose, which no device is without. Private periods are a
worker's: they close what is fixed to that worker, not the vehicle others sit in too. What is not
known is not allowed.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Literal
from uuid import UUID

from fieldops.database import Connection, sql
from fieldops.model import now
from identity.week import Week, week_of

DropReason = Literal[
    "no_policy",
    "not_informed",
    "outside_schedule",
    "private",
    "break",
    "mandate",
    "revoked",
    "too_old",
]
# Activity is kept two months (product.md L1); periods that ended before are not loaded, so a
# person's older fix cannot be judged.
REACH = timedelta(days=62)
ROWS_MOST = 1_000_000
_NEVER = datetime.min.replace(tzinfo=UTC)
_ALWAYS = datetime.max.replace(tzinfo=UTC)
_starts_at = attrgetter("starts_at")


@dataclass(frozen=True, slots=True)
class Policy:
    """Under what a device may be tracked; `week` None (no schedule) allows no hour."""

    week: Week | None
    valid_from: datetime
    valid_until: datetime | None = None
    notice: str | None = ""
    consulted: bool = True

    def in_force(self, at: datetime) -> bool:
        """Return whether it may be tracked under: staff consulted and a notice written, too."""
        if self.notice is None or not self.consulted:
            return False
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Binding:
    """What a device was fixed to for a while: a worker, or (None) a vehicle."""

    worker: UUID | None
    valid_from: datetime
    valid_until: datetime | None = None

    def covers(self, at: datetime) -> bool:
        return self.valid_from <= at and (self.valid_until is None or at < self.valid_until)


@dataclass(frozen=True, slots=True)
class Tracked:
    """A device as the gate sees it."""

    kind: str = "tracker"
    active: bool = True
    policy: Policy | None = None
    bindings: tuple[Binding, ...] = ()


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of a worker's private time; one worker's periods are disjoint, in order."""

    starts_at: datetime
    ends_at: datetime
    kind: Literal["private", "break", "mandate"]


@dataclass(frozen=True, slots=True)
class Gate:
    """The rules of one tenant at one version; a fix of a person before `horizon` is too old."""

    version: int
    devices: Mapping[UUID, Tracked]
    periods: Mapping[UUID, Sequence[Period]] = field(default_factory=dict)
    horizon: datetime = _NEVER
    # Who read and signed which notice, since when; None asks nobody, for rules made by hand.
    signed: Mapping[tuple[UUID, str], datetime] | None = None

    def always_allows(self, device: UUID) -> bool:
        """Return whether no time is refused: `drop_reason` would say None for all of them."""
        tracked = self.devices.get(device)
        return (
            tracked is not None
            and tracked.active
            and tracked.policy is None
            and not tracked.bindings
            and tracked.kind != "phone"
        )

    def drop_reason(
        self, device: UUID, at: datetime, worker: UUID | None = None
    ) -> DropReason | None:
        """Return why a position of `device` at `at` must not be kept, None when it may.

        Args:
            device: the device that said it.
            at: the time of the fix; of its receipt when that time cannot be trusted.
            worker: a person it is also about, beside whom the device is fixed to.
        """
        tracked = self.devices.get(device)
        if tracked is None:
            return "no_policy"
        if not tracked.active:
            return "revoked"
        policy = tracked.policy
        if policy is not None and not policy.in_force(at):
            return "no_policy"
        bound = False
        for binding in tracked.bindings:
            if not binding.covers(at):
                continue
            bound = True
            if binding.worker is not None and (
                reason := self._private(binding.worker, at)
                or self._uninformed(binding.worker, policy, at)
            ):
                return reason
        if worker is not None and (reason := self._private(worker, at)):
            return reason
        if policy is None and (bound or tracked.kind == "phone"):
            return "no_policy"
        if policy is not None and (policy.week is None or not policy.week.allows(at)):
            return "outside_schedule"
        return None

    def _uninformed(self, worker: UUID, policy: Policy | None, at: datetime) -> DropReason | None:
        """L1222-4: each is told before; a phone is tracked only once its bearer has signed."""
        if self.signed is None or policy is None:
            return None
        since = self.signed.get((worker, policy.notice or ""))
        return "not_informed" if since is None or at < since else None

    def _private(self, worker: UUID, at: datetime) -> DropReason | None:
        if at < self.horizon:
            return "too_old"
        periods = self.periods.get(worker)
        if not periods:
            return None
        index = bisect_right(periods, at, key=_starts_at) - 1
        return periods[index].kind if index >= 0 and at < periods[index].ends_at else None


async def load_gate(connection: Connection) -> Gate:
    """Read the rules in force, in the caller's transaction.

    Three statements see three moments unless the caller holds `privacy_version`; the version is
    read first, so rules that changed meanwhile show as outdated at the next comparison.
    """
    version = await connection.fetchval(sql("identity", "read_privacy_version"))
    horizon = now() - REACH
    bindings: dict[UUID, list[Binding]] = defaultdict(list)
    for row in await connection.fetch(sql("identity", "read_bindings"), horizon, ROWS_MOST):
        bindings[row["device_id"]].append(
            Binding(row["worker_id"], row["valid_from"], row["valid_until"])
        )
    periods: dict[UUID, list[Period]] = defaultdict(list)
    for row in await connection.fetch(sql("identity", "read_private_periods"), horizon, ROWS_MOST):
        periods[row["worker_id"]].append(
            Period(row["starts_at"], row["ends_at"] or _ALWAYS, row["kind"])
        )
    policies: dict[UUID, Policy] = {}
    devices: dict[UUID, Tracked] = {}
    for row in await connection.fetch(sql("identity", "read_tracked"), ROWS_MOST):
        policy_id = row["policy_id"]
        if policy_id is not None and policy_id not in policies:
            policies[policy_id] = Policy(
                week_of(row["schedule"]),
                row["valid_from"],
                row["valid_until"],
                row["notice_version"],
                row["cse_date"] is not None,
            )
        devices[row["id"]] = Tracked(
            row["kind"],
            row["status"] == "active",
            policies.get(policy_id),
            tuple(bindings.get(row["id"], ())),
        )
    merged = {worker: disjoint(its) for worker, its in periods.items()}
    rows = await connection.fetch(sql("identity", "read_signatures"), ROWS_MOST)
    signed = {(row["worker_id"], row["notice_version"]): row["signed_at"] for row in rows}
    return Gate(int(version), devices, merged, horizon, signed)


def disjoint(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Return the same private time in disjoint periods, in order; the earlier start names it."""
    merged: list[Period] = []
    for period in sorted(periods, key=lambda each: each.starts_at):
        starts_at = max(period.starts_at, merged[-1].ends_at) if merged else period.starts_at
        if starts_at < period.ends_at:
            merged.append(Period(starts_at, period.ends_at, period.kind))
    return tuple(merged)
