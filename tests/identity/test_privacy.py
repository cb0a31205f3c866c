"""The privacy gate: what may not be kept, told by the time of the fix."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.privacy import Binding, Gate, Period, Policy, Tracked, disjoint
from identity.week import Week, week_of

DEVICE, WORKER, COLLEAGUE = UUID(int=1), UUID(int=2), UUID(int=3)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
DAY = (("08:00", "12:00"), ("13:00", "17:00"))
WEEK = week_of({"tz": "Europe/Paris", "week": [DAY, DAY, DAY, DAY, DAY, (), ()]})
ALWAYS = week_of({"tz": "UTC", "week": [[("00:00", "24:00")]] * 7})


def at(text: str) -> datetime:
    """Return an instant from what a clock in Paris shows."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Paris"))


def gate(
    *,
    kind: str = "phone",
    active: bool = True,
    policy: Policy | None = Policy(WEEK, LONG_AGO),  # noqa: B008 - frozen
    bindings: tuple[Binding, ...] = (Binding(WORKER, LONG_AGO),),
    periods: tuple[Period, ...] = (),
    horizon: datetime = LONG_AGO,
) -> Gate:
    return Gate(
        1,
        {DEVICE: Tracked(kind, active, policy, bindings)},
        {WORKER: disjoint(periods)},
        horizon,
    )


@pytest.mark.parametrize(
    ("clock", "reason"),
    [
        ("2026-06-01T07:59:59", "outside_schedule"),  # a Monday
        ("2026-06-01T08:00:00", None),
        ("2026-06-01T11:59:59", None),
        ("2026-06-01T12:00:00", "outside_schedule"),
        ("2026-06-01T16:59:59", None),
        ("2026-06-01T17:00:00", "outside_schedule"),
        ("2026-06-06T10:00:00", "outside_schedule"),  # a Saturday
    ],
)
def test_hours_begin_on_the_minute_and_end_before_it(clock: str, reason: str | None) -> None:
    assert gate().drop_reason(DEVICE, at(clock)) == reason


@pytest.mark.parametrize(
    ("utc", "reason"),
    [
        ("2026-03-27T07:00:00Z", None),  # Friday before the change: 08:00
        ("2026-03-27T06:00:00Z", "outside_schedule"),
        ("2026-03-30T06:00:00Z", None),  # Monday after it: 08:00 already
        ("2026-10-26T06:00:00Z", "outside_schedule"),  # back to winter: 07:00
        ("2026-10-26T07:00:00Z", None),
    ],
)
def test_hours_follow_the_wall_clock_over_a_change_of_time(utc: str, reason: str | None) -> None:
    assert gate().drop_reason(DEVICE, datetime.fromisoformat(utc)) == reason


def test_the_repeated_hour_of_autumn_is_inside_or_outside_as_a_whole() -> None:
    week = week_of({"tz": "Europe/Paris", "week": [[("02:00", "03:00")]] * 7})
    night = gate(policy=Policy(week, LONG_AGO))

    assert [
        night.drop_reason(DEVICE, datetime(2026, 10, 25, hour, 30, tzinfo=UTC))
        for hour in (0, 1, 2)
    ] == [None, None, "outside_schedule"]


def test_midnight_is_no_gap_between_two_days() -> None:
    night = gate(policy=Policy(ALWAYS, LONG_AGO))

    assert night.drop_reason(DEVICE, datetime(2026, 6, 1, 23, 59, 59, tzinfo=UTC)) is None
    assert night.drop_reason(DEVICE, datetime(2026, 6, 2, 0, 0, 0, tzinfo=UTC)) is None


@pytest.mark.parametrize("kind", ["private", "break", "mandate"])
def test_a_private_period_closes_from_its_start_to_before_its_end(kind: str) -> None:
    period = Period(at("2026-06-01T09:00"), at("2026-06-01T09:30"), kind)  # type: ignore[arg-type]
    judged = gate(periods=(period,))

    reasons = [
        judged.drop_reason(DEVICE, at(f"2026-06-01T{clock}"))
        for clock in ("08:59:59", "09:00:00", "09:29:59", "09:30:00")
    ]

    assert reasons == [None, kind, kind, None]


def test_a_late_fix_is_judged_by_its_own_time_not_by_now() -> None:
    holder = Binding(WORKER, LONG_AGO, at("2026-06-01T10:00"))
    period = Period(at("2026-06-01T09:00"), at("2026-06-01T16:00"), "private")
    judged = gate(bindings=(holder, Binding(COLLEAGUE, at("2026-06-01T10:00"))), periods=(period,))

    assert judged.drop_reason(DEVICE, at("2026-06-01T09:30")) == "private"
    assert judged.drop_reason(DEVICE, at("2026-06-01T10:30")) is None


def test_a_vehicle_follows_its_policy_and_nobodys_private_time() -> None:
    period = Period(at("2026-06-01T09:00"), at("2026-06-01T10:00"), "private")
    van = gate(kind="tracker", bindings=(Binding(None, LONG_AGO),), periods=(period,))

    assert van.drop_reason(DEVICE, at("2026-06-01T09:30")) is None
    assert van.drop_reason(DEVICE, at("2026-06-01T20:00")) == "outside_schedule"
    assert van.drop_reason(DEVICE, at("2026-06-01T09:30"), WORKER) == "private"


@pytest.mark.parametrize(
    ("kind", "bindings", "reason"),
    [
        ("tracker", (), None),
        ("phone", (), "no_policy"),
        ("tracker", (Binding(None, LONG_AGO),), "no_policy"),
        ("tracker", (Binding(WORKER, LONG_AGO),), "no_policy"),
        ("tracker", (Binding(WORKER, LONG_AGO, LONG_AGO + timedelta(days=1)),), None),
    ],
)
def test_without_a_policy_only_what_nobody_carries_or_drives_is_kept(
    kind: str, bindings: tuple[Binding, ...], reason: str | None
) -> None:
    judged = gate(kind=kind, policy=None, bindings=bindings)

    assert judged.drop_reason(DEVICE, at("2026-06-01T09:00")) == reason


def test_a_policy_allows_nothing_before_it_is_in_force_or_after_it_ended() -> None:
    policy = Policy(ALWAYS, at("2026-06-01T09:00"), at("2026-06-02T09:00"))
    judged = gate(policy=policy)

    reasons = [
        judged.drop_reason(DEVICE, at(clock))
        for clock in ("2026-06-01T08:59", "2026-06-01T09:00", "2026-06-02T09:00")
    ]

    assert reasons == ["no_policy", None, "no_policy"]


def test_a_policy_without_hours_allows_none() -> None:
    judged = gate(policy=Policy(week_of({}), LONG_AGO))

    assert judged.drop_reason(DEVICE, at("2026-06-01T09:00")) == "outside_schedule"


def test_the_unknown_and_the_revoked_are_not_kept() -> None:
    assert gate(active=False).drop_reason(DEVICE, at("2026-06-01T09:00")) == "revoked"
    assert gate().drop_reason(UUID(int=9), at("2026-06-01T09:00")) == "no_policy"


def test_a_persons_fix_older_than_the_periods_we_know_is_not_kept() -> None:
    judged = gate(horizon=at("2026-05-01T00:00"))

    assert judged.drop_reason(DEVICE, at("2026-04-30T09:00")) == "too_old"


moments = st.integers(0, 200).map(lambda minute: LONG_AGO + timedelta(minutes=minute))
periods = st.builds(
    lambda start, length, kind: Period(start, start + timedelta(minutes=length), kind),
    moments,
    st.integers(1, 60),
    st.sampled_from(["private", "break", "mandate"]),
)


@given(st.lists(periods, max_size=8), moments)
def test_private_time_is_the_union_of_its_periods_however_they_overlap(
    drawn: list[Period], moment: datetime
) -> None:
    judged = gate(policy=Policy(ALWAYS, LONG_AGO), periods=tuple(drawn))

    closed = judged.drop_reason(DEVICE, moment) is not None

    assert closed == any(p.starts_at <= moment < p.ends_at for p in drawn)


@given(st.integers(0, 4_000_000).map(lambda m: LONG_AGO + timedelta(minutes=m)))
def test_a_week_and_its_opposite_never_agree(moment: datetime) -> None:
    tz = ZoneInfo("Europe/Paris")
    work = Week(tz, (((480, 720),),) * 7)
    rest = Week(tz, (((0, 480), (720, 1440)),) * 7)

    assert work.allows(moment) != rest.allows(moment)
