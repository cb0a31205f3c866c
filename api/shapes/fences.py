"""Fences: what people draw, and what is watched."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from api.shapes.body import Body, Lat, Lon, Name, New, Row
from api.shapes.resources import ClockTime

FenceKind = Literal["site", "depot", "forbidden", "danger"]
Place = tuple[Lon, Lat]


class Polygon(Body):
    """A GeoJSON Polygon (RFC 7946): rings of [lon, lat], the first is the outer one."""

    type: Literal["Polygon"]
    coordinates: list[list[Place]] = Field(min_length=1, max_length=100)


class CirclePoint(Body):
    """A GeoJSON Point: the centre of a circle of `radius_m`."""

    type: Literal["Point"]
    coordinates: Place


class CorridorLine(Body):
    """A GeoJSON LineString: the middle of a corridor of `width_m`."""

    type: Literal["LineString"]
    coordinates: list[Place] = Field(min_length=2, max_length=5000)


Drawing = Annotated[Polygon | CirclePoint | CorridorLine, Field(discriminator="type")]
RadiusM = Annotated[float, Field(description="of a Point's circle, 5 to 20 000")]
WidthM = Annotated[float, Field(description="of a LineString's corridor in all, 2 to 2 000")]
MarginM = Annotated[float, Field(ge=0, le=500, description="by which the drawing is grown")]
BufferM = Annotated[
    float, Field(ge=0, le=1000, description="beyond the edge that who is inside has not left")
]
DwellS = Annotated[
    float, Field(ge=0, le=3600, description="on the other side, however sure, to be confirmed")
]
MaxAccuracyM = Annotated[float, Field(gt=0, le=5000, description="vaguer fixes say nothing")]
Confidence = Annotated[
    float, Field(ge=0.6, le=0.9999, description="the probability at which a crossing is confirmed")
]


class FenceHours(Body):
    """When a fence is watched, on its site's clock: seven days, Monday first, of [from, to)."""

    week: list[list[tuple[ClockTime, ClockTime]]] = Field(min_length=7, max_length=7)


class NewFence(New):
    site_id: UUID | None = None
    name: Name
    kind: FenceKind = "site"
    geometry: Drawing
    radius_m: RadiusM | None = None
    width_m: WidthM | None = None
    margin_m: MarginM = 0
    buffer_m: BufferM = 10
    dwell_s: DwellS = 0
    max_accuracy_m: MaxAccuracyM = 100
    confidence: Confidence = 0.97
    schedule: FenceHours | None = Field(None, description="null: always watched")


class FenceChange(Body):
    """A new drawing, parameter or schedule opens a new version; yesterday keeps the old one."""

    name: Name | None = None
    kind: FenceKind | None = None
    geometry: Drawing | None = None
    radius_m: RadiusM | None = None
    width_m: WidthM | None = None
    margin_m: MarginM | None = None
    buffer_m: BufferM | None = None
    dwell_s: DwellS | None = None
    max_accuracy_m: MaxAccuracyM | None = None
    confidence: Confidence | None = None
    schedule: FenceHours | None = Field(None, description="null: always watched")
    active: bool | None = None


class Fence(Row):
    """`geometry` is what was drawn, `area` the polygon that is watched."""

    site_id: UUID | None
    name: str
    kind: FenceKind
    active: bool
    geometry: Drawing
    radius_m: float | None
    width_m: float | None
    margin_m: float
    area: Polygon
    buffer_m: float
    dwell_s: float
    max_accuracy_m: float
    confidence: float
    schedule: FenceHours | None


class FenceVersion(Body):
    """What a fence was from `valid_from` to `valid_until`; null: it still is."""

    id: UUID
    valid_from: datetime
    valid_until: datetime | None
    active: bool
    geometry: Drawing
    radius_m: float | None
    width_m: float | None
    margin_m: float
    area: Polygon
    buffer_m: float
    dwell_s: float
    max_accuracy_m: float
    confidence: float
    schedule: FenceHours | None


class FenceFile(Body):
    """A GeoJSON or KML file to draw fences of; the file's own `kind` and measures come first."""

    text: str = Field(min_length=1, max_length=1_000_000)
    site_id: UUID | None = None
    name: Name | None = Field(None, description="of features that have none; a number follows")
    kind: FenceKind = "site"
    radius_m: RadiusM | None = Field(None, description="of the file's points")
    width_m: WidthM | None = Field(None, description="of the file's lines")
    skip_invalid: bool = Field(False, description="draw the rest; else anything wrong refuses all")
    dry_run: bool = Field(False, description="draw nothing; tell what would be")


class FeatureFault(Body):
    """Why one feature of a file cannot be a fence; `lon`, `lat`: where it crosses itself."""

    feature: int
    name: str | None
    pointer: str
    code: str
    message: str
    lon: float | None
    lat: float | None


class FenceImport(Body):
    """The fences drawn (or that would be), and the features that cannot be."""

    fences: list[Fence]
    faults: list[FeatureFault]


class SuggestionLeast(Body):
    """Fewer check-ins, or of fewer people, suggest nothing."""

    points: int
    workers: int


class FenceSuggestion(Body):
    """The fence a site's check-ins suggest; `geometry` is null when there are too few.

    `why`: `hull` around many, `circle` around few, `too_few`. Names and places of people stay out.
    """

    days: int
    workers: int
    least: SuggestionLeast
    points: int
    used: int
    why: Literal["hull", "circle", "too_few"]
    geometry: Drawing | None
    radius_m: float | None
    accuracy_m: float | None
    spread_m: float | None


class FenceDifference(Body):
    """Where the index and PostGIS part, by fence version: how, for how many fixes."""

    fence: UUID
    version: UUID
    kind: Literal["inside_only_index", "inside_only_postgis", "edge"]
    fixes: int
    worst_m: float | None


class FenceAudit(Body):
    """A nightly comparison of the index in memory with PostGIS over a sample of fixes."""

    id: UUID
    at: datetime
    since: datetime
    until: datetime
    fixes: int
    pairs: int
    differing: int
    differences: list[FenceDifference]
