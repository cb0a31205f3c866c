"""Mosquitto with its dynamic-security plugin: who may connect and what they may touch is data.

A new broker knows one user, the administrator, who may write to `$CONTROL/dynamic-security/v1`
and read its answers and `$SYS`, nothing else. Everyone else is provisioned through it. All
default access is "deny": a role must grant sending, receiving and subscribing.
"""

import base64
import hashlib
import json
import secrets
import socket
from pathlib import Path

from mqtt5 import ConnAckPacket, ConnAckReasonCode, ConnectPacket, DisconnectPacket, read

from fieldops.errors import Unavailable
from fieldops.stack.credentials import BROKER_ADMIN, BROKER_INGEST, Credentials
from fieldops.stack.layout import Layout
from fieldops.stack.processes import Process, Service

NAME = "mqtt"
_ITERATIONS = 101  # as mosquitto_ctrl does: the password is random, stretching adds nothing

# Queues: by default 20 in flight and 1,000 waiting messages a client, then messages that were
# acknowledged are dropped. Bytes are the bound instead, per client. The largest packet is the wire
# format's largest payload (64 KiB) and 4 KiB for topic and properties.
_SETTINGS = """# Written by `fieldops stack up`.
listener {port} 127.0.0.1
allow_anonymous false
plugin {plugin}
plugin_opt_config_file {users}
persistence true
persistence_location {folder}/
autosave_interval 10
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 268435456
max_packet_size 69632
set_tcp_nodelay true
log_dest stdout
log_type error
log_type warning
log_type notice
connection_messages false
"""


def process(layout: Layout) -> Process:
    return Process(NAME, "mosquitto", str(layout.folder(NAME) / "mosquitto.conf"))


def mosquitto(layout: Layout, image: Path, port: int, credentials: Credentials) -> Service:
    """Describe the broker; its administrator is `admin`."""
    folder = layout.folder(NAME)
    settings, users = folder / "mosquitto.conf", folder / "dynamic-security.json"
    plugin = next(image.glob("usr/lib/*/mosquitto_dynamic_security.so"))

    def prepare() -> None:
        layout.give_folder(folder)
        if not users.exists():
            layout.write(users, json.dumps(_first_users(credentials.mqtt)))
        text = _SETTINGS.format(port=port, plugin=plugin, users=users, folder=folder)
        layout.write(settings, text)

    return Service(
        process=process(layout),
        port=port,
        program=image / "usr/sbin/mosquitto",
        arguments=lambda: ("-c", str(settings)),
        environment={},
        prepare=prepare,
        answers=lambda: _log_in(port, credentials.mqtt),
    )


def url(port: int, credentials: Credentials) -> str:
    return f"mqtt://{BROKER_ADMIN}:{credentials.mqtt}@127.0.0.1:{port}"


def ingest_url(port: int, credentials: Credentials) -> str:
    return f"mqtt://{BROKER_INGEST}:{credentials.mqtt_ingest}@127.0.0.1:{port}"


def _first_users(password: str) -> dict[str, object]:
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    grants = [
        ("publishClientSend", "$CONTROL/dynamic-security/#"),
        ("publishClientReceive", "$CONTROL/dynamic-security/#"),
        ("publishClientReceive", "$SYS/#"),
        ("subscribePattern", "$CONTROL/dynamic-security/#"),
        ("subscribePattern", "$SYS/#"),
        ("unsubscribePattern", "#"),
    ]
    acls = [{"acltype": kind, "topic": topic, "allow": True} for kind, topic in grants]
    everything = ("publishClientSend", "publishClientReceive", "subscribe", "unsubscribe")
    return {
        "defaultACLAccess": dict.fromkeys(everything, False),
        "clients": [
            {
                "username": BROKER_ADMIN,
                "password": base64.b64encode(digest).decode(),
                "salt": base64.b64encode(salt).decode(),
                "iterations": _ITERATIONS,
                "roles": [{"rolename": "admin"}],
            }
        ],
        "roles": [{"rolename": "admin", "acls": acls}],
    }


def _log_in(port: int, password: str) -> None:
    connect = ConnectPacket(
        "", username=BROKER_ADMIN, password=password.encode(), clean_start=True, keep_alive=10
    )
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(connect.write())
        # Eleven bytes or so over loopback: they come in one piece.
        answer, _ = read(memoryview(connection.recv(1024)))
        connection.sendall(DisconnectPacket().write())
    accepted = isinstance(answer, ConnAckPacket) and answer.reason_code is ConnAckReasonCode.SUCCESS
    if not accepted:
        raise Unavailable(f"the broker on port {port} refused its administrator")
