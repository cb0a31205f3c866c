"""Errors on the wire: one shape, the right number, and nothing that should stay inside."""

from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from api.context import IfMatch
from api.middleware import BODY_MOST, Door
from api.problems import add_handlers, problem_of
from api.shapes.body import Body, Lat
from fieldops.errors import (
    BadInput,
    BadMessage,
    Conflict,
    FieldopsError,
    Forbidden,
    LeaseLost,
    NotFound,
    Prerequisite,
    SessionTakenOver,
    Stale,
    Unauthenticated,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput, 422),
        (BadMessage, 422),
        (Unauthenticated, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Conflict, 409),
        (SessionTakenOver, 409),
        (Stale, 412),
        (Unavailable, 503),
        (LeaseLost, 503),
        (Prerequisite, 500),
    ],
)
def test_every_branch_of_the_tree_has_its_number(error: type[FieldopsError], status: int) -> None:
    assert problem_of(error("said")).status == status


class _Place(Body):
    lat: Lat
    names: list[str]


def _application() -> FastAPI:
    app = FastAPI()
    add_handlers(app)
    app.add_middleware(Door)

    @app.post("/places/{place}")
    async def place(place: int, body: _Place) -> _Place:
        return body

    @app.patch("/places/{place}")
    async def change(place: int, version: IfMatch) -> int:
        return version

    @app.get("/bug")
    async def bug() -> None:
        raise RuntimeError("select secret from table; lon 4.83")

    @app.get("/lost")
    async def lost() -> None:
        raise Unavailable("database: does not answer")

    return app


@pytest.fixture
def http() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=_application()), base_url="http://test"
    )


async def test_a_wrong_value_is_named_with_its_place_its_rule_and_itself(
    http: httpx.AsyncClient,
) -> None:
    answer = await http.post("/places/1", json={"lat": 95, "names": ["a", 2]})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [
        {"pointer": "/lat", "message": "Input should be less than or equal to 90 (got '95')"},
        {"pointer": "/names/1", "message": "Input should be a valid string (got '2')"},
    ]


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/places/x", b'{"lat": 1, "names": []}', 422),
        ("POST", "/places/1", b"not json", 422),
        ("POST", "/places/1", b"", 422),
        ("GET", "/nowhere", b"", 404),
        ("DELETE", "/places/1", b"", 405),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    http: httpx.AsyncClient, method: str, path: str, content: bytes, status: int
) -> None:
    answer = await http.request(
        method, path, content=content, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 428), ('"7"', 200), ("7", 200), ('W/"7"', 200), ("*", 422), ('"x"', 422)],
)
async def test_a_change_names_the_version_it_read(
    http: httpx.AsyncClient, header: str | None, status: int
) -> None:
    answer = await http.patch("/places/1", headers={"If-Match": header} if header else {})

    assert answer.status_code == status


async def test_a_bug_is_logged_and_says_nothing_to_the_client(http: httpx.AsyncClient) -> None:
    logs: list[MutableMapping[str, Any]]
    with capture_logs() as logs:
        answer = await http.get("/bug")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text
    crashed = [entry for entry in logs if entry["event"] == "request.crashed"]
    assert [entry["route"] for entry in crashed] == ["/bug"]


async def test_a_lost_service_says_when_to_come_back(http: httpx.AsyncClient) -> None:
    answer = await http.get("/lost")

    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_a_mebibyte_is_refused_announced_or_not(
    http: httpx.AsyncClient, announced: bool
) -> None:
    body = b'{"lat": 1, "names": ["' + b"x" * BODY_MOST + b'"]}'

    async def pieces() -> Any:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    answer = await http.post(
        "/places/1",
        content=body if announced else pieces(),
        headers={"Content-Type": "application/json"},
    )

    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_a_request_is_one_line_with_the_template_and_no_values(
    http: httpx.AsyncClient,
) -> None:
    logs: list[MutableMapping[str, Any]]
    with capture_logs() as logs:
        await http.post("/places/42?token=abc", json={"lat": 45.75, "names": []})

    [line] = logs
    assert {k: line[k] for k in ("event", "method", "route", "status")} == {
        "event": "request.answered",
        "method": "POST",
        "route": "/places/{place}",
        "status": 200,
    }
    assert not {"42", "abc", "45.75"} & {str(value) for value in line.values()}
