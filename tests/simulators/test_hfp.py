"""What a line of an HFP capture says, and what it must not be taken to say."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devices.topics import DeviceName
from fieldops.errors import BadInput, BadMessage
from simulators.hfp import Recorded, read_capture, read_line, vehicle_name

TOPIC = "/hfp/v1/journey/ongoing/bus/0018/00640/1057/1/Munkkiniemi/07:32/1471139/3/60;25/20/38/71"


def line(topic: str = TOPIC, **said: Any) -> bytes:
    vehicle = {
        "oper": 18, "veh": 640, "tst": "2018-10-09T04:32:52Z", "spd": 8.53, "hdg": 314,
        "lat": 60.237024, "long": 25.081113, "acc": 0.74,
    }  # fmt: skip
    return json.dumps({"topic": topic, "payload": {"VP": vehicle | said}}).encode() + b"\n"


def test_a_line_says_who_where_and_how_fast() -> None:
    at = datetime(2018, 10, 9, 4, 32, 52, tzinfo=UTC)

    assert read_line(line()) == Recorded(
        DeviceName("hfp-0018-00640"), at, 25.081113, 60.237024, 8.53, 314
    )


def test_acceleration_is_nobodys_accuracy() -> None:
    assert read_line(line(acc=5.5)) == read_line(line(acc=-1.0))


def test_a_vehicle_without_position_says_so() -> None:
    for bad in (line(lat=None, long=None), line(lat=None), line(long=None)):
        message = read_line(bad)
        assert (message.lon, message.lat) == (None, None)


def test_a_vehicle_is_named_by_its_topic_not_its_payload() -> None:
    train = "/hfp/v1/deadrun/ongoing/train/0090/06313"
    newer = "/hfp/v2/journey/ongoing/vp/bus/0055/01216/2551/1"

    assert read_line(line(train, oper=None, veh=6313)).device == "hfp-0090-06313"
    assert vehicle_name(newer) == "hfp-0055-01216"


@pytest.mark.parametrize(
    "topic",
    ["", "/hfp", "/hfp/v3/a/b/c/1/2", "/hfp/v1/a/b/c/1", "t/x/d/y/pos", "/hfp/v1/a/b/c/+/#"],
)
def test_another_topic_is_refused(topic: str) -> None:
    with pytest.raises(BadMessage) as caught:
        vehicle_name(topic)
    assert caught.value.code == "unknown_topic"


@pytest.mark.parametrize(
    "bad", [b"{}", b"not json", b"\xff\xfe", line(tst="2018-10-09T04:32:52"), line(lat="north")]
)
def test_a_bad_line_is_named(bad: bytes) -> None:
    with pytest.raises(BadInput, match=r"^line 2: "):
        read_capture([line(), bad])


def test_an_empty_capture_is_refused() -> None:
    with pytest.raises(BadInput, match="empty"):
        read_capture([b"\n", b"  \n"])


def test_each_vehicle_keeps_the_order_of_the_file() -> None:
    other = TOPIC.replace("00640", "00641")
    seconds = ["03", "01", "02"]

    capture = read_capture(
        [line(topic, tst=f"2018-10-09T04:32:{s}Z") for s in seconds for topic in (TOPIC, other)]
    )

    assert [[m.at.second for m in each] for each in capture.vehicles.values()] == [[3, 1, 2]] * 2


def test_a_run_is_made_of_the_content() -> None:
    assert read_capture([line(), b"\n"]).run == read_capture([line()]).run
    assert read_capture([line(spd=1.0)]).run != read_capture([line()]).run


def test_the_real_capture_holds_what_its_readme_says(shared_data: Path) -> None:
    with (shared_data / "hfp_helsinki_5000.jsonl").open("rb") as lines:
        capture = read_capture(lines)

    located = {(m.device, m.at) for v in capture.vehicles.values() for m in v if m.lon is not None}
    assert (capture.messages, len(capture.vehicles)) == (5000, 1460)
    assert capture.without_position == 146
    assert (len(located), len({device for device, _ in located})) == (4705, 1420)
