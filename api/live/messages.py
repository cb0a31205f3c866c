"""What a client says: one thing a message, unknown words are an error."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, ValidationError, model_validator

from api.live.frames import Viewport
from api.problems import invalid
from api.shapes.body import Body, Lat, Lon, ProblemBody

TOKEN_MOST = 4096


class MapView(Body):
    """What the map shows: [west, south, east, north] in degrees, and its zoom."""

    bbox: tuple[Lon, Lat, Lon, Lat]
    zoom: Annotated[float, Field(ge=0, le=30)]

    def viewport(self) -> Viewport:
        return Viewport(*self.bbox)


class Subscribe(Body):
    """The first one asks for a snapshot, or to resume after `since`; later ones move the map."""

    map: MapView | None = None
    assignments: bool = True
    since: int | None = Field(None, ge=0, lt=1 << 62)


class OfferAnswer(Body):
    """A crew's answer to the offer of that version."""

    assignment: UUID
    version: int
    accept: bool
    why: str | None = Field(None, max_length=500)


class Message(Body):
    """Exactly one of these."""

    token: str | None = Field(None, max_length=TOKEN_MOST)
    subscribe: Subscribe | None = None
    answer: OfferAnswer | None = None

    @model_validator(mode="after")
    def _one(self) -> "Message":
        if sum(part is not None for part in (self.token, self.subscribe, self.answer)) != 1:
            raise ValueError("say exactly one of token, subscribe, answer")
        return self


def read_message(text: str) -> Message | ProblemBody:
    """Return what the client said, or the problem with it."""
    try:
        return Message.model_validate_json(text)
    except ValidationError as error:
        return invalid(error.errors(include_url=False, include_context=False))
