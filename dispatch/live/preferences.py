"""How a tenant wants to be planned: one row, edited over REST, read at every round.

An offer's life and horizon that are null are the process's own settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import func, select, update

from fieldops.database import Connection
from fieldops.errors import Stale
from fieldops.rows import compiled, fetch_one
from fieldops.schema.tables import dispatch_settings
from identity.commands import Change
from identity.rights import require


@dataclass(frozen=True, slots=True)
class Preferences:
    """Durations in seconds.

    freeze_s: what starts within it stays with its crew. changes_most: tasks a re-plan may give to
    or take from one crew. gain_per_move_s: what an improvement must save for each task it moves to
    be proposed; auto_gain_per_move_s: to be published without asking. news_s: times that differ by
    less from those last told are nobody's news. silent_s: a crew on shift unheard for so long is
    off-line; its un-started offers stay or are withdrawn (silent_policy). no_phone: who answers for
    a crew without a phone, its chef in the office or nobody (accept). max_span_s: from a shift's
    start to the end of work; max_route_s: out on the road; None is no limit.
    """

    version: int
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
    max_span_s: int | None = None
    max_route_s: int | None = None


_FIELDS = tuple(Preferences.__slots__)


async def read_preferences(connection: Connection) -> Preferences:
    """Return the tenant's preferences."""
    row = await fetch_one(connection, select(dispatch_settings))
    assert row is not None  # the migration wrote it, and nothing deletes it
    return Preferences(**{name: row[name] for name in _FIELDS})


async def view_preferences(connection: Connection) -> dict[str, Any]:
    """Return the row with the fields of the api's DispatchSettings."""
    row = await fetch_one(connection, select(dispatch_settings))
    assert row is not None
    return dict(row)


async def change_preferences(
    change: Change, version: int, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Change how the tenant is planned; the loop plans anew.

    Raises:
        Stale: it is not at `version`.
    """
    require(change.actor, "dispatch", "update")
    row = await fetch_one(change.connection, select(dispatch_settings).with_for_update())
    assert row is not None
    if row["version"] != version:
        raise Stale(
            f"dispatch settings are at version {row['version']}, not {version}",
            object="dispatch_settings",
            version=row["version"],
        )
    statement = update(dispatch_settings).values(
        **changes, version=dispatch_settings.c.version + 1, updated_at=func.now()
    )
    text, values = compiled(statement)
    await change.connection.execute(text, *values)
    view = await view_preferences(change.connection)
    change.audit("update", "dispatch", body=dict(changes))
    change.event("dispatch.changed", {k: v for k, v in view.items() if k != "id"})
    return view
