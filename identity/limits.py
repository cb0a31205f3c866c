"""How often one may try to log in: by tenant and login, and by network address.

Attempts are counted before the password is looked at, so parallel guessing gains nothing; a right
password takes its attempt back. Without Valkey nobody is counted, and the log says so: locking
everybody out because a cache is down would be worse, and Argon2id still slows a guesser down.
"""

import hashlib
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from fieldops.errors import FieldopsError
from fieldops.log import get_log

log = get_log()
WINDOW_S = 300
LOGIN_MOST = 10
ADDRESS_MOST = 100


class TooManyAttempts(FieldopsError):
    code = "too_many_attempts"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, known by the two counters it stands in."""

    login_key: str
    address_key: str


async def count_attempt(valkey: Redis, tenant: str, login: str, address: str) -> Attempt:
    """Count a try to log in.

    Raises:
        TooManyAttempts: more than 10 for the login or 100 for the address within 5 min.
    """
    attempt = Attempt(f"login:{{{tenant}}}:{_digest(login)}", f"login-address:{_digest(address)}")
    for key, most in ((attempt.login_key, LOGIN_MOST), (attempt.address_key, ADDRESS_MOST)):
        tried = await _count(valkey, key)
        if tried > most:
            raise TooManyAttempts(
                f"login: more than {most} attempts within {WINDOW_S} s", retry_after_s=WINDOW_S
            )
    return attempt


async def forget_attempt(valkey: Redis, attempt: Attempt) -> None:
    """Take the try back: its password was right."""
    try:
        await valkey.delete(attempt.login_key)
        await valkey.decr(attempt.address_key)
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("login.uncounted", error=type(error).__name__)


async def _count(valkey: Redis, key: str) -> int:
    try:
        async with valkey.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, ex=WINDOW_S, nx=True)
            pipeline.incr(key)
            return int((await pipeline.execute())[1])
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("login.uncounted", error=type(error).__name__)
        return 0


def _digest(value: str) -> str:
    """Return a short stand-in: no login or address stands in Valkey."""
    return hashlib.sha256(value.encode()).hexdigest()[:32]
