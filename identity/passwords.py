"""Passwords: Argon2id in a thread, a few at a time, re-hashed when the parameters age.

One hash takes 64 MiB and some 50 ms of a core (RFC 9106, second recommended choice with fewer
lanes): without a bound, a burst of logins would take the machine's memory.
"""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

CONCURRENT = 2
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=2)


class Passwords:
    """Hashes and checks; one a process, for the bound is the process's."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self._free = asyncio.Semaphore(CONCURRENT)

    async def hash(self, password: str) -> str:
        """Return the password's hash with its parameters and salt, as PHC text."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, stored: str | None, password: str) -> bool:
        """Return whether the password is right; None (nobody of this login) takes as long."""
        async with self._free:
            return await asyncio.to_thread(self._check, stored, password)

    def aged(self, stored: str) -> bool:
        """Return whether the hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(stored)

    def _check(self, stored: str | None, password: str) -> bool:
        try:
            right = self._hasher.verify(stored or _nobody(self._hasher), password)
        except (VerificationError, InvalidHashError):
            return False
        return right and stored is not None


@cache
def _nobody(hasher: PasswordHasher) -> str:
    """Return a hash to compare with when there is no user, so that time tells nothing."""
    return hasher.hash("nobody has this password")
