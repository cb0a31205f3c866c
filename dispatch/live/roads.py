"""Put the problem on real roads before it is solved, where the settings name a road service."""

from dataclasses import replace
from datetime import datetime

import numpy as np

from dispatch.live.facts import Facts, read_facts
from dispatch.live.facts.tasks import Pins
from dispatch.problem import problem_places, with_room
from fieldops.database import Connection
from geo.roads.network import GreatCircle, Roads


async def facts_on_roads(
    connection: Connection, at: datetime, roads: Roads, *, pins: Pins | None = None
) -> Facts:
    """Read the facts with the travel times that `roads` remember: nobody is waited for."""
    return await on_roads(await read_facts(connection, at, pins=pins), roads, ask=False)


async def on_roads(facts: Facts, roads: Roads, *, ask: bool = True) -> Facts:
    """Return the facts with the travel times that `roads` tell, and with room for the breaks.

    Without `ask` only what they remember is used. Bounded by the roads' own timeout; what they
    cannot say is the estimate, and the facts tell how much of it is. A vehicle class keeps its
    ratio to the estimate: a van half as fast on the great circle is half as fast on roads.
    """
    problem = facts.problem
    if isinstance(roads, GreatCircle) or not problem.travel.size:
        return replace(facts, problem=with_room(problem))
    places = problem_places(problem.crews, problem.tasks)
    travel = await roads.matrix(places, places, ask=ask)
    slower = {
        name: own / np.maximum(problem.travel, 1) for name, own in problem.travel_by_class.items()
    }
    by_class = {
        name: np.ceil(travel.seconds * ratio).astype(np.int64) for name, ratio in slower.items()
    }
    return replace(
        facts,
        problem=with_room(replace(problem, travel=travel.seconds, travel_by_class=by_class)),
        travel_source=travel.source,
        travel_estimated=travel.estimated,
    )
