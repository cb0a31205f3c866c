"""The secrets of one stack: made once, kept in one file that only its owner may read."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from fieldops.errors import Prerequisite

SUPERUSER = "fieldops"
BROKER_ADMIN = "admin"
BROKER_INGEST = "ingest"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Generated, URL-safe."""

    postgres: str
    valkey: str
    mqtt: str
    mqtt_ingest: str
    s3_access: str
    s3_secret: str


def credentials_in(root: Path, *, data: Path) -> Credentials:
    """Read the secrets of the stack at `root`, making them when it is new.

    Raises:
        Prerequisite: the secrets are gone or unreadable while `data` they protect exists.
    """
    path = root / "secrets.json"
    if path.exists():
        try:
            return Credentials(**json.loads(path.read_text()))
        except (ValueError, TypeError) as error:
            raise Prerequisite(f"{path} cannot be read: restore it, or remove {root}") from error
    if data.exists():
        raise Prerequisite(f"{path} is gone but {data} exists: restore it, or remove {root}")
    made = Credentials(
        postgres=secrets.token_urlsafe(24),
        valkey=secrets.token_urlsafe(24),
        mqtt=secrets.token_urlsafe(24),
        mqtt_ingest=secrets.token_urlsafe(24),
        s3_access=secrets.token_hex(10),
        s3_secret=secrets.token_urlsafe(32),
    )
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(made), indent=1))
    fresh.replace(path)
    return made
