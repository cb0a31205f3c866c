"""A road network as planners see it: remembered, asked in pieces, and never in their way."""

import asyncio
import time
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from fieldops.errors import Unavailable
from fieldops.log import get_log
from geo.metrics import ROAD_CELLS, ROAD_REQUEST_S
from geo.roads.cache import DIGITS, DriveCache, Floats, Slots
from geo.roads.estimate import DEFAULT_SPEED_MPS, Points, road_metres, travel_matrix
from geo.roads.network import (
    Engine,
    Match,
    NoRoad,
    Profile,
    Roads,
    TrailPoint,
    Travel,
    check_trail,
    checked,
)

log = get_log()
AT_ONCE = 4
# After a failure the service is left in peace, so that plans do not each wait for its timeout.
REST_S = 30.0


class RoadNetwork(Roads):
    """An engine with a memory. What it cannot say in time is the great circle's estimate."""

    def __init__(
        self,
        engine: Engine,
        *,
        timeout_s: float,
        cells_most: int,
        speed_mps: float = DEFAULT_SPEED_MPS,
        rest_s: float = REST_S,
    ) -> None:
        """`timeout_s` is for a whole matrix; `cells_most` the size of the memory a profile."""
        self._engine = engine
        self._timeout_s = timeout_s
        self._cells_most = cells_most
        self._speed_mps = speed_mps
        self._rest_s = rest_s
        self._caches: dict[Profile, DriveCache] = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._rests_until_s = 0.0
        self._lost = False

    async def matrix(
        self, origins: Points, targets: Points, *, profile: Profile = "car", ask: bool = True
    ) -> Travel:
        origins, targets = (np.round(p, DIGITS) for p in checked(origins, targets))
        seconds, metres = await self._known(origins, targets, profile, wait=ask)
        unknown = ~np.isfinite(seconds)
        estimate_s = travel_matrix(origins, targets, speed_mps=self._speed_mps)
        whole = np.where(unknown, estimate_s, np.ceil(np.where(unknown, 0, seconds)))
        ROAD_CELLS.labels("estimated").inc(int(unknown.sum()))
        return Travel(
            whole.astype(np.int64),
            np.where(unknown, road_metres(origins, targets), metres),
            self._engine.name,
            unknown,
        )

    async def match(self, trail: Sequence[TrailPoint], *, profile: Profile = "car") -> Match | None:
        check_trail(trail)
        if len(trail) < 2:
            return None
        try:
            async with asyncio.timeout(self._timeout_s), self._at_once:
                return await self._engine.match(trail, profile)
        except TimeoutError as error:
            raise Unavailable(
                f"{self._engine.name}: no match within {self._timeout_s} s"
            ) from error

    async def _known(
        self, origins: Floats, targets: Floats, profile: Profile, *, wait: bool
    ) -> tuple[Floats, Floats]:
        """Return what is remembered or the engine says now; not finite where neither."""
        cache = self._caches.setdefault(profile, DriveCache(self._cells_most))
        seconds, metres = cache.read(origins, targets)
        missing = np.isnan(seconds)
        ROAD_CELLS.labels("remembered").inc(int((~missing).sum()))
        if not (wait and missing.any()) or time.monotonic() < self._rests_until_s:
            return seconds, metres

        async def ask(i: Slots, j: Slots) -> None:
            found = await self._table(origins[i], targets[j], profile)
            # Others use the memory while we wait: our own copy is what this matrix is made of.
            seconds[np.ix_(i, j)], metres[np.ix_(i, j)] = found
            cache.write(origins[i], targets[j], *found)

        try:
            async with asyncio.timeout(self._timeout_s), asyncio.TaskGroup() as group:
                for i, j in blocks(missing, self._engine.side_most):
                    group.create_task(ask(i, j))
        except* (TimeoutError, Unavailable) as errors:
            self._fail(str(errors.exceptions[0]) or f"no matrix within {self._timeout_s} s")
        else:
            self._back()
        return seconds, metres

    async def _table(
        self, origins: Floats, targets: Floats, profile: Profile
    ) -> tuple[Floats, Floats]:
        """Ask for one block; infinity where there is no way."""
        async with self._at_once:
            started = time.perf_counter()
            try:
                found = await self._engine.table(origins, targets, profile)
            except NoRoad:
                found = await self._one_by_one(origins, targets, profile)
        ROAD_REQUEST_S.labels(self._engine.name).observe(time.perf_counter() - started)
        ROAD_CELLS.labels("asked").inc(found[0].size)
        seconds, metres = (np.where(np.isnan(each), np.inf, each) for each in found)
        return seconds, metres

    async def _one_by_one(
        self, origins: Floats, targets: Floats, profile: Profile
    ) -> tuple[Floats, Floats]:
        """Ask row by row when a place has no road, so that one stray does not blind the rest."""
        shape = len(origins), len(targets)
        seconds, metres = np.full(shape, np.nan), np.full(shape, np.nan)
        good = [j for j in range(shape[1]) if await self._has_road(targets[j], profile)]
        for i in range(shape[0]):
            if not good or not await self._has_road(origins[i], profile):
                continue
            row = await self._engine.table(origins[i : i + 1], targets[good], profile)
            seconds[i, good], metres[i, good] = row[0][0], row[1][0]
        return seconds, metres

    async def _has_road(self, place: Floats, profile: Profile) -> bool:
        try:
            await self._engine.table(place[None], place[None], profile)
        except NoRoad:
            return False
        return True

    def _back(self) -> None:
        if self._lost:
            self._lost = False
            log.info("roads.back", engine=self._engine.name)

    def _fail(self, reason: str) -> None:
        self._rests_until_s = time.monotonic() + self._rest_s
        if not self._lost:
            self._lost = True
            log.warning("roads.lost", engine=self._engine.name, reason=reason)


def blocks(missing: npt.NDArray[np.bool_], side: int) -> Iterator[tuple[Slots, Slots]]:
    """Yield (rows, columns) of at most `side` each that cover all that is missing.

    Rows that miss the same columns go together: one new place among known ones costs its row and
    its column, not the matrix.
    """
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        columns = np.flatnonzero(pattern)
        rows = np.flatnonzero(which.reshape(-1) == number)
        if not columns.size:
            continue
        for i in range(0, len(rows), side):
            for j in range(0, len(columns), side):
                yield rows[i : i + side], columns[j : j + side]
