"""What a road network is asked, whoever answers: the protocol, its answers, its limits.

Roads  matrix(origins, targets) ─▶ Travel    match(trail) ─▶ Match | None
├── GreatCircle          needs nothing; the default; knows no graph
├── KeptRoads            what the dispatcher was told, read by those who may not ask
└── RoadNetwork          a cache, an engine, and the estimate for what the engine cannot say
        Engine ├── Osrm      OSRM's HTTP
               └── Valhalla  Valhalla's HTTP, or its library in this process
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from fieldops.errors import BadInput, Unavailable
from geo.roads.estimate import (
    DEFAULT_SPEED_MPS,
    IntMatrix,
    Points,
    on_globe,
    road_metres,
    travel_matrix,
)

Profile = Literal["car", "truck"]
Floats = npt.NDArray[np.float64]
CELLS_MOST = 4_000_000
TRAIL_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Travel:
    """A matrix of drives.

    Attributes:
        seconds: whole, shape (n, m), rows are origins.
        metres: shape (n, m).
        source: `great_circle`, `osrm` or `valhalla`: who was asked.
        guessed: shape (n, m), which cells are the great circle's estimate all the same: the
            service did not answer in time, or knows no road there.
    """

    seconds: IntMatrix
    metres: Floats
    source: str
    guessed: npt.NDArray[np.bool_]

    @property
    def estimated(self) -> float:
        """The share of the cells that are guessed, 0 to 1."""
        return float(self.guessed.mean()) if self.guessed.size else 0.0

    @property
    def fell_back(self) -> bool:
        """Whether a road service was to answer and could not, in part or at all."""
        return self.source != "great_circle" and self.estimated > 0


@dataclass(frozen=True, slots=True)
class TrailPoint:
    """A fix of a trail, in order of time."""

    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """A trail on the roads it was driven on.

    Attributes:
        places: for each point where it was on a road (lon, lat), None where that cannot be said.
        line: the roads driven, lon, lat; the parts in order.
        metres: their length.
    """

    places: tuple[tuple[float, float] | None, ...]
    line: tuple[tuple[float, float], ...]
    metres: float


class NoRoad(Exception):
    """The service answered: there is no road near one of the places."""


class Roads(Protocol):
    """Whoever knows how long drives take."""

    async def matrix(
        self, origins: Points, targets: Points, *, profile: Profile = "car", ask: bool = True
    ) -> Travel:
        """Return the drives between all origins and targets (lon, lat; shapes (n, 2), (m, 2)).

        Without `ask` it waits for nobody: what is not remembered is the estimate.

        Raises:
            BadInput: a place off the globe, or more cells than 4,000,000.
        """
        ...

    async def match(self, trail: Sequence[TrailPoint], *, profile: Profile = "car") -> Match | None:
        """Return a trail on its roads; None where no graph is known, or none fits.

        Raises:
            BadInput: more than 5,000 points. Unavailable: the service does not answer.
        """
        ...


class Engine(Protocol):
    """A road service: small tables and matches, without memory."""

    name: str
    side_most: int

    async def table(
        self, origins: Floats, targets: Floats, profile: Profile
    ) -> tuple[Floats, Floats]:
        """Return (seconds, metres) of at most `side_most` by `side_most` drives; NaN: no way.

        Raises:
            NoRoad: a place has no road near it. Unavailable: no answer, or none that makes sense.
        """
        ...

    async def match(self, trail: Sequence[TrailPoint], profile: Profile) -> Match | None:
        """Return a trail on its roads, None when none fits.

        Raises:
            Unavailable: no answer, or none that makes sense.
        """
        ...


class GreatCircle:
    """The estimate: it needs nothing and knows no graph."""

    def __init__(self, *, speed_mps: float = DEFAULT_SPEED_MPS) -> None:
        self._speed_mps = speed_mps

    async def matrix(
        self,
        origins: Points,
        targets: Points,
        *,
        profile: Profile = "car",  # noqa: ARG002 - one speed for all
        ask: bool = True,  # noqa: ARG002 - nobody is asked
    ) -> Travel:
        origins, targets = checked(origins, targets)
        seconds = travel_matrix(origins, targets, speed_mps=self._speed_mps)
        guessed = np.ones(seconds.shape, dtype=np.bool_)
        return Travel(seconds, road_metres(origins, targets), "great_circle", guessed)

    async def match(
        self,
        trail: Sequence[TrailPoint],  # noqa: ARG002
        *,
        profile: Profile = "car",  # noqa: ARG002
    ) -> Match | None:
        return None


def checked(origins: Points, targets: Points) -> tuple[Points, Points]:
    """Return both as (n, 2) arrays.

    Raises:
        BadInput: a place off the globe, or too many cells.
    """
    origins, targets = on_globe(origins), on_globe(targets)
    cells = len(origins) * len(targets)
    if cells > CELLS_MOST:
        raise BadInput(
            f"a travel matrix of {len(origins)} by {len(targets)} has {cells} cells, the limit is "
            f"{CELLS_MOST}",
            code="matrix_too_large",
        )
    return origins, targets


def check_trail(trail: Sequence[TrailPoint]) -> None:
    """Raise BadInput when a trail is too long to be matched."""
    if len(trail) > TRAIL_MOST:
        raise BadInput(
            f"the trail has {len(trail)} points, the limit is {TRAIL_MOST}", code="trail_too_long"
        )


def senseless(name: str, what: str) -> Unavailable:
    """Return the error for an answer that is not what the service documents."""
    return Unavailable(f"{name}: its answer makes no sense: {what}")
