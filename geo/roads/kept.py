"""What a tenant's dispatcher knows of its roads, kept in Valkey for those who may not ask.

The dispatcher asks the service; who answers a person only reads, so that nobody waits for a service
and what is tried is timed on the very drives the plan was made of. It is kept for a quarter of an
hour, for the places of crews are among its places, and told anew with every round.
"""

import asyncio
import io
import time
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from redis.asyncio import Redis
from redis.exceptions import RedisError

from fieldops.log import get_log
from geo.roads.cache import place_keys
from geo.roads.estimate import IntMatrix, Points, road_metres, travel_matrix
from geo.roads.network import (
    GreatCircle,
    Match,
    Profile,
    Roads,
    TrailPoint,
    Travel,
    checked,
)

log = get_log()
KEPT_S = 15 * 60
VALKEY_S = 1.0
# Stands for a drive that nobody has told; none told is as long.
UNKNOWN = np.iinfo(np.uint16).max


class KeptRoads:
    """Drives between places as they were told once; the estimate for all others."""

    def __init__(self, source: str, places: Points, seconds: npt.NDArray[np.uint16]) -> None:
        """`places`: lon, lat, shape (n, 2); `seconds`: shape (n, n), `UNKNOWN` where untold."""
        self._source, self._seconds = source, seconds
        self._row = {key: row for row, key in enumerate(place_keys(places))}

    async def matrix(
        self,
        origins: Points,
        targets: Points,
        *,
        profile: Profile = "car",  # noqa: ARG002 - only the planner's own is kept
        ask: bool = True,  # noqa: ARG002 - nobody is asked
    ) -> Travel:
        """Return the drives; the metres are the estimate's."""
        origins, targets = checked(origins, targets)
        i, j = self._rows(origins), self._rows(targets)
        told = self._seconds[np.ix_(i, j)].astype(np.int64)
        guessed = (i < 0)[:, None] | (j < 0)[None, :] | (told == UNKNOWN)
        seconds: IntMatrix = np.where(guessed, travel_matrix(origins, targets), told)
        return Travel(seconds, road_metres(origins, targets), self._source, guessed)

    async def match(
        self,
        trail: Sequence[TrailPoint],  # noqa: ARG002
        *,
        profile: Profile = "car",  # noqa: ARG002
    ) -> Match | None:
        """Return None: no graph is kept."""
        return None

    def _rows(self, places: Points) -> npt.NDArray[np.intp]:
        return np.array([self._row.get(key, -1) for key in place_keys(places)], dtype=np.intp)


class KeepingRoads:
    """Roads that keep what they are told of a problem's places, for `kept_roads`."""

    def __init__(self, roads: Roads, valkey: Redis, tenant: str) -> None:
        self._roads, self._valkey, self._tenant = roads, valkey, tenant
        self._last, self._kept_at = 0, -float(KEPT_S)

    async def matrix(
        self, origins: Points, targets: Points, *, profile: Profile = "car", ask: bool = True
    ) -> Travel:
        """Return what the roads say; a square matrix that was asked for is kept."""
        travel = await self._roads.matrix(origins, targets, profile=profile, ask=ask)
        if ask and origins is targets:
            await self._keep(origins, travel)
        return travel

    async def match(self, trail: Sequence[TrailPoint], *, profile: Profile = "car") -> Match | None:
        """Return what the roads say."""
        return await self._roads.match(trail, profile=profile)

    async def _keep(self, places: Points, travel: Travel) -> None:
        """Keep it unless it is kept; failing to is no failure of the plan."""
        told = np.where(travel.guessed, UNKNOWN, np.minimum(travel.seconds, UNKNOWN))
        body = io.BytesIO()
        np.savez(
            body, source=np.array(travel.source), places=places, seconds=told.astype(np.uint16)
        )
        digest = zlib.crc32(body.getbuffer())
        if digest == self._last and time.monotonic() - self._kept_at < KEPT_S / 3:
            return
        try:
            async with asyncio.timeout(VALKEY_S):
                await self._valkey.set(_key(self._tenant), body.getvalue(), ex=KEPT_S)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("roads.not_kept", tenant=self._tenant, error=type(error).__name__)
            return
        self._last, self._kept_at = digest, time.monotonic()


def keeping(roads: Roads, valkey: Redis, tenant: str) -> Roads:
    """Return the roads, keeping what they are told; the estimate needs no keeping."""
    return roads if isinstance(roads, GreatCircle) else KeepingRoads(roads, valkey, tenant)


async def kept_roads(valkey: Redis, tenant: str) -> Roads:
    """Return what is kept of a tenant's roads; the estimate when nothing is, or Valkey is lost."""
    try:
        async with asyncio.timeout(VALKEY_S):
            body = await valkey.get(_key(tenant))
    except (RedisError, OSError, TimeoutError) as error:
        log.warning("roads.not_read", tenant=tenant, error=type(error).__name__)
        body = None
    if not isinstance(body, bytes):
        return GreatCircle()
    with np.load(io.BytesIO(body), allow_pickle=False) as kept:
        return KeptRoads(str(kept["source"]), kept["places"], kept["seconds"])


def _key(tenant: str) -> str:
    return f"roads:{{{tenant}}}"
