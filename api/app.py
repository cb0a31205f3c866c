"""The application: one router a noun under /api/v1, problems for errors, the web for the rest."""

from functools import partial

from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import (
    absences,
    assignments,
    attendance,
    attendance_days,
    audit,
    auth,
    credentials,
    crews,
    devices,
    dispatching,
    drafts,
    events,
    fences,
    health,
    links,
    machines,
    me,
    permits,
    plan,
    policies,
    preferences,
    presence,
    privacy,
    private_periods,
    projects,
    proofs,
    quarantine,
    replays,
    shifts,
    sites,
    tasks,
    users,
    vehicles,
    workers,
)
from api.context import Edge
from api.description import PROBLEMS, describe
from api.live import route as live
from api.live.hub import Hub
from api.middleware import Door
from api.problems import add_handlers
from api.web import web_of
from fieldops.process import Process
from identity.passwords import Passwords
from identity.tokens import Signer
from proof.storage import object_store

PREFIX = "/api/v1"
ROUTERS = (
    auth,
    me,
    users,
    audit,
    events,
    plan,
    drafts,
    assignments,
    dispatching,
    preferences,
    projects,
    sites,
    permits,
    tasks,
    links,
    workers,
    credentials,
    absences,
    vehicles,
    crews,
    shifts,
    devices,
    policies,
    private_periods,
    privacy,
    proofs,
    attendance,
    attendance_days,
    quarantine,
    fences,
    presence,
    replays,
    machines,
    live,
)


def create_app(process: Process) -> FastAPI:
    """Return the application of a process."""
    app = create_routes()
    app.state.edge = Edge(
        process,
        Signer(process.control, lifetime_s=process.settings.access_token_s),
        Passwords(),
        object_store(process),
    )
    app.state.hub = Hub(process)
    app.router.default = web_of(process)
    return app


def create_routes() -> FastAPI:
    """Return the application without a process: enough to describe it."""
    app = FastAPI(
        title="FieldOps360",
        version="0.1.0",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        responses=PROBLEMS,
    )
    add_handlers(app)
    app.add_middleware(Door)
    app.include_router(health.router)
    for module in ROUTERS:
        app.include_router(module.router, prefix=PREFIX)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
