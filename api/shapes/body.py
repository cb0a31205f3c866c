"""What all bodies share."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Item = TypeVar("Item")
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}$")]
Skill = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
# What a paper says: "BR", "B2V Essai", "R482". A colon parts it from its type and category.
SYMBOL = r"[^\s:]([^:\r\n]{0,38}[^\s:])?"
Lon = Annotated[float, Field(ge=-180, le=180)]
Lat = Annotated[float, Field(ge=-90, le=90)]
Moment = AwareDatetime


class Body(BaseModel):
    """A request's body: unknown fields are an error, so a typing mistake is never ignored."""

    model_config = ConfigDict(extra="forbid")


class New(Body):
    """A body that creates; a client that works off-line brings its own UUIDv7."""

    id: UUID | None = None


class Row(BaseModel):
    """A row people edit, as it is read; `version` goes back as If-Match."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime


class Page(BaseModel, Generic[Item]):
    """One page of a list; `next` is the cursor of the following one."""

    items: list[Item]
    next: str | None = None


class Point(Body):
    """A position, degrees WGS 84."""

    lon: Lon
    lat: Lat


class Reason(BaseModel):
    """Why a crew cannot take a task: a code the client translates, and its parameters.

    Without a crew it holds for all: NO_CREW (nobody is on shift), NO_PLACE (it lies nowhere).
    """

    code: str
    crew_id: UUID | None = None
    params: dict[str, Any] = {}


class ProblemItem(BaseModel):
    pointer: str
    message: str


class ProblemBody(BaseModel):
    """RFC 9457; served as application/problem+json. `code` and `params` are what one translates."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    params: dict[str, object] = {}
    errors: list[ProblemItem] = []
