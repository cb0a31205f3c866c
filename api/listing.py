"""Pages and partial changes, the same for every noun."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from api.context import PageQuery
from api.shapes.body import Body, Page
from fieldops.errors import BadInput

M = TypeVar("M", bound=BaseModel)


def window(paging: PageQuery) -> dict[str, Any]:
    """Return `after` and `limit` for a view: one row more than the page, to know of the next.

    Raises:
        BadInput: the cursor is not one of ours.
    """
    if paging.cursor is None:
        return {"after": None, "limit": paging.limit + 1}
    try:
        return {"after": UUID(paging.cursor), "limit": paging.limit + 1}
    except ValueError as error:
        raise BadInput(f"cursor {paging.cursor!r} is not one of ours", pointer="/cursor") from error


def page(shape: type[M], rows: Sequence[Mapping[str, Any]], paging: PageQuery) -> Page[M]:
    """Return the rows a view gave for `window` as a page."""
    items = [shape.model_validate(dict(row)) for row in rows[: paging.limit]]
    more = len(rows) > paging.limit
    return Page(items=items, next=str(rows[paging.limit - 1]["id"]) if more else None)


def changes(body: Body) -> dict[str, Any]:
    """Return the fields a partial change names; null is a value, absence is none.

    Raises:
        BadInput: it names none.
    """
    named = body.model_dump(exclude_unset=True)
    if not named:
        raise BadInput("the change names no field", code="empty_change")
    return named
