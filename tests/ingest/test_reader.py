import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from devices.registry import Registered, Registry
from devices.topics import DeviceName
from fieldops.model import Flag
from identity.privacy import Binding, Gate, Period, Policy, Tracked
from identity.week import week_of
from ingest.message import Batch, Drop, Message
from ingest.reader import Reader, Rules, quarantine_id

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # a Monday
VAN, PHONE, GONE, MARIE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=9)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
ALL_DAY = week_of({"tz": "Europe/Paris", "week": [[["00:00", "24:00"]]] * 7})
BREAK = Period(NOW - timedelta(minutes=30), NOW + timedelta(minutes=30), "break")


def reader(*periods: Period) -> Reader:
    """Marie bears the phone; the van is nobody's; `gone` is revoked."""
    registered = [
        Registered(VAN, DeviceName("van"), "tracker", True),
        Registered(PHONE, DeviceName("phone"), "phone", True),
        Registered(GONE, DeviceName("gone"), "tracker", False),
    ]
    tracked = {
        VAN: Tracked(),
        PHONE: Tracked("phone", True, Policy(ALL_DAY, LONG_AGO), (Binding(MARIE, LONG_AGO),)),
        GONE: Tracked(active=False),
    }
    registry = Registry({d.name: d for d in registered}, {d.id: d.name for d in registered})
    return Reader(Rules(1, Gate(1, tracked, {MARIE: periods}), registry))


def said(seq: int, at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return {"run": "r1", "seq": seq, "at": at.isoformat(), "lon": 4.8, "lat": 45.7, **more}


def message(content: Any, device: str = "van", lane: str = "pos") -> Message:
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Message(f"t/elec/d/{device}/{lane}", payload, NOW, 1)


def read(*messages: Message, periods: tuple[Period, ...] = ()) -> Batch:
    return reader(*periods).read(messages)


def test_of_two_messages_with_one_key_the_lowest_run_and_sequence_wins() -> None:
    batch = read(message(said(7, spd=3)), message(said(5, spd=1)), message(said(6, spd=2)))

    assert [(f.seq, f.speed_mps) for f in batch.fixes] == [(5, 1.0)]
    assert batch.duplicates == 2
    assert batch.settled == {(VAN, "r1"): [7, 5, 6]}


def test_fixes_come_out_in_order_of_time() -> None:
    earlier = NOW - timedelta(seconds=9)

    batch = read(message(said(1)), message(said(2, earlier)))

    assert [f.seq for f in batch.fixes] == [2, 1]


def test_what_is_not_json_is_set_aside_with_the_reason() -> None:
    batch = read(message(b"\xffnot json"))

    [row] = batch.quarantined
    assert (row.device, row.code, row.payload) == ("van", "bad_json", b"\xffnot json")
    assert batch.fixes == []


def test_a_latitude_of_95_is_set_aside_and_its_sequence_settled() -> None:
    batch = read(message([said(1), said(2, lat=95)]))

    assert [f.seq for f in batch.fixes] == [1]
    assert [row.code for row in batch.quarantined] == ["out_of_range"]
    assert b'"lat": 95' in batch.quarantined[0].payload
    assert batch.settled == {(VAN, "r1"): [1, 2]}


def test_a_date_in_2004_and_one_in_2031_are_kept_and_flagged() -> None:
    batch = read(
        message(said(1, datetime(2004, 1, 1, tzinfo=UTC))),
        message(said(2, datetime(2031, 1, 1, tzinfo=UTC))),
    )

    assert [f.flags for f in batch.fixes] == [Flag.CLOCK_UNSET, Flag.FUTURE]


def test_an_unknown_device_is_set_aside_and_not_settled() -> None:
    batch = read(message(said(1), device="stranger"), message(said(1), device="X"))

    assert [row.code for row in batch.quarantined] == ["unknown_device", "unknown_topic"]
    assert batch.settled == {}


def test_a_private_fix_is_counted_and_nothing_else_of_it_is_known() -> None:
    batch = read(message(said(3), device="phone"), periods=(BREAK,))

    assert batch.drops == [Drop("2026-11-23", "break", (PHONE, "r1"), 3)]
    assert (batch.fixes, batch.quarantined) == ([], [])
    assert batch.settled == {(PHONE, "r1"): [3]}


def test_privacy_is_judged_by_the_time_of_the_fix() -> None:
    before = NOW - timedelta(hours=1)

    batch = read(message(said(3, before), device="phone"), periods=(BREAK,))

    assert [f.seq for f in batch.fixes] == [3]


def test_a_clock_set_wrong_does_not_lead_around_the_gate() -> None:
    batch = read(
        message(said(1, datetime(2004, 1, 1, tzinfo=UTC)), device="phone"),
        message(said(2, datetime(2031, 1, 1, tzinfo=UTC)), device="phone"),
        periods=(BREAK,),
    )

    assert [d.reason for d in batch.drops] == ["break", "break"]
    assert batch.fixes == []


def test_a_broken_message_of_a_private_device_is_dropped_not_set_aside() -> None:
    batch = read(message(b"{", device="phone"), periods=(BREAK,))

    assert batch.drops == [Drop("2026-11-23", "break")]
    assert batch.quarantined == []


def test_attendance_in_a_break_is_kept_without_its_position() -> None:
    declaration = said(4, kind="in", worker="E-12", acc=5.0)

    batch = read(message(declaration, "phone", "att"), periods=(BREAK,))

    [declared] = batch.declared
    assert declared.said.worker == "E-12"
    assert (declared.said.lon, declared.said.lat, declared.said.accuracy_m) == (None, None, None)


def test_a_revoked_device_stores_nothing() -> None:
    batch = read(message(said(1), device="gone"), message(b"{", device="gone"))

    assert [d.reason for d in batch.drops] == ["revoked", "revoked"]
    assert (batch.fixes, batch.quarantined) == ([], [])


def test_a_refused_message_is_set_aside_whole_and_settled() -> None:
    batch = reader().read([message([said(1), said(2)])], refused="no room for it")

    assert [(row.code, row.reason) for row in batch.quarantined] == [("refused", "no room for it")]
    assert batch.settled == {(VAN, "r1"): [1, 2]}
    assert batch.fixes == []


def test_a_refused_message_of_a_private_device_is_dropped() -> None:
    batch = reader(BREAK).read([message(said(1), "phone")], refused="no room for it")

    assert [d.reason for d in batch.drops] == ["break"]
    assert batch.quarantined == []


def test_the_same_bytes_of_a_device_are_the_same_quarantine_row_on_any_lane() -> None:
    broken = said(7, lat=95)
    live = quarantined_id(message(broken))
    again = quarantined_id(message([broken], lane="bak"))
    other = quarantined_id(message(said(8, lat=95)))

    assert live == again
    assert live != other
    assert quarantine_id("van", b"[") != quarantine_id("lorry", b"[")
    assert live.version == 8


def quarantined_id(one: Message) -> UUID:
    [row] = read(one).quarantined
    return row.id


def test_a_reason_the_database_could_not_hold_is_made_to_fit() -> None:
    batch = read(message({"run": "r1", "seq": 1, "at": "x\u0000y" * 300, "lon": 1, "lat": 1}))

    [row] = batch.quarantined
    assert "\0" not in row.reason
    assert len(row.reason) <= 500


def test_an_owntracks_location_is_a_fix_without_settlement() -> None:
    payload = {"_type": "location", "lat": 45.7, "lon": 4.8, "tst": int(NOW.timestamp())}

    batch = read(Message("owntracks/elec/van", json.dumps(payload).encode(), NOW))

    assert [f.source for f in batch.fixes] == ["owntracks"]
    assert batch.settled == {}
