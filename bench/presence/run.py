"""`fieldops bench presence`: ours and the rules of others on the same days, and on days unlike."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely

from bench.presence.model import COLUMNS, Column, Floats, Track, Truth, working_day
from bench.presence.ours import T0, Said, fixes_of, say, watch
from bench.presence.peers import PEERS, Rule, said_by
from bench.presence.scenarios import SCENARIOS
from bench.presence.score import Score
from bench.presence.traces import Trace, read_traces
from bench.report import Report, median
from fieldops.stack.progress import Progress

SCENARIO_SHARE = 0.2  # a scenario is five times cheaper to believe than a column


@dataclass(frozen=True, slots=True)
class PresencePlan:
    """Days a column, and where traces of others lie; with traces nothing else is run."""

    seeds: int
    traces: Path | None = None


@dataclass(slots=True)
class Tally:
    """Ours over the days of a column."""

    score: Score = field(default_factory=Score)
    confirmed_s: list[float] = field(default_factory=list)
    provisional_s: list[float] = field(default_factory=list)
    unconfirmed: int = 0
    fixes: int = 0
    cpu_s: float = 0.0

    def add(self, said: Said, truth: list[Truth], hours: float) -> None:
        matched = self.score.add(said.confirmed, truth, hours)
        self.unconfirmed += said.unconfirmed
        for place, decided_s, first_s in zip(matched, said.decided_s, said.first_s, strict=True):
            if place is not None:
                self.confirmed_s.append(decided_s - truth[place].at_s)
                self.provisional_s.append(first_s - truth[place].at_s)

    def figures(self, name: str) -> dict[str, float]:
        score = self.score
        return {
            f"f1_{name}": score.f1,
            f"precision_{name}": score.precision,
            f"recall_{name}": score.recall,
            f"false_confirmed_in_8h_{name}": score.false_in_8h,
            f"unconfirmed_in_8h_{name}": self.unconfirmed / max(1e-9, score.hours) * 8,
            f"confirmed_after_p50_s_{name}": median(self.confirmed_s or [float("inf")]),
            f"provisional_after_p50_s_{name}": median(self.provisional_s or [float("inf")]),
        }


def run_presence(plan: PresencePlan, progress: Progress) -> Report:
    """Run the bench.

    Raises:
        BadInput: the traces are not there or not as they should be.
    """
    if plan.traces is not None:
        return _report(*_of_traces(read_traces(plan.traces)), goals={"f1_traces": ">= 0.9"})
    figures: dict[str, float] = {}
    peers: dict[str, float] = {}
    goals: dict[str, str] = {}
    fixes, cpu_s = 0, 0.0
    for number, column in enumerate(COLUMNS):
        tally, others = _of_column(column, plan.seeds)
        figures |= tally.figures(column.name)
        peers |= others
        goals |= _goals(column)
        fixes, cpu_s = fixes + tally.fixes, cpu_s + tally.cpu_s
        progress.advance("columns", number + 1, len(COLUMNS))
    seeds = max(2, round(plan.seeds * SCENARIO_SHARE))
    for number, name in enumerate(SCENARIOS):
        figures |= _of_scenario(name, seeds)
        goals[f"f1_{name}"] = ">= 0.9"
        progress.advance("scenarios", number + 1, len(SCENARIOS))
    figures["cpu_us_a_fix"] = 1e6 * cpu_s / fixes
    return _report(figures, peers, goals=goals)


def _of_column(column: Column, seeds: int) -> tuple[Tally, dict[str, float]]:
    circle = shapely.Point(0, 0).buffer(column.radius_m, 64)
    index, names = watch({"site": circle})
    tally = Tally()
    scores = {peer: Score() for peer in PEERS}
    for seed in range(seeds):
        track, truth = working_day(column, seed)
        fixes = fixes_of(track)
        began = time.process_time()
        said = say(fixes, index, names)
        tally.cpu_s += time.process_time() - began
        tally.fixes += len(fixes)
        tally.add(said, truth, track.hours)
        signed_m = np.hypot(track.x_m, track.y_m) - column.radius_m
        for peer, rule in PEERS.items():
            scores[peer].add(_told(rule, track, signed_m, "site"), truth, track.hours)
    return tally, _peers(scores, column.name)


def _of_scenario(name: str, seeds: int) -> dict[str, float]:
    tally = Tally()
    for seed in range(seeds):
        day = SCENARIOS[name](np.random.default_rng(seed))
        index, names = watch(day.shapes)
        tally.add(say(fixes_of(day.track), index, names), day.truth, day.track.hours)
    figures = tally.figures(name)
    return {key: value for key, value in figures.items() if key.startswith(("f1", "false"))}


def _of_traces(traces: list[Trace]) -> tuple[dict[str, float], dict[str, float]]:
    tally = Tally()
    scores = {peer: Score() for peer in PEERS}
    for trace in traces:
        tally.add(say(trace.fixes, trace.index, trace.names), trace.truth, trace.hours)
        told: dict[str, list[Truth]] = {peer: [] for peer in PEERS}
        for fence, name in trace.names.items():
            track, signed_m = _tracked(trace, trace.index.distances(
                [f.lon for f in trace.fixes], [f.lat for f in trace.fixes],
                [fence] * len(trace.fixes),
            ))  # fmt: skip
            for peer, rule in PEERS.items():
                told[peer] += _told(rule, track, signed_m, name)
        for peer in PEERS:
            scores[peer].add(told[peer], trace.truth, trace.hours)
    return tally.figures("traces"), _peers(scores, "traces")


def _tracked(trace: Trace, edge_m: list[float]) -> tuple[Track, Floats]:
    """Return a trace as the peers' rules want it: metres, an unknown accuracy the best."""
    lon0, lat0 = trace.fixes[0].lon, trace.fixes[0].lat
    east_m = 111_195.0 * np.cos(np.radians(lat0))
    return Track(
        np.array([(f.observed_at - T0).total_seconds() for f in trace.fixes]),
        np.array([(f.lon - lon0) * east_m for f in trace.fixes]),
        np.array([(f.lat - lat0) * 111_195.0 for f in trace.fixes]),
        np.array([f.accuracy_m or 0.0 for f in trace.fixes]),
    ), np.array(edge_m)


def _told(rule: Rule, track: Track, signed_m: Floats, fence: str) -> list[Truth]:
    return [Truth(at_s, fence, kind) for at_s, kind in said_by(rule, track, signed_m)]


def _peers(scores: Mapping[str, Score], name: str) -> dict[str, float]:
    told = {}
    for peer, score in scores.items():
        told[f"{peer}_f1_{name}"] = score.f1
        told[f"{peer}_precision_{name}"] = score.precision
        told[f"{peer}_recall_{name}"] = score.recall
    return told


def _goals(column: Column) -> dict[str, str]:
    goals = {f"f1_{column.name}": ">= 0.95", f"unconfirmed_in_8h_{column.name}": "<= 2"}
    if column.radius_m >= 40 and column.sigma_m <= 12:
        goals[f"false_confirmed_in_8h_{column.name}"] = "<= 0.5"
    if column.every_s == 10:
        goals[f"confirmed_after_p50_s_{column.name}"] = "<= 20"
    return goals


def _report(
    figures: dict[str, float], peers: dict[str, float], *, goals: Mapping[str, str]
) -> Report:
    notes = (
        "an event is right within 120 s of a true one of its kind not yet matched; "
        "*_after_* count from the true crossing",
    )
    return Report("presence", figures, peers, goals, notes)
