"""How a tenant is planned: settings, versions of the plan, drafts, what-ifs."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.shapes.body import Body

Seconds = Annotated[int, Field(ge=0, le=86_400)]


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
