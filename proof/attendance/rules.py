"""The tenant's own numbers for judging attendance: data, with French law's to begin with."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from fieldops.database import Connection, sql
from fieldops.rows import update_row
from fieldops.schema.tables import attendance_rule
from identity.commands import Change
from identity.rights import require
from proof.attendance.verdicts import Limits


async def view_rules(connection: Connection) -> dict[str, Any]:
    """Return the rules with the fields of the api's AttendanceRules."""
    row = await connection.fetchrow(sql("proof.attendance", "read_rules"))
    assert row is not None
    return dict(row)


async def load_limits(connection: Connection) -> Limits:
    """Return what verdicts are made by."""
    row = await view_rules(connection)
    return Limits(**{each.name: row[each.name] for each in fields(Limits)})


async def change_rules(change: Change, version: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """Change some numbers; what was judged before keeps its verdict until it is judged again.

    Raises:
        Stale: the rules are at another version. BadInput: a number breaks its rule.
    """
    require(change.actor, "attendance_rule", "update")
    before = await view_rules(change.connection)
    await update_row(change.connection, attendance_rule, before["id"], version, values)
    after = await view_rules(change.connection)
    change.audit(
        "update",
        "attendance_rule",
        after["id"],
        {name: [before[name], after[name]] for name in values},
    )
    return after
