"""What devices of our own format say, well and badly; times and payloads of any format."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.topics import DeviceName, Lane, Topic
from devices.wire import (
    PAYLOAD_MAX_BYTES,
    AttendanceMessage,
    Decoded,
    StatusMessage,
    Unlocated,
    classify,
    decode,
)
from fieldops.errors import BadMessage
from fieldops.model import Fix, Flag, TenantSlug

DEVICE = UUID("01890000-0000-7000-8000-000000000001")
WORKER = UUID("01890000-0000-7000-8000-0000000000aa")
RECEIVED_AT = datetime(2026, 11, 22, 8, 0, 1, tzinfo=UTC)
SPEC = (
    b'{"run": "k3f9", "seq": 1024, "at": "2026-11-22T08:00:00.250Z", "lon": 4.8357, '
    b'"lat": 45.7640, "acc": 6.5, "spd": 12.4, "hdg": 271, "alt": 172, "bat": 84, '
    b'"src": "gnss", "mock": false}'
)


def topic(lane: Lane) -> Topic:
    return Topic(TenantSlug("elec-sud"), DeviceName("van-7"), lane)


def read(payload: bytes, lane: Lane = Lane.POSITION) -> Decoded:
    return decode(topic(lane), payload, device=DEVICE, received_at=RECEIVED_AT)


def said(**fields: object) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(SPEC), **fields})


def without(*names: str) -> bytes:
    fields = msgspec.json.decode(SPEC)
    return msgspec.json.encode({name: v for name, v in fields.items() if name not in names})


def test_the_documented_message_decodes_to_the_documented_fix() -> None:
    decoded = read(SPEC)

    assert decoded == Decoded(
        fixes=(
            Fix(
                device=DEVICE,
                observed_at=datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC),
                received_at=RECEIVED_AT,
                lon=4.8357,
                lat=45.7640,
                run="k3f9",
                seq=1024,
                accuracy_m=6.5,
                speed_mps=12.4,
                heading_deg=271.0,
                altitude_m=172.0,
                battery_pct=84,
                source="gnss",
                flags=Flag.NONE,
            ),
        )
    )


def test_accuracy_and_speed_are_never_cut_to_integers() -> None:
    [fix] = read(said(acc=4.75, spd=0.9)).fixes

    assert (fix.accuracy_m, fix.speed_mps) == (4.75, 0.9)


def test_what_a_device_did_not_say_is_unknown_and_not_zero() -> None:
    [fix] = read(without("acc", "spd", "hdg", "alt", "bat", "src", "mock")).fixes

    assert fix.accuracy_m is None
    assert fix.speed_mps is None
    assert fix.heading_deg is None
    assert fix.altitude_m is None
    assert fix.battery_pct is None
    assert fix.source is None


def test_an_attribute_never_spreads_to_the_next_fix_of_an_array() -> None:
    first, second = read(b"[" + SPEC + b"," + without("acc", "bat") + b"]").fixes

    assert (first.accuracy_m, first.battery_pct) == (6.5, 84)
    assert (second.accuracy_m, second.battery_pct) == (None, None)


def test_a_time_in_another_zone_is_the_same_instant_in_utc() -> None:
    [fix] = read(said(at="2026-11-22T10:00:00.250+02:00")).fixes

    assert fix.observed_at == datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC)
    assert fix.observed_at.tzinfo is UTC


def test_a_field_we_do_not_know_is_ignored() -> None:
    assert len(read(said(hdop=1.2, wheels=[1, 2])).fixes) == 1


def test_a_message_without_position_is_honest_and_keeps_its_sequence() -> None:
    at = datetime(2026, 11, 22, 8, 0, 0, 250_000, tzinfo=UTC)

    assert read(without("lon", "lat")) == Decoded(unlocated=(Unlocated("k3f9", 1024, at),))
    assert read(said(lon=None, lat=None)).unlocated == (Unlocated("k3f9", 1024, at),)


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({"lat": 95}, "out_of_range", "lat 95.0 outside -90.0 to 90.0"),
        ({"lon": -180.5}, "out_of_range", "lon -180.5 outside -180.0 to 180.0"),
        ({"acc": -1}, "out_of_range", "acc -1.0 outside 0.0 to 20037509.0"),
        ({"spd": -0.1}, "out_of_range", "spd -0.1 outside 0.0 to 11200.0"),
        ({"hdg": 361}, "out_of_range", "hdg 361.0 outside 0.0 to 360.0"),
        ({"alt": 2e6}, "out_of_range", "alt 2000000.0 outside -1000000.0 to 1000000.0"),
        ({"bat": 101}, "out_of_range", "bat 101.0 outside 0.0 to 100.0"),
        ({"src": "x" * 33}, "too_long", "src of 33 characters, at most 32"),
        ({"src": "g\0"}, "bad_text", "src holds a NUL character"),
        ({"lat": None}, "half_position", "lat is missing beside the other"),
        ({"lat": "45.7"}, "bad_field", "Expected `float | null`, got `str` - at `$.lat`"),
        ({"mock": 1}, "bad_field", "Expected `bool | null`, got `int` - at `$.mock`"),
        ({"at": "2026-11-22T08:00:00"}, "bad_time", "at 2026-11-22T08:00:00 has no zone"),
        ({"at": "yesterday"}, "bad_field", "Invalid RFC3339 encoded datetime - at `$.at`"),
        ({"at": "0000-01-01T00:00:00Z"}, "bad_field", None),
        ({"at": "10000-01-01T00:00:00Z"}, "bad_field", None),
        ({"at": "0050-06-01T00:00:00Z"}, "time_out_of_range", None),
        ({"at": "1999-12-31T23:59:59Z"}, "time_out_of_range", None),
        ({"at": "2037-01-01T00:00:00Z"}, "time_out_of_range", None),
        ({"at": "9999-12-31T23:59:59.999999Z"}, "bad_time", None),
        ({"at": "9999-12-31T23:59:59-05:00"}, "bad_time", None),
        ({"at": "0001-01-01T00:00:00+05:00"}, "bad_time", None),
    ],
)
def test_a_bad_field_is_rejected_by_name_with_its_sequence(
    fields: dict[str, object], code: str, reason: str | None
) -> None:
    decoded = read(said(**fields))

    [reject] = decoded.rejects
    assert reject.code == code
    assert reason is None or reject.reason == reason
    assert (reject.run, reject.seq) == ("k3f9", 1024)
    assert decoded.fixes == ()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"seq": -1}, "bad_seq"),
        ({"seq": 2**63}, "bad_seq"),
        ({"seq": True}, "bad_field"),
        ({"seq": "7"}, "bad_field"),
        ({"run": ""}, "bad_run"),
        ({"run": "k 9"}, "bad_run"),
        ({"run": "k" * 65}, "bad_run"),
        ({"run": 9}, "bad_field"),
    ],
)
def test_a_sequence_that_cannot_be_one_is_not_reported(
    fields: dict[str, object], code: str
) -> None:
    [reject] = read(said(**fields)).rejects

    assert (reject.code, reject.run, reject.seq) == (code, None, None)


def test_one_bad_element_of_an_array_does_not_take_the_others_along() -> None:
    bad = said(seq=8, lat=95)

    decoded = read(b"[" + said(seq=7) + b", " + bad + b", 12, " + said(seq=9) + b"]")

    assert [fix.seq for fix in decoded.fixes] == [7, 9]
    assert [(r.index, r.code, r.seq) for r in decoded.rejects] == [
        (1, "out_of_range", 8),
        (2, "bad_field", None),
    ]
    assert decoded.rejects[0].raw == bad


def test_an_array_of_1000_is_read_and_one_of_1001_refused() -> None:
    assert len(read(b"[" + b",".join([b"1"] * 1000) + b"]").rejects) == 1000

    [refused] = read(b"[" + b",".join([b"1"] * 1001) + b"]").rejects
    assert (refused.code, refused.reason) == ("too_many", "array of 1001 messages, at most 1000")


def test_a_refused_array_still_tells_its_sequences() -> None:
    elements = [b'{"run":"r","seq":%d}' % seq for seq in range(1001)]

    decoded = read(b"[1," + b",".join(elements) + b"]")

    assert decoded.spoken == tuple(("r", seq) for seq in range(1001))
    assert [(r.run, r.seq) for r in decoded.rejects] == [("r", 0)]


def test_a_payload_over_64_kib_is_refused() -> None:
    with pytest.raises(BadMessage, match="payload of 65537 bytes, at most 65536") as refused:
        read(b" " * (PAYLOAD_MAX_BYTES + 1))

    assert refused.value.code == "too_large"


def test_an_empty_payload_is_legal_and_holds_nothing() -> None:
    assert read(b"") == Decoded(ignored="empty")


@pytest.mark.parametrize(
    "payload", [b"not json", b"{", b'{"run":"\xff"}', b"NaN", b'{"seq":1e999}']
)
def test_an_object_that_is_not_json_is_rejected(payload: bytes) -> None:
    [reject] = read(payload).rejects

    assert (reject.code, reject.raw) in [("bad_json", payload), ("bad_field", payload)]


@pytest.mark.parametrize("payload", [b"[1,", b"[{]", b"[" * 60_000])
def test_an_array_that_is_not_json_is_refused_whole(payload: bytes) -> None:
    with pytest.raises(BadMessage) as refused:
        read(payload)

    assert refused.value.code == "bad_json"


@pytest.mark.parametrize(
    ("observed", "flags"),
    [
        ("2026-11-22T08:00:00Z", Flag.NONE),
        ("2026-11-22T07:55:01Z", Flag.NONE),
        ("2026-11-22T07:55:00.999Z", Flag.LATE),
        ("2026-11-22T08:05:01Z", Flag.NONE),
        ("2026-11-22T08:05:01.001Z", Flag.FUTURE),
        ("2031-01-01T00:00:00Z", Flag.FUTURE),
        ("2015-01-01T00:00:00Z", Flag.LATE),
        ("2004-01-01T00:00:00Z", Flag.CLOCK_UNSET),
    ],
)
def test_an_odd_time_is_flagged_and_stored(observed: str, flags: Flag) -> None:
    [fix] = read(said(at=observed)).fixes

    assert fix.flags == flags


def test_a_mock_position_is_flagged_beside_its_time() -> None:
    late = RECEIVED_AT - timedelta(hours=1)

    assert classify(late, RECEIVED_AT, True) == Flag.MOCK | Flag.LATE


def test_attendance_names_a_worker_by_id_or_by_reference() -> None:
    body = {"run": "k3f9", "seq": 3, "at": "2026-11-22T07:00:00Z", "kind": "in"}

    by_id = read(msgspec.json.encode({**body, "worker": str(WORKER)}), Lane.ATTENDANCE)
    by_reference = read(
        msgspec.json.encode({**body, "worker": "E-017", "site": str(DEVICE), "lon": 4.8,
                             "lat": 45.7, "acc": 8.5, "mock": True}),
        Lane.ATTENDANCE,
    )  # fmt: skip

    at = datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert by_id.attendance == (AttendanceMessage("k3f9", 3, at, "in", WORKER),)
    assert by_reference.attendance == (
        AttendanceMessage("k3f9", 3, at, "in", "E-017", DEVICE, None, 4.8, 45.7, 8.5, True),
    )


def test_an_unknown_kind_of_attendance_is_rejected_with_its_sequence() -> None:
    body = {"run": "a", "seq": 3, "at": "2026-11-22T07:00:00Z", "kind": "nap", "worker": "E-017"}

    [reject] = read(msgspec.json.encode(body), Lane.ATTENDANCE).rejects

    assert (reject.code, reject.seq) == ("bad_field", 3)


def test_a_will_says_that_the_device_went() -> None:
    decoded = read(b'{"state":"offline","run":"k3f9"}', Lane.STATUS)

    assert decoded.status == StatusMessage("offline", "k3f9", None)


def test_a_lane_that_goes_down_is_not_decoded() -> None:
    with pytest.raises(BadMessage):
        read(SPEC, Lane.ACK)


_leaf = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("a0é\0{-:.TZ", max_size=30)
    | st.datetimes()
)
_json = _leaf | st.lists(_leaf, max_size=3) | st.dictionaries(st.sampled_from("ab"), _leaf)
_names = st.sampled_from(
    [*msgspec.json.decode(SPEC), "kind", "worker", "site", "corrects", "state"]
)


@given(st.sampled_from([*Lane]), st.binary(max_size=200))
def test_no_bytes_make_it_raise_anything_but_bad_message(lane: Lane, payload: bytes) -> None:
    with suppress(BadMessage):
        read(payload, lane)


@given(
    st.sampled_from([Lane.POSITION, Lane.BACKFILL, Lane.ATTENDANCE, Lane.STATUS, Lane.OWNTRACKS]),
    st.dictionaries(_names | st.sampled_from(["_type", "tst", "vel", "cog", "batt"]), _json),
    st.sampled_from(["location", "transition", "encrypted", None]),
)
def test_no_json_makes_it_raise_anything_but_bad_message(
    lane: Lane, fields: dict[str, object], kind: str | None
) -> None:
    payload = msgspec.json.encode({**msgspec.json.decode(SPEC), **fields, "_type": kind})

    try:
        decoded = read(payload, lane)
    except BadMessage:
        return
    for fix in decoded.fixes:
        assert -180 <= fix.lon <= 180
        assert -90 <= fix.lat <= 90
        assert 2 <= fix.observed_at.year <= 9998


@given(st.binary(max_size=40), st.integers(0, len(SPEC)), st.integers(0, 12))
def test_no_damage_to_a_good_message_escapes(patch: bytes, at: int, cut: int) -> None:
    for payload in (SPEC[:at] + patch + SPEC[at + cut :], b"[" + SPEC[at:] + patch):
        with suppress(BadMessage):
            read(payload)


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=30), st.sets(st.integers(0, 29)))
def test_every_element_of_an_array_is_a_fix_or_a_reject(seqs: list[int], bad: set[int]) -> None:
    elements = [
        said(seq=seq, **({"acc": -1} if index in bad else {})) for index, seq in enumerate(seqs)
    ]

    decoded = read(b"[" + b",".join(elements) + b"]")

    assert [fix.seq for fix in decoded.fixes] == [s for i, s in enumerate(seqs) if i not in bad]
    assert [(r.index, r.seq) for r in decoded.rejects] == [
        (i, s) for i, s in enumerate(seqs) if i in bad
    ]
