"""Errors on the wire: every branch of the error tree becomes an RFC 9457 problem, here and once.

A client translates `code` and `params`; `detail` is English for whoever reads a log. An error we
did not foresee is logged with its trace and answered with nothing but the number 500.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.shapes.body import ProblemBody, ProblemItem
from fieldops.errors import (
    BadInput,
    Conflict,
    FieldopsError,
    Forbidden,
    NotFound,
    Stale,
    Unauthenticated,
    Unavailable,
)
from fieldops.log import get_log

log = get_log()
MEDIA_TYPE = "application/problem+json"
VALUE_MOST = 100

# The first branch an error belongs to decides.
_STATUS: tuple[tuple[type[FieldopsError], int], ...] = (
    (Stale, 412),
    (Conflict, 409),
    (NotFound, 404),
    (Forbidden, 403),
    (Unauthenticated, 401),
    (BadInput, 422),
    (Unavailable, 503),
)
# Errors whose number is no branch's: FieldopsError.code → status.
_STATUS_OF_CODE = {"precondition_required": 428, "too_many_attempts": 429}


class Problem(Response):
    """A problem as a response."""

    media_type = MEDIA_TYPE

    def __init__(self, body: ProblemBody, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body.model_dump_json(), body.status, headers)


def problem_of(error: FieldopsError) -> ProblemBody:
    """Return the body for a deliberate error; the WebSocket uses it too."""
    status = _STATUS_OF_CODE.get(error.code) or next(
        (status for branch, status in _STATUS if isinstance(error, branch)), 500
    )
    if status == 500:
        return unforeseen()
    items = error.problems if isinstance(error, BadInput) else ()
    return ProblemBody(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=str(error),
        code=error.code,
        params=dict(error.params),
        errors=[ProblemItem(pointer=i.pointer, message=i.message) for i in items],
    )


def unforeseen() -> ProblemBody:
    """Return the body for an error nobody foresaw: no detail, the log has it."""
    return ProblemBody(
        title=HTTPStatus(500).phrase, status=500, detail="see the log", code="internal"
    )


def invalid(errors: Iterable[Mapping[str, Any]]) -> ProblemBody:
    """Return the body for pydantic's errors: a pointer, the rule and the value for each."""
    items = [ProblemItem(pointer=_pointer(e["loc"]), message=_message(e)) for e in errors]
    return ProblemBody(
        title=HTTPStatus(422).phrase,
        status=422,
        detail="; ".join(f"{i.pointer}: {i.message}" for i in items[:5]),
        code="bad_input",
        errors=items,
    )


def _pointer(loc: Iterable[str | int]) -> str:
    """Return a JSON pointer (RFC 6901) into the body, or to the parameter by its name."""
    parts = list(loc)
    if parts and parts[0] in ("body", "query", "path", "header", "cookie"):
        parts = parts[1:]
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)


def _message(error: Mapping[str, Any]) -> str:
    """Return the rule that was broken and, unless it is large or secret, the value."""
    value = error.get("input")
    secret = any("password" in str(p) or "token" in str(p) for p in error["loc"])
    if secret or isinstance(value, dict | list) or error["type"] == "missing":
        return str(error["msg"])
    return f"{error['msg']} (got {str(value)[:VALUE_MOST]!r})"


def add_handlers(app: FastAPI) -> None:
    """Make the application answer every error with a problem."""
    app.add_exception_handler(FieldopsError, _deliberate)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _deliberate(request: Request, error: Exception) -> Response:
    assert isinstance(error, FieldopsError)
    body = problem_of(error)
    if body.status >= 500:
        log.error("request.failed", code=error.code, reason=str(error), path=_template(request))
    headers = {"WWW-Authenticate": "Bearer"} if body.status == 401 else {}
    if body.status in (429, 503):
        headers["Retry-After"] = str(error.params.get("retry_after_s", 2))
    return Problem(body, headers)


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return Problem(invalid(error.errors()))


async def _http(_request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: no such route or method, unreadable body."""
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    detail = error.detail or phrase
    return Problem(
        ProblemBody(title=phrase, status=error.status_code, detail=detail, code=code),
        error.headers,
    )


def _template(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", "-"))
