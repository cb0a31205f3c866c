"""Sign-in, users, workers."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from api.shapes.body import SYMBOL, Body, Moment, Name, New, Row, Skill
from api.shapes.titles import normed
from dispatch.problem.credentials import ELECTRICAL
from fieldops.model import Profile


class Login(Body):
    tenant: str = Field(max_length=40)
    login: str = Field(max_length=200)
    password: str = Field(max_length=1000)


class Refresh(Body):
    refresh_token: str = Field(max_length=200)


class TenantView(Body):
    slug: str
    name: str
    tz: str
    locale: str


class Me(Body):
    """Who is signed in; `rights` lists `object:action` pairs the profile has."""

    id: UUID
    login: str
    display_name: str
    profile: Profile
    worker_id: UUID | None
    crew_ids: list[UUID]
    tenant: TenantView
    rights: list[str]
    tile_url: str | None


class Tokens(Body):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the scheme's name, not a secret
    expires_in_s: int
    refresh_token: str


class NewUser(New):
    login: str = Field(min_length=1, max_length=200)
    display_name: Name
    profile: Profile
    password: str = Field(min_length=10, max_length=1000)
    worker_id: UUID | None = None
    project_ids: list[UUID] = []
    site_ids: list[UUID] = []


class User(Row):
    login: str
    display_name: str
    profile: Profile
    worker_id: UUID | None
    active: bool


class NewWorker(New):
    name: Name
    employee_no: str | None = Field(None, max_length=40)
    phone: str | None = Field(None, max_length=40)
    is_staff_rep: bool = False
    skills: list[Skill] = Field([], max_length=50)


class NewWorkerSkill(Body):
    skill: Skill
    valid_from: date | None = None
    valid_until: date | None = None


class Worker(Row):
    """`skills` are those valid today."""

    name: str
    employee_no: str | None
    phone: str | None
    is_staff_rep: bool
    skills: list[str]


Symbol = Annotated[str, StringConstraints(pattern=rf"^{SYMBOL}$")]
Paper = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]


class NewCredential(New):
    """A paper; a task asks for `type`, `type:symbol` or `type:symbol:category`.

    The symbol of an electrical one is of NF C 18-510: BR, B2V, B2V Essai.
    """

    worker_id: UUID
    type: Paper
    symbol: Symbol | None = None
    category: Symbol | None = None
    issued_on: date
    valid_until: date | None = Field(None, description="the last day it holds")
    issuer: Name | None = None
    document_id: UUID | None = None

    @field_validator("symbol")
    @classmethod
    def _of_the_norm(cls, symbol: str | None, info: ValidationInfo) -> str | None:
        return symbol if info.data.get("type") != ELECTRICAL else normed(symbol or "")


class Credential(Row):
    """`expiring`: it ends within 30 days. `document_id` is null for who may see dates only."""

    worker_id: UUID
    worker_name: str
    type: str
    symbol: str | None
    category: str | None
    code: str
    issued_on: date
    valid_until: date | None
    issuer: str | None
    document_id: UUID | None
    status: Literal["valid", "expiring", "expired", "revoked", "future"]


AbsenceKind = Literal["leave", "training", "other"]


class NewAbsence(New):
    worker_id: UUID
    starts_at: Moment
    ends_at: Moment
    kind: AbsenceKind = "other"


class Absence(Row):
    worker_id: UUID
    worker_name: str
    starts_at: datetime
    ends_at: datetime
    kind: AbsenceKind
    cancelled_at: datetime | None
