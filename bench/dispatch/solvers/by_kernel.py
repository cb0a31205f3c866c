"""The kernel on a case of the literature."""

import numpy as np

from bench.dispatch.case import Case, Routes
from dispatch.engine.kernel.building import DISPATCH_WEIGHTS, ROUTING_WEIGHTS, built
from dispatch.engine.kernel.instance import FORBIDDEN, Instance
from dispatch.engine.kernel.solving import search, warm


def solve(case: Case, seconds: float, seed: int) -> Routes:
    """Return the kernel's routes after so many seconds of search."""
    warm()
    return search(instance_of(case), seconds, seed=seed).routes


def instance_of(case: Case) -> Instance:
    """Return the kernel's view of a case."""
    return built(
        travel=case.travel[None],
        vehicle=np.zeros(case.size[1], dtype=np.int32),
        start=case.start,
        end=case.end,
        depart=case.depart,
        limit=case.limit,
        opens=case.opens[None, :, None],
        closes=case.closes[None, :, None],
        service=case.service,
        penalty=case.refusal(),
        pair=np.where(case.allowed, 0, FORBIDDEN).astype(np.int32),
        weights=ROUTING_WEIGHTS if case.penalty is None else DISPATCH_WEIGHTS,
        longest=case.longest,
        capacity=case.capacity,
        demand=case.demand,
    )
