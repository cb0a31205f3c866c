"""Who speaks where: topics of devices and of tenants, built and parsed in one place.

A topic is trusted because the broker's ACL lets a device write only under its own tenant and
name; so a name never holds what means something to MQTT (`/`, `+`, `#`) or to a broker user (`.`).

    t/{tenant}/d/{device}/{pos|bak|att|status|res}     up, own JSON
    t/{tenant}/d/{device}/{cmd|ack|asg}                down
    owntracks/{tenant}/{device}[/event|…]              up, OwnTracks JSON; /cmd is down
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from fieldops.errors import BadInput, BadMessage
from fieldops.model import TenantSlug, tenant_slug

DeviceName = NewType("DeviceName", str)

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,63}")


class Lane(StrEnum):
    """The last level of a device's topic; OWNTRACKS stands for all of that format's topics."""

    POSITION = "pos"
    BACKFILL = "bak"
    ATTENDANCE = "att"
    STATUS = "status"
    RESULT = "res"
    COMMAND = "cmd"
    ACK = "ack"
    ASSIGNMENT = "asg"
    OWNTRACKS = "owntracks"


UP = (Lane.POSITION, Lane.BACKFILL, Lane.ATTENDANCE, Lane.STATUS, Lane.RESULT)
DOWN = (Lane.COMMAND, Lane.ACK, Lane.ASSIGNMENT)
# Booklet of OwnTracks, "Topics": what its apps publish below their base topic.
OWNTRACKS_UP = ("event", "waypoint", "waypoints", "status", "card", "step", "beacon", "dump")


@dataclass(frozen=True, slots=True)
class Topic:
    """A parsed topic; `sub` is the OwnTracks level below the base topic, "" for none."""

    tenant: TenantSlug
    device: DeviceName
    lane: Lane
    sub: str = ""


def device_name(value: str) -> DeviceName:
    """Check a device's name: it is an MQTT level and half of a broker user.

    Raises:
        BadInput: not 2–64 of a–z, 0–9, `_` and `-`, starting with a letter or digit.
    """
    if not _NAME.fullmatch(value):
        raise BadInput(
            f"device {value!r} is not 2 to 64 of a-z, 0-9, _ and -, letter or digit first",
            pointer="/name",
        )
    return DeviceName(value)


def device_topic(tenant: TenantSlug, device: DeviceName, lane: Lane) -> str:
    """Return the topic of one lane; OWNTRACKS gives the base topic of that format."""
    if lane is Lane.OWNTRACKS:
        return f"owntracks/{tenant}/{device}"
    return f"t/{tenant}/d/{device}/{lane}"


def parse_topic(topic: str) -> Topic:
    """Split a device's topic.

    Raises:
        BadMessage: code `unknown_topic`; no device speaks there.
    """
    try:
        match topic.split("/"):
            case ["t", tenant, "d", device, lane] if lane != Lane.OWNTRACKS:
                return Topic(tenant_slug(tenant), device_name(device), Lane(lane))
            case ["owntracks", tenant, device]:
                return Topic(tenant_slug(tenant), device_name(device), Lane.OWNTRACKS)
            case ["owntracks", tenant, device, sub]:
                return Topic(tenant_slug(tenant), device_name(device), Lane.OWNTRACKS, sub)
    except (BadInput, ValueError) as error:
        raise BadMessage(f"topic {topic[:200]!r}: {error}", code="unknown_topic") from error
    raise BadMessage(f"topic {topic[:200]!r} is no device's", code="unknown_topic")


def up_topics(tenant: TenantSlug, device: DeviceName) -> tuple[str, ...]:
    """Return every topic a device may write; `+` as device gives the tenant's filters."""
    base = device_topic(tenant, device, Lane.OWNTRACKS)
    own = tuple(device_topic(tenant, device, lane) for lane in UP)
    return (*own, base, *(f"{base}/{sub}" for sub in OWNTRACKS_UP))


def down_topics(tenant: TenantSlug, device: DeviceName) -> tuple[str, ...]:
    """Return every topic a device may read."""
    own = tuple(device_topic(tenant, device, lane) for lane in DOWN)
    return (*own, f"{device_topic(tenant, device, Lane.OWNTRACKS)}/cmd")


def ingest_filters(tenant: TenantSlug) -> tuple[str, ...]:
    """Return the subscriptions that cover all devices of a tenant, and nothing sent to them."""
    return up_topics(tenant, DeviceName("+"))


def broker_user(tenant: TenantSlug, device: DeviceName) -> str:
    """Return a device's broker user; neither part holds a dot, so it is unambiguous."""
    return f"{tenant}.{device}"


def device_client_id(tenant: TenantSlug, device: DeviceName) -> str:
    return f"d-{tenant}.{device}"


def ingest_client_id(tenant: TenantSlug) -> str:
    """Return the id of the tenant's one persistent session; whoever owns the tenant uses it."""
    return f"ingest-{tenant}"
