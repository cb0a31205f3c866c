"""Is the process alive, is it ready: for load balancers, which carry no token."""

from fastapi import APIRouter, Response

from api.context import EdgeDep
from api.shapes.body import Body
from fieldops.observability import unready_parts

router = APIRouter(tags=["health"])


class Health(Body):
    """`unready` names roles still starting and services that do not answer."""

    ready: bool
    unready: list[str]


@router.get("/healthz")
async def healthz() -> Health:
    """Answer while the event loop turns; says nothing about the services."""
    return Health(ready=True, unready=[])


@router.get("/readyz", responses={503: {"model": Health}})
async def readyz(edge: EdgeDep, response: Response) -> Health:
    """Answer 200 when every role serves and the control database and Valkey answer, else 503."""
    unready = await unready_parts(edge.process)
    response.status_code = 503 if unready else 200
    return Health(ready=not unready, unready=unready)
