"""Who may speak to the broker: users and rights, through Mosquitto's dynamic-security plugin.

A device has two roles. Its own allows its two subtrees; the shared role `device`, asked first,
denies writing what comes *down* and allows receiving nothing else. What no role allows is denied.
Client ids are bound to users, or a device could take over the session of a tenant's ingest.

Mosquitto 2.0 writes its whole configuration after every single command, some 8 µs for each device
it knows (400 devices in 1.2 s, 1,420 in 19 s): rights are few and short for that reason, and
batches small, for it serves nobody meanwhile. Every function may be repeated.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import mqtt5
import msgspec

from devices.endpoint import Endpoint
from devices.mqtt import Connection, Session, connect
from devices.topics import (
    DOWN,
    DeviceName,
    Lane,
    broker_user,
    device_client_id,
    device_topic,
    up_topics,
)
from fieldops.errors import NotFound, Unauthenticated, Unavailable
from fieldops.model import TenantSlug, new_id

REQUEST_TOPIC = "$CONTROL/dynamic-security/v1"
RESPONSE_TOPIC = f"{REQUEST_TOPIC}/response"
INGEST_ROLE = "ingest"
DEVICE_ROLE = "device"

_BATCH = 20
_DEFAULTS = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
_EXISTS = "already exists"
_MISSING = "not found"
_ANY_DEVICE = (TenantSlug("+"), DeviceName("+"))

Command = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeviceUser:
    """A device to let in."""

    tenant: TenantSlug
    device: DeviceName
    password: str = field(repr=False)


@asynccontextmanager
async def broker_admin(where: Endpoint, *, timeout_s: float = 10.0) -> AsyncIterator["BrokerAdmin"]:
    """Connect as the plugin's administrator.

    Args:
        where: the broker, and the administrator's credentials.
        timeout_s: for each wait, the connection and every batch of commands.

    Raises:
        Unauthenticated: wrong credentials.
        Forbidden: these credentials do not administer.
        Unavailable: the broker does not answer.
    """
    responses: asyncio.Queue[mqtt5.PublishPacket] = asyncio.Queue()

    def receive(_: Connection, batch: list[mqtt5.PublishPacket]) -> None:
        # Bounded by our requests: one is under way at a time.
        for packet in batch:
            responses.put_nowait(packet)

    session = Session(f"admin-{new_id()}", receive_max=100)
    connection = await connect(where, session, receive, timeout_s=timeout_s)
    try:
        await connection.subscribe([RESPONSE_TOPIC], qos=0, timeout_s=timeout_s)
        yield BrokerAdmin(where, connection, responses, timeout_s)
    finally:
        await connection.close()


class BrokerAdmin:
    """One administrator's connection; safe to share, requests queue up behind each other."""

    def __init__(
        self,
        where: Endpoint,
        connection: Connection,
        responses: asyncio.Queue[mqtt5.PublishPacket],
        timeout_s: float,
    ) -> None:
        self._where = where
        self._connection = connection
        self._responses = responses
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()

    async def prepare(self) -> None:
        """Deny by default, and define the shared roles `ingest` and `device`.

        Changes only what differs, for the broker disconnects every user of a role it changes.
        """
        access = [_acl(kind, allow=kind == "unsubscribe") for kind in _DEFAULTS]
        data = await self._ask({"command": "getDefaultACLAccess"})
        if _facts(data["acls"]) != _facts(access):
            await self._all([{"command": "setDefaultACLAccess", "acls": access}])
        await self._ensure_role(INGEST_ROLE, _ingest_acls())
        await self._ensure_role(DEVICE_ROLE, _shared_acls())

    async def ensure_service_user(self, name: str, password: str) -> None:
        """Let a service in that reads and writes every tenant's topics, under any client id."""
        await self.prepare()
        await self._ensure_user(name, password, INGEST_ROLE)

    async def ensure_gateway(self, tenant: TenantSlug, password: str) -> str:
        """Let a gateway in that speaks for all devices of one tenant, under any client id: a
        recorded fleet, or trackers behind one box. One user costs what one device does.

        Returns:
            The broker user.
        """
        name = gateway_user(tenant)
        await self._ensure_role(name, _gateway_acls(tenant))
        await self._ensure_user(name, password, name)
        return name

    async def add_device(self, tenant: TenantSlug, device: DeviceName, password: str) -> None:
        """Let one device in; see `add_devices`."""
        await self.add_devices([DeviceUser(tenant, device, password)])

    async def add_devices(self, users: Iterable[DeviceUser]) -> None:
        """Let devices in, enabled; one that exists gets the password given here, and is
        disconnected if it is on. `prepare` (or `ensure_service_user`) must have run once."""
        rest = iter(users)
        while batch := list(islice(rest, _BATCH // 2)):
            await self._all([_create_role(user) for user in batch], pardon=_EXISTS)
            errors = await self._request([_create_client(user) for user in batch])
            again = [
                user
                for user, error in zip(batch, errors, strict=True)
                if error is not None and _EXISTS in error
            ]
            _raise_first(errors, pardon=_EXISTS)
            for user in again:
                name = broker_user(user.tenant, user.device)
                await self._all(
                    [
                        {
                            "command": "setClientPassword",
                            "username": name,
                            "password": user.password,
                        },
                        {"command": "enableClient", "username": name},
                    ]
                )

    async def remove_device(self, tenant: TenantSlug, device: DeviceName) -> None:
        """Forget a device and disconnect it; nothing if it is not known."""
        await self._forget([broker_user(tenant, device)])

    async def set_enabled(self, tenant: TenantSlug, enabled: bool) -> None:
        """Let all present users of a tenant in again, or keep them out and disconnect them."""
        command = "enableClient" if enabled else "disableClient"
        names = await self.users_of(tenant)
        await self._all([{"command": command, "username": name} for name in names])

    async def drop_tenant(self, tenant: TenantSlug) -> None:
        """Forget all users of a tenant, its devices and its gateway, and all their roles: those
        too whose users an interrupted call has forgotten already."""
        users = await self.users_of(tenant)
        roles = await self._named_for(tenant, "Role")
        await self._forget([*users, *(role for role in roles if role not in set(users))])

    async def users_of(self, tenant: TenantSlug) -> list[str]:
        """Return the broker users of a tenant's devices, and its gateway's."""
        return await self._named_for(tenant, "Client")

    async def _named_for(self, tenant: TenantSlug, noun: str) -> list[str]:
        data = await self._ask({"command": f"list{noun}s", "verbose": False, "count": -1})
        names: list[str] = data[f"{noun.lower()}s"]
        gateway = gateway_user(tenant)
        return [name for name in names if name.startswith(f"{tenant}.") or name == gateway]

    async def _forget(self, names: Sequence[str]) -> None:
        # The user first: a role taken from a connected user would only silence it.
        await self._all(
            [{"command": "deleteClient", "username": name} for name in names], pardon=_MISSING
        )
        await self._all(
            [{"command": "deleteRole", "rolename": name} for name in names], pardon=_MISSING
        )

    async def _ensure_role(self, name: str, acls: list[Command]) -> None:
        fields = {"rolename": name, "acls": acls}
        try:
            data = await self._ask({"command": "getRole", "rolename": name})
        except NotFound:
            await self._all([{"command": "createRole", **fields}], pardon=_EXISTS)
            return
        if _facts(data["role"]["acls"]) != _facts(acls):
            await self._all([{"command": "modifyRole", **fields}])

    async def _ensure_user(self, name: str, password: str, role: str) -> None:
        fields = {"username": name, "password": password, "roles": [{"rolename": role}]}
        try:
            data = await self._ask({"command": "getClient", "username": name})
        except NotFound:
            await self._all([{"command": "createClient", **fields}], pardon=_EXISTS)
            return
        roles = [held["rolename"] for held in data["client"]["roles"]]
        # The broker tells no password, but it tells whether this one opens.
        if roles != [role] or not await self._opens(name, password):
            await self._all(
                [
                    {"command": "modifyClient", **fields},
                    {"command": "enableClient", "username": name},
                ]
            )

    async def _opens(self, name: str, password: str) -> bool:
        where = replace(self._where, username=name, password=password)
        session = Session(f"knock-{new_id()}")
        try:
            knocking = await connect(
                where, session, lambda _connection, _batch: None, timeout_s=self._timeout_s
            )
        except Unauthenticated:
            return False
        await knocking.close()
        return True

    async def _all(self, commands: Sequence[Command], *, pardon: str | None = None) -> None:
        for start in range(0, len(commands), _BATCH):
            _raise_first(await self._request(commands[start : start + _BATCH]), pardon=pardon)

    async def _request(self, commands: Sequence[Command]) -> list[str | None]:
        """Run commands in order; return the error of each, None for done."""
        answers = await self._exchange(commands)
        return [answer.get("error") for answer in answers]

    async def _ask(self, command: Command) -> dict[str, Any]:
        [answer] = await self._exchange([command])
        if "error" in answer:
            _raise_first([answer["error"]])
        data: dict[str, Any] = answer["data"]
        return data

    async def _exchange(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        async with self._turn:
            number = str(new_id())
            marked = [{**command, "correlationData": number} for command in commands]
            payload = msgspec.json.encode({"commands": marked})
            # At QoS 0, for the answer is the acknowledgement: two small writes of the broker, a
            # PUBACK and the answer, cost a delayed TCP acknowledgement (40 ms) a request.
            if not self._connection.send([(REQUEST_TOPIC, payload)]):
                raise Unavailable("connection of the broker's administrator has ended")
            try:
                async with asyncio.timeout(self._timeout_s):
                    while True:
                        answers = await self._next_answers()
                        # One that came after its own request had timed out is not ours.
                        if answers and answers[0].get("correlationData") == number:
                            break
            except TimeoutError as error:
                raise Unavailable(
                    f"broker did not answer {commands[0]['command']} within {self._timeout_s} s"
                ) from error
        if len(answers) != len(commands):
            raise Unavailable(f"broker answered {len(answers)} of {len(commands)} commands")
        return answers

    async def _next_answers(self) -> list[dict[str, Any]]:
        packet = await self._responses.get()
        answers: list[dict[str, Any]] = msgspec.json.decode(packet.payload)["responses"]
        return answers


def gateway_user(tenant: TenantSlug) -> str:
    """Return a gateway's broker user; no device's holds an `@`."""
    return f"gateway@{tenant}"


def _raise_first(errors: Sequence[str | None], *, pardon: str | None = None) -> None:
    for error in errors:
        if error is None or (pardon is not None and pardon in error):
            continue
        if _MISSING in error:
            raise NotFound(f"broker: {error}")
        raise Unavailable(f"broker refused a command: {error}", code="broker_command")


def _create_role(user: DeviceUser) -> Command:
    own = device_topic(user.tenant, user.device, Lane.STATUS).removesuffix(Lane.STATUS)
    owntracks = device_topic(user.tenant, user.device, Lane.OWNTRACKS)
    acls = [
        _acl("publishClientSend", f"{own}+"),
        _acl("publishClientSend", f"{owntracks}/#"),
        _acl("subscribePattern", f"{own}+"),
        _acl("subscribePattern", f"{owntracks}/+"),
    ]
    name = broker_user(user.tenant, user.device)
    return {"command": "createRole", "rolename": name, "acls": acls}


def _create_client(user: DeviceUser) -> Command:
    name = broker_user(user.tenant, user.device)
    return {
        "command": "createClient",
        "username": name,
        "password": user.password,
        "clientid": device_client_id(user.tenant, user.device),
        "roles": [{"rolename": DEVICE_ROLE, "priority": 1}, {"rolename": name}],
    }


def _down_patterns() -> list[str]:
    own = [device_topic(*_ANY_DEVICE, lane) for lane in DOWN]
    return [*own, f"{device_topic(*_ANY_DEVICE, Lane.OWNTRACKS)}/cmd"]


def _shared_acls() -> list[Command]:
    patterns = _down_patterns()
    return [
        *(_acl("publishClientSend", pattern, allow=False) for pattern in patterns),
        *(_acl("publishClientReceive", pattern) for pattern in patterns),
    ]


def _gateway_acls(tenant: TenantSlug) -> list[Command]:
    down = device_topic(tenant, DeviceName("+"), Lane.ACK)
    return [
        *(_acl("publishClientSend", topic) for topic in up_topics(tenant, DeviceName("+"))),
        _acl("publishClientReceive", down),
        _acl("subscribePattern", down),
    ]


def _ingest_acls() -> list[Command]:
    kinds = ("publishClientSend", "publishClientReceive", "subscribePattern", "unsubscribePattern")
    return [_acl(kind, topic) for kind in kinds for topic in ("t/#", "owntracks/#")]


def _acl(kind: str, topic: str | None = None, *, allow: bool = True) -> Command:
    return {"acltype": kind, "allow": allow, **({} if topic is None else {"topic": topic})}


def _facts(acls: Sequence[Command]) -> set[tuple[str, str, bool]]:
    return {(acl["acltype"], acl.get("topic", ""), acl["allow"]) for acl in acls}
