"""`/api/v1/live`: a WebSocket. The token goes in the first message, never in the URL."""

from fastapi import APIRouter, WebSocket

from api.context import Caller, Edge, identify
from api.live.hub import Hub
from api.live.messages import OfferAnswer
from api.live.session import Doors, serve_viewer
from dispatch.live.offers import answer_offer
from identity.commands import Change, execute

router = APIRouter()


@router.websocket("/live")
async def live(socket: WebSocket) -> None:
    """Serve one viewer; `app.state` holds the `edge` and the running `hub`."""
    edge, hub = socket.app.state.edge, socket.app.state.hub
    assert isinstance(edge, Edge)
    assert isinstance(hub, Hub)
    await serve_viewer(socket, Doors(hub, lambda token: identify(edge, token), answer))


async def answer(caller: Caller, given: OfferAnswer) -> int:
    """Apply a crew's answer and return the assignment's version; the same command as over REST.

    Raises:
        Whatever `dispatch.live.offers.answer_offer` raises.
    """

    async def apply(change: Change) -> int:
        view = await answer_offer(change, given.assignment, given.version, given.accept, given.why)
        return int(view["version"])

    return await execute(caller.store, caller.actor, apply, what="answer")
