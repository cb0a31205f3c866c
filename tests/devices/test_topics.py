import pytest

from devices.topics import (
    DeviceName,
    Lane,
    Topic,
    broker_user,
    device_name,
    device_topic,
    ingest_filters,
    parse_topic,
)
from fieldops.errors import BadInput, BadMessage
from fieldops.model import TenantSlug

TENANT, DEVICE = TenantSlug("elec-sud"), DeviceName("van_7-b")


@pytest.mark.parametrize("lane", list(Lane))
def test_every_topic_parses_back_to_what_built_it(lane: Lane) -> None:
    topic = device_topic(TENANT, DEVICE, lane)

    assert parse_topic(topic) == Topic(TENANT, DEVICE, lane)


def test_an_owntracks_subtopic_keeps_its_last_level() -> None:
    assert parse_topic("owntracks/elec-sud/van_7-b/event") == Topic(
        TENANT, DEVICE, Lane.OWNTRACKS, "event"
    )


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "t/elec-sud/d/van",
        "t/elec-sud/d/van/owntracks",
        "t/elec-sud/d/van/pos/more",
        "t/Elec/d/van/pos",
        "t/elec-sud/d/+/pos",
        "t/elec-sud/d/v\0n/pos",
        "t/elec-sud/x/van/pos",
        "owntracks/elec-sud",
        "owntracks/elec-sud/van/event/more",
        "$SYS/broker/uptime",
    ],
)
def test_a_topic_no_device_owns_is_refused(topic: str) -> None:
    with pytest.raises(BadMessage) as refused:
        parse_topic(topic)

    assert refused.value.code == "unknown_topic"


@pytest.mark.parametrize(
    "name", ["x", "-van", "_van", "Van", "van.7", "van/7", "van+", "van#", "é7", "a" * 65, "van\n"]
)
def test_a_name_that_means_something_to_the_broker_is_refused(name: str) -> None:
    with pytest.raises(BadInput):
        device_name(name)


def test_names_of_2_and_of_64_characters_are_taken() -> None:
    assert device_name("7a") == "7a"
    assert device_name("a" * 64) == "a" * 64


def test_a_broker_user_names_tenant_and_device() -> None:
    assert broker_user(TENANT, DEVICE) == "elec-sud.van_7-b"


def test_ingest_hears_what_devices_say_and_nothing_it_says_to_them() -> None:
    filters = ingest_filters(TENANT)

    assert "t/elec-sud/d/+/pos" in filters
    assert "owntracks/elec-sud/+" in filters
    assert not [f for f in filters if f.endswith(("/cmd", "/ack", "/asg", "#"))]
