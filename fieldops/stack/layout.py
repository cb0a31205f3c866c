"""Where the stack lies, on which ports it listens, and as whom it runs.

Everything is below one folder, `.fieldops/` of the clone. PostgreSQL refuses to run as root, so
under root all services run as an ordinary user; when that user cannot reach the clone (one below
root's own home), data and programs lie in /var/lib/fieldops360 and `.fieldops/home` points there.
"""

import os
import pwd
import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from fieldops.errors import BadInput, Prerequisite

_SHARED = Path("/var/lib/fieldops360")
_RUN_AS = ("postgres", "nobody")
PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1; below 32768, where no outgoing connection may sit by chance."""

    postgres: int = 25432
    valkey: int = 26379
    mqtt: int = 21883
    s3: int = 28333


@dataclass(frozen=True, slots=True)
class Identity:
    """The ordinary user the services run as when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one stack.

    Attributes:
        root: what belongs to the clone: secrets, lock, state.
        home: data and logs, one folder a service, reachable by `identity`.
        store: unpacked programs, may be shared by several stacks.
        identity: None when the services run as we do.
    """

    root: Path
    home: Path
    store: Path
    identity: Identity | None

    def folder(self, service: str) -> Path:
        return self.home / service

    def log(self, service: str) -> Path:
        return self.home / f"{service}.log"

    def give(self, path: Path, mode: int) -> None:
        """Make `path` the services' own."""
        path.chmod(mode)
        if self.identity:
            os.chown(path, self.identity.uid, self.identity.gid)

    def give_folder(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self.give(path, 0o700)

    def write(self, path: Path, text: str) -> None:
        """Write a file that only the services may read; it may hold a secret."""
        fresh = path.with_name(f"{path.name}.new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        fresh.write_text(text)
        self.give(fresh, 0o600)
        fresh.replace(path)


def port_setting(service: str) -> str:
    """Return the name of the environment variable that sets a service's port."""
    return f"FIELDOPS_STACK_{service.upper()}_PORT"


def ports_from(environment: Mapping[str, str]) -> Ports:
    """Read the ports from FIELDOPS_STACK_*_PORT.

    Raises:
        BadInput: a value is not a port a user may listen on.
    """
    given = {}
    for field in fields(Ports):
        setting = port_setting(field.name)
        value = environment.get(setting)
        if not value:
            continue
        if not (value.isdecimal() and 1024 <= int(value) <= 65535):
            raise BadInput(f"{setting}={value} is not a port from 1024 to 65535")
        given[field.name] = int(value)
    return Ports(**given)


def root_from(environment: Mapping[str, str]) -> Path:
    """Return the stack's folder: FIELDOPS_HOME, or `.fieldops` beside the program."""
    given = environment.get("FIELDOPS_HOME")
    return Path(given).absolute() if given else PROJECT / ".fieldops"


def locate(root: Path) -> Layout:
    """Find the folders of the stack at `root`, making them when new.

    Raises:
        Prerequisite: the folder belongs to another user or cannot be written.
    """
    root = root.absolute()
    try:
        root.mkdir(parents=True, exist_ok=True)
        _check_owner(root)
        return _locate_as_root(root) if os.geteuid() == 0 else _locate(root, root, None)
    except OSError as error:
        raise Prerequisite(f"cannot write {error.filename}: {error.strerror}") from error


def _locate(root: Path, home: Path, identity: Identity | None) -> Layout:
    cache = os.environ.get("FIELDOPS_CACHE")
    store = Path(cache).absolute() if cache else root / "images"
    if identity and not (_reaches(identity, store) and _reaches(identity, home)):
        store = _SHARED / "images"
    return Layout(root, home, store, identity)


def _locate_as_root(root: Path) -> Layout:
    home = root / "home"
    identity = _ordinary_user(home / "postgres")
    if not home.is_symlink():
        home.mkdir(exist_ok=True)
        if not _reaches(identity, home):
            home.rmdir()
            away = _SHARED / secrets.token_hex(4)
            away.mkdir(parents=True)
            home.symlink_to(away)
    return _locate(root, home.resolve(), identity)


def _check_owner(root: Path) -> None:
    owner, me = root.stat().st_uid, os.geteuid()
    if owner != me:
        raise Prerequisite(
            f"{root} belongs to {_user_name(owner)}, not to {_user_name(me)}: "
            "run as its owner, or remove it (its data is lost)"
        )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _ordinary_user(data: Path) -> Identity:
    """Return who owns the data; for new data, the first of the usual users."""
    if data.exists() and data.stat().st_uid != 0:
        return Identity(data.stat().st_uid, data.stat().st_gid)
    for name in _RUN_AS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(user.pw_uid, user.pw_gid)
    raise Prerequisite(f"no user {' or '.join(_RUN_AS)} to run PostgreSQL as; it refuses root")


def _reaches(identity: Identity, path: Path) -> bool:
    """Say whether the user can enter `path`, or the folder it would be made in."""
    while not path.exists():
        path = path.parent
    entered = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)],
        cwd="/",
        stderr=subprocess.DEVNULL,
        user=identity.uid,
        group=identity.gid,
        extra_groups=[],
        timeout=10,
        check=False,
    )
    return entered.returncode == 0
