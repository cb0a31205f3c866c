"""Drives already known, by rounded places: two square matrices that forget their oldest places.

A place is rounded to 10⁻⁴ degrees (11 m at most), so that a van in the yard is one place. Each
known place has a row and a column; when all are taken the place nobody asked for longest gives its
own up. Looking up a block is one indexing, whatever its size.
"""

from math import isqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Slots = npt.NDArray[np.intp]
DIGITS = 4


class DriveCache:
    """Seconds and metres between at most √`cells_most` places of one profile; 16 bytes a cell."""

    def __init__(self, cells_most: int) -> None:
        self._most = isqrt(cells_most)
        self._seconds = np.full((0, 0), np.nan)
        self._metres = np.full((0, 0), np.nan)
        # By age: the first is the one not asked for longest.
        self._slots: dict[tuple[float, float], int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def read(self, origins: Floats, targets: Floats) -> tuple[Floats, Floats]:
        """Return (seconds, metres) between places (lon, lat; shapes (n, 2), (m, 2)).

        NaN where nothing is known, infinity where it is known that there is no way.
        """
        rows, columns = self._touched(origins), self._touched(targets)
        seconds = np.full((len(rows), len(columns)), np.nan)
        metres = seconds.copy()
        i, j = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
        seconds[np.ix_(i, j)] = self._seconds[np.ix_(rows[i], columns[j])]
        metres[np.ix_(i, j)] = self._metres[np.ix_(rows[i], columns[j])]
        return seconds, metres

    def write(self, origins: Floats, targets: Floats, seconds: Floats, metres: Floats) -> None:
        """Remember a block; one of more places than the memory holds is let go."""
        keys = place_keys(origins) + place_keys(targets)
        if len(set(keys)) > self._most:
            return
        # Those of the block are the newest first, so that none gives way to another.
        self._touched(origins), self._touched(targets)
        for key in keys:
            if key not in self._slots:
                self._slots[key] = self._free()
        block = np.ix_(self._touched(origins), self._touched(targets))
        self._seconds[block], self._metres[block] = seconds, metres

    def _touched(self, places: Floats) -> Slots:
        """Return the rows of places, -1 for the unknown; the known are young again."""
        keys = place_keys(places)
        for key in keys:
            if key in self._slots:
                self._slots[key] = self._slots.pop(key)
        return np.array([self._slots.get(key, -1) for key in keys], dtype=np.intp)

    def _free(self) -> int:
        """Return a row for a new place, empty."""
        if len(self._slots) >= self._most:
            slot = self._slots.pop(next(iter(self._slots)))
            for matrix in (self._seconds, self._metres):
                matrix[slot, :] = matrix[:, slot] = np.nan
            return slot
        slot = len(self._slots)
        if slot >= len(self._seconds):
            self._grow(min(self._most, max(64, 2 * slot)))
        return slot

    def _grow(self, side: int) -> None:
        old = len(self._seconds)
        for name in ("_seconds", "_metres"):
            grown = np.full((side, side), np.nan)
            grown[:old, :old] = getattr(self, name)
            setattr(self, name, grown)


def place_keys(places: Floats) -> list[tuple[float, float]]:
    """Return places (lon, lat; shape (n, 2)) as they are known: rounded."""
    return [(lon, lat) for lon, lat in np.round(places, DIGITS).tolist()]
