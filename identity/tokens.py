"""Access tokens: EdDSA JWTs of ten minutes that name the tenant, and so the database.

The Ed25519 keys live in the control database. The first process that needs one makes it, under a
lock; the newest signs, and the one before it goes on verifying. A key older than 90 days is
followed by a new one by itself. A process that meets a `kid` it does not know reads the keys
again, so a rotation needs no restart.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from fieldops.database import Connection, Pool, Record, sql
from fieldops.errors import Unauthenticated
from fieldops.model import Profile, TenantSlug, new_id, now
from fieldops.tenancy import transaction

ISSUER = "fieldops360"
ALGORITHM = "EdDSA"
ROTATE_AFTER = timedelta(days=90)
REFRESH_S = 60.0
# An attacker who invents key ids must not make us read the table at every request.
UNKNOWN_S = 2.0


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says."""

    tenant: TenantSlug
    user_id: UUID
    profile: Profile
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class _Keys:
    signing_kid: str
    private: Ed25519PrivateKey
    public: dict[str, Ed25519PublicKey]


class Signer:
    """Issues and verifies tokens with the platform's keys, remembered for a minute."""

    def __init__(self, control: Pool, *, lifetime_s: int) -> None:
        self._control = control
        self._lifetime_s = lifetime_s
        self._keys: _Keys | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    @property
    def lifetime_s(self) -> int:
        """Seconds an access token lives."""
        return self._lifetime_s

    async def issue(self, tenant: TenantSlug, user_id: UUID, profile: Profile) -> str:
        """Return a signed token for the user."""
        keys = await self._current(REFRESH_S)
        issued_at = now()
        claims = {
            "iss": ISSUER,
            "tenant": tenant,
            "sub": str(user_id),
            "profile": str(profile),
            "iat": issued_at,
            "exp": issued_at + timedelta(seconds=self._lifetime_s),
        }
        return jwt.encode(claims, keys.private, ALGORITHM, headers={"kid": keys.signing_kid})

    async def verify(self, token: str) -> Claims:
        """Return the claims of a token we signed that has not expired.

        Raises:
            Unauthenticated: it is not one (`token_invalid`), or too old (`token_expired`).
            Unavailable: the control database is lost and no key is known yet.
        """
        try:
            kid = str(jwt.get_unverified_header(token).get("kid"))
            keys = await self._current(REFRESH_S)
            if kid not in keys.public:
                keys = await self._current(UNKNOWN_S)
            if kid not in keys.public:
                raise Unauthenticated("token: its key is not ours", code="token_invalid")
            body = jwt.decode(
                token,
                keys.public[kid],
                [ALGORITHM],
                issuer=ISSUER,
                options={"require": ["iss", "sub", "exp", "iat"]},
            )
            return _claims(body)
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("token: it has expired", code="token_expired") from error
        except (jwt.InvalidTokenError, KeyError, ValueError) as error:
            raise Unauthenticated("token: not a valid one", code="token_invalid") from error

    async def jwks(self) -> dict[str, Any]:
        """Return the public keys as a JSON Web Key Set (RFC 7517, RFC 8037)."""
        keys = await self._current(REFRESH_S)
        return {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "use": "sig",
                    "alg": ALGORITHM,
                    "kid": kid,
                    "x": jwt.utils.base64url_encode(
                        key.public_bytes(Encoding.Raw, PublicFormat.Raw)
                    ).decode(),
                }
                for kid, key in keys.public.items()
            ]
        }

    async def _current(self, oldest_s: float) -> _Keys:
        """Return the keys, read again if they were read longer ago than `oldest_s`."""
        if self._keys is not None and time.monotonic() - self._read_at < oldest_s:
            return self._keys
        async with self._reading:
            if self._keys is None or time.monotonic() - self._read_at >= oldest_s:
                self._keys = _parsed(await _load(self._control))
                self._read_at = time.monotonic()
            return self._keys


async def rotate_key(control: Pool) -> str:
    """Make a new signing key and return its id; the former one still verifies, older ones not."""
    async with transaction(control, "signing keys") as connection:
        await connection.execute(sql("identity", "lock_keys"))
        return await _add_key(connection)


async def _load(control: Pool) -> list[Record]:
    """Return the keys that verify, newest first, making one when there is none or it is old."""
    async with transaction(control, "signing keys") as connection:
        rows: list[Record] = await connection.fetch(sql("identity", "list_keys"), ROTATE_AFTER)
        if rows and not rows[0]["due"]:
            return rows
        # Whoever waits here finds the key that the first one made.
        await connection.execute(sql("identity", "lock_keys"))
        rows = await connection.fetch(sql("identity", "list_keys"), ROTATE_AFTER)
        if not rows or rows[0]["due"]:
            await _add_key(connection)
            rows = await connection.fetch(sql("identity", "list_keys"), ROTATE_AFTER)
        return rows


async def _add_key(connection: Connection) -> str:
    """Retire all keys but the newest and put a new one before it; the lock is held."""
    kid = str(new_id())
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    await connection.execute(sql("identity", "retire_keys"))
    await connection.execute(sql("identity", "add_key"), kid, pem.decode())
    return kid


def _parsed(rows: list[Record]) -> _Keys:
    keys: dict[str, Ed25519PrivateKey] = {}
    for row in rows:
        key = load_pem_private_key(row["private_pem"].encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        keys[row["kid"]] = key
    newest = rows[0]["kid"]
    return _Keys(newest, keys[newest], {kid: key.public_key() for kid, key in keys.items()})


def _claims(body: dict[str, Any]) -> Claims:
    return Claims(
        TenantSlug(str(body["tenant"])),
        UUID(body["sub"]),
        Profile(body["profile"]),
        datetime.fromtimestamp(body["exp"], UTC),
    )
