"""A simulated crew at its lead's phone: hears offers, answers, drives, works, goes on.

It knows what a phone knows: the WebSocket, the REST API, and where it stands itself.
"""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from devices.endpoint import backoff
from fieldops.errors import Conflict, FieldopsError, NotFound, Unavailable
from fieldops.model import now
from simulators.furnish import FurnishedCrew
from simulators.motion import Mover, road
from simulators.office import Office

ANSWER_S = (2.0, 6.0)
LOOK_S = 20.0
OPEN_S = 10.0
Tell = Callable[[str], None]


@dataclass(slots=True)
class Tally:
    """What the crews have done, for the summary."""

    offered: int = 0
    accepted: int = 0
    declined: int = 0
    started: int = 0
    done: int = 0
    refused: int = 0


@dataclass(slots=True)
class CrewAgent:
    """One crew; `mover` is its van. speed: how much faster than real it works."""

    crew: FurnishedCrew
    office: Office
    live_url: str
    mover: Mover
    speed: float
    chance: random.Random
    tally: Tally
    tell: Tell
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    position: int | None = None

    async def run(self) -> None:
        """Live until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._live())

    async def _listen(self) -> None:
        """Keep a WebSocket open and wake up whenever something about our work is said."""
        waits = backoff()
        while True:
            try:
                async with connect(self.live_url, open_timeout=OPEN_S, proxy=None) as socket:
                    await self._subscribe(socket)
                    waits = backoff()
                    async for text in socket:
                        self._hear(msgspec.json.decode(text))
            except (WebSocketException, OSError, TimeoutError, Unavailable):
                pass
            await asyncio.sleep(next(waits))

    async def _subscribe(self, socket: ClientConnection) -> None:
        await socket.send(msgspec.json.encode({"token": await self.office.token()}).decode())
        wanted = {"map": None, "assignments": True, "since": self.position}
        await socket.send(msgspec.json.encode({"subscribe": wanted}).decode())

    def _hear(self, frame: dict[str, Any]) -> None:
        if "at" in frame:
            self.position = frame["at"]
            self.woken.set()
        for event in frame.get("events", ()):
            self.position = event["at"]
            if event["kind"] == "assignment.changed":
                self.woken.set()

    async def _live(self) -> None:
        """Answer what is offered, then go to the next accepted visit, again and again."""
        while True:
            self.woken.clear()
            try:
                visits = (await self.office.get("/my/day"))["visits"]
                for visit in visits:
                    if visit["assignment"]["state"] == "offered":
                        await self._answer(visit)
                due = [v for v in visits if v["assignment"]["state"] in ("started", "accepted")]
                if due:
                    await self._visit(due[0])
                    continue
            except Unavailable as error:
                self.tell(f"{self.crew.plan.name}: {error}")
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self.woken.wait()

    async def _answer(self, visit: dict[str, Any]) -> None:
        self.tally.offered += 1
        await asyncio.sleep(self.chance.uniform(*ANSWER_S))
        # The first crew of the day to be asked says no, once: whichever that is.
        accept = self.tally.declined > 0
        assignment = visit["assignment"]
        body = {"version": assignment["version"], "accept": accept}
        if not accept:
            body["why"] = "missing_equipment"
        if not accept:
            self.tally.declined += 1
        if await self._step(f"/assignments/{assignment['id']}/answer", body):
            self.tally.accepted += accept
            word = "accepts" if accept else "declines"
            self.tell(f"{self.crew.plan.name} {word} {visit['task']['title']}")

    async def _visit(self, visit: dict[str, Any]) -> None:
        """Drive there, work, and say so; a visit taken away meanwhile is left."""
        assignment, task = visit["assignment"], visit["task"]
        if assignment["state"] == "accepted":
            await self._drive((task["lon"], task["lat"]))
            if not await self._await_window(task, assignment["id"]):
                return
            current = await self._current(assignment["id"])
            if current is None or current["state"] != "accepted":
                return
            started = await self._step(
                f"/assignments/{assignment['id']}/start",
                {"version": current["version"], "at": now().isoformat()},
            )
            if started is None:
                return
            self.tally.started += 1
            self.tell(f"{self.crew.plan.name} starts {task['title']}")
        else:  # begun on a day that was cut short: that is where the van stands
            self.mover.place = (task["lon"], task["lat"])
        await asyncio.sleep(task["duration_s"] / self.speed * self.chance.uniform(0.7, 1.1))
        current = await self._current(assignment["id"])
        if current is not None and await self._step(
            f"/assignments/{assignment['id']}/done",
            {"version": current["version"], "at": now().isoformat()},
        ):
            self.tally.done += 1
            self.tell(f"{self.crew.plan.name} has done {task['title']}")

    async def _drive(self, target: tuple[float, float]) -> None:
        self.mover.drive(road(self.mover.place, target, self.chance))
        while self.mover.moving:
            await asyncio.sleep(0.5)

    async def _await_window(self, task: dict[str, Any], assignment: str) -> bool:
        """Wait at the place until the window opens; False when the visit was taken away."""
        while now().isoformat() < task["window_start"]:
            await asyncio.sleep(5.0)
            current = await self._current(assignment)
            if current is None or current["state"] != "accepted":
                return False
        return True

    async def _current(self, assignment: str) -> dict[str, Any] | None:
        for visit in (await self.office.get("/my/day"))["visits"]:
            if visit["assignment"]["id"] == assignment:
                return dict(visit["assignment"])
        return None

    async def _step(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Write; None when the hub said no, which a crew takes as it is."""
        try:
            return dict(await self.office.post(path, body))
        except (Conflict, NotFound) as error:
            self.tally.refused += 1
            self.tell(f"{self.crew.plan.name}: {error.code}")
            return None
        except Unavailable:
            raise
        except FieldopsError as error:
            self.tell(f"{self.crew.plan.name}: {error}")
            return None
