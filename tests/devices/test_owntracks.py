from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest

from devices.topics import parse_topic
from devices.wire import Decoded, decode
from fieldops.errors import BadMessage
from fieldops.model import Fix, Flag

DEVICE = UUID("01890000-0000-7000-8000-000000000001")
RECEIVED_AT = datetime(2026, 11, 22, 8, 0, 1, tzinfo=UTC)
LOCATION = {"_type": "location", "lat": 45.764, "lon": 4.8357, "tst": 1795334400}


def read(**fields: object) -> Decoded:
    topic = parse_topic("owntracks/elec-sud/phone-3")
    payload = msgspec.json.encode({**LOCATION, **fields})
    return decode(topic, payload, device=DEVICE, received_at=RECEIVED_AT)


def test_a_location_of_a_phone_is_a_fix_without_sequence() -> None:
    decoded = read(
        acc=12.5, alt=171, vac=3, vel=36, cog=0.5, batt=84, bs=1, t="u", tid="p3", conn="m",
        inregions=["depot"],
    )  # fmt: skip

    assert decoded.fixes == (
        Fix(
            device=DEVICE,
            observed_at=datetime(2026, 11, 22, 8, 0, tzinfo=UTC),
            received_at=RECEIVED_AT,
            lon=4.8357,
            lat=45.764,
            accuracy_m=12.5,
            speed_mps=10.0,
            heading_deg=0.5,
            altitude_m=171.0,
            battery_pct=84,
            source="owntracks",
        ),
    )


def test_a_fractional_speed_in_kmh_is_not_cut() -> None:
    [fix] = read(vel=4.5).fixes

    assert fix.speed_mps == pytest.approx(1.25)


def test_an_omitted_value_is_unknown_and_not_zero() -> None:
    [fix] = read().fixes

    assert (fix.speed_mps, fix.accuracy_m, fix.heading_deg) == (None, None, None)


@pytest.mark.parametrize(
    "kind", ["transition", "lwt", "waypoint", "waypoints", "card", "status", "cmd", "steps"]
)
def test_what_holds_no_fix_is_recognised_and_ignored(kind: str) -> None:
    assert read(_type=kind) == Decoded(ignored=f"owntracks {kind}")


def test_encryption_is_refused_by_its_name() -> None:
    with pytest.raises(BadMessage) as refused:
        read(_type="encrypted", data="AAAA")

    assert refused.value.code == "encrypted_unsupported"


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(BadMessage) as refused:
        read(_type="teleport")

    assert refused.value.code == "unknown_type"


def test_a_clock_that_was_never_set_is_flagged() -> None:
    [fix] = read(tst=1072915200).fixes

    assert fix.flags == Flag.CLOCK_UNSET


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lat": 95}, "lat 95.0 outside -90.0 to 90.0"),
        ({"acc": -1}, "acc -1.0 outside 0.0 to 20037509.0"),
        ({"tst": 1e18}, "tst 1e+18 outside the years 2 to 9998"),
        ({"tst": -1e11}, "tst -100000000000.0 outside the years 2 to 9998"),
        ({"tst": None}, "Expected `float`, got `null` - at `$.tst`"),
    ],
)
def test_a_bad_field_is_rejected_by_name(fields: dict[str, object], reason: str) -> None:
    [reject] = read(**fields).rejects

    assert (reject.reason, reject.seq) == (reason, None)
