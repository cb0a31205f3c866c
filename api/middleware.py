"""Around every request: a bound on its body, one log line, a duration, and a last resort.

Plain ASGI, outermost. The log line names the route's template, never the path, its query, a
header or a body: they may hold tokens and positions.
"""

import time

from prometheus_client import Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem, unforeseen
from fieldops.log import get_log
from fieldops.metrics import REGISTRY

log = get_log()
BODY_MOST = 1 << 20

_REQUESTS = Histogram(
    "fieldops_http_request_seconds",
    "Duration of HTTP requests.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
    registry=REGISTRY,
)


class Door:
    """Lets a request in, watches it, and writes it down when it leaves."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, _bounded(scope, receive), noted)
        except Exception:  # the edge: whatever a bug raises, the client learns only its number
            log.exception("request.crashed", method=scope["method"], route=_route(scope))
            if status == 0:
                await Problem(unforeseen())(scope, receive, noted)
        finally:
            _record(scope, status, time.perf_counter() - started)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Return `receive` that refuses a body of more than 1 MiB, announced or not."""
    announced = dict(scope["headers"]).get(b"content-length", b"0")
    received = 0

    async def bounded() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            size = int(announced) if announced.isdigit() else 0
            if max(received, size) > BODY_MOST:
                raise HTTPException(413, f"the body is larger than {BODY_MOST} bytes")
        return message

    return bounded


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "(web)"))


def _record(scope: Scope, status: int, seconds: float) -> None:
    route = _route(scope)
    _REQUESTS.labels(scope["method"], route, str(status)).observe(seconds)
    log.info(
        "request.answered",
        method=scope["method"],
        route=route,
        status=status,
        ms=round(1000 * seconds, 1),
        tenant=scope.get("state", {}).get("tenant"),
    )
