"""How a tenant is planned: settings, versions of the plan, drafts, what-ifs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from api.shapes.body import Body, Name, New, Reason, Row

Seconds = Annotated[int, Field(ge=0, le=86_400)]


class Move(Body):
    """Give a task to a crew at a place in its route (its end without one), or to none.

    `position` counts in the route, started visits included, as it is once every moved task is out
    of it and those before in the list are in. What a person gives is pinned: re-planning works
    around it.
    """

    task_id: UUID
    crew_id: UUID | None
    position: int | None = Field(None, ge=0, le=1000)
    pinned: bool = True


Moves = Annotated[list[Move], Field(min_length=1, max_length=200)]


class Asked(Body):
    """What would follow from these moves?"""

    moves: Moves


class PlanViolation(BaseModel):
    """A rule the moves would break, and where; what was broken before counts if it gets worse."""

    rule: str
    crew_id: UUID | None
    task_id: UUID | None


class Place(BaseModel):
    """Where a task stands in a plan."""

    crew_id: UUID
    sequence: int
    eta_at: datetime
    start_at: datetime
    end_at: datetime
    pinned: bool


class PlanChange(BaseModel):
    """One task before and after. `retimed`: same crew, another place or time."""

    task_id: UUID
    kind: Literal["added", "moved", "removed", "retimed"]
    before: Place | None
    after: Place | None
    why: dict[str, Any] = {}


class Figures(BaseModel):
    """The objective in seconds, travel in seconds, and how many tasks change how.

    `travel_source` tells the drives (great_circle, osrm, valhalla), `travel_estimated` which share
    of them is the great circle's estimate, 0 to 1.
    """

    cost_before_s: int
    cost_after_s: int
    cost_delta_s: int
    travel_delta_s: int
    unassigned_before: int
    unassigned_after: int
    added: int
    moved: int
    removed: int
    retimed: int
    travel_source: str = "great_circle"
    travel_estimated: float = 1.0


class WhatIf(BaseModel):
    """Feasible when no rule is newly broken, or by more; `reasons` say why not, by crew."""

    feasible: bool
    violations: list[PlanViolation]
    reasons: list[Reason]
    figures: Figures
    diff: list[PlanChange]


PlanKind = Literal["auto", "by_hand", "draft", "proposal", "revert"]


class PlanVersion(BaseModel):
    """A published version; `figures` has cost, gain_s and how many tasks changed how."""

    version: int
    published_at: datetime
    published_by: UUID | None
    kind: PlanKind
    trigger: dict[str, Any]
    figures: dict[str, Any]
    reverts: int | None


class PlanVersionDetail(PlanVersion):
    diff: list[PlanChange]


class PlanDiff(BaseModel):
    """What changed hands between two versions, added up."""

    from_version: int
    to_version: int
    diff: list[PlanChange]


class DraftMove(BaseModel):
    """A move, and the crew that had the task when it was drafted."""

    task_id: UUID
    crew_id: UUID | None
    position: int | None
    pinned: bool
    from_crew_id: UUID | None


class DraftFigures(Figures):
    feasible: bool
    violations: list[PlanViolation]
    gain_per_move_s: int | None = None


class NewPlanDraft(New):
    title: Name | None = None
    moves: Moves


class PlanDraftChange(Body):
    """With other moves or without, the draft is judged again on the plan of now."""

    title: Name | None = None
    moves: Moves | None = None


class PublishDraft(Body):
    force: bool = Field(False, description="publish although it breaks rules")


class PlanDraft(Row):
    """A draft, or a proposal of the machine's; accepting one is publishing it."""

    kind: Literal["draft", "proposal"]
    state: Literal["open", "published", "rejected", "stale"]
    base_version: int
    title: str | None
    moves: list[DraftMove]
    diff: list[PlanChange]
    figures: DraftFigures
    published_version: int | None
    decided_by: UUID | None
    decided_at: datetime | None


class Revert(Body):
    """Go back to who did what at `to_version`; `dry_run` only says what would be restored."""

    to_version: int = Field(ge=0)
    dry_run: bool = False


class KeptTask(BaseModel):
    """Why a task is not restored: OVER, LOCKED, WAS_UNASSIGNED, SHIFT, DECLINED, NOT_FEASIBLE,
    OUT_OF_REACH."""

    task_id: UUID
    code: str
    params: dict[str, Any] = {}


class Reverted(BaseModel):
    """`version` is null when nothing could be restored, and when it was only asked; the drives are
    told as in `Figures`."""

    version: int | None
    to_version: int
    restored: list[UUID]
    kept: list[KeptTask]
    travel_source: str
    travel_estimated: float


class DispatchSettings(BaseModel):
    """The dispatcher's settings; `offer_s`, `offer_horizon_s` null: as the platform is set."""

    version: int
    updated_at: datetime
    freeze_s: int
    changes_most: int | None
    move_tax_s: int
    improve: bool
    improve_every_s: int
    improve_s: int
    gain_per_move_s: int
    auto_gain_per_move_s: int | None
    offer_s: int | None
    offer_horizon_s: int | None
    news_s: int
    silent_s: int
    silent_policy: Literal["keep", "withdraw"]
    no_phone: Literal["chef", "accept"]
    break_after_s: int
    break_s: int
    rest_s: int
    overtime_s: int
    max_span_s: int | None
    max_route_s: int | None


class DispatchSettingsChange(Body):
    freeze_s: Seconds | None = Field(None, description="what starts sooner stays with its crew")
    changes_most: int | None = Field(
        None, ge=0, le=100, description="tasks a re-plan may change for one crew; null: any"
    )
    move_tax_s: int | None = Field(None, ge=0, le=50_000, description="cost of moving a task")
    improve: bool | None = Field(None, description="look for better plans in the background")
    improve_every_s: int | None = Field(None, ge=10, le=86_400)
    improve_s: int | None = Field(None, ge=1, le=60, description="time one search may take")
    gain_per_move_s: Seconds | None = Field(None, description="proposed from this gain on")
    auto_gain_per_move_s: Seconds | None = Field(
        None, description="published without asking from this gain on; null: never"
    )
    offer_s: int | None = Field(None, ge=5, le=86_400)
    offer_horizon_s: Seconds | None = None
    news_s: int | None = Field(None, ge=30, le=3600, description="an ETA's shift worth telling")
    silent_s: int | None = Field(None, ge=60, le=86_400, description="a crew unheard is off-line")
    silent_policy: Literal["keep", "withdraw"] | None = None
    no_phone: Literal["chef", "accept"] | None = Field(
        None, description="who answers for a crew without a phone"
    )
    break_after_s: int | None = Field(None, ge=0, le=43_200)
    break_s: int | None = Field(None, ge=0, le=14_400)
    rest_s: int | None = Field(None, ge=0, le=86_400, description="between two shifts")
    overtime_s: int | None = Field(None, ge=0, le=21_600)
    max_span_s: int | None = Field(
        None, ge=60, le=86_400, description="from a shift's start to the end of work; null: any"
    )
    max_route_s: int | None = Field(
        None, ge=60, le=86_400, description="from leaving to the end of the route; null: any"
    )
