"""Where everybody stands on a map: counts, waits, detours and the worst places, from all its journeys.

A customer who may do several steps stands at each of them; one who waits too long is counted once, at the step that was
due first, though they may stand elsewhere by now. So the steps' `here` may add up to more than the open journeys,
`stalled` and the stages never do.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.journey.domain.maps.model import Stage, StepBlock
from services.journey.domain.maps.places import blocks_of
from services.journey.learn.crowd import CrowdRow
from services.journey.store.charts import Chart
from services.journey.store.deviations import Deviating
from shared.times import SECOND, rfc3339

Json = dict[str, Any]

OVERDUE = ("stalled", "beyond")
SILENT = frozenset({"optional_skipped", "deferred", "ad_hoc", "unmapped", "helpful_detour"})  # facts, no problem
MOST_SPOTS, MOST_UNMAPPED = 3, 50
LEAST_OF_A_SPOT = 2  # journeys that left the path: what one did is no pattern


@dataclass(slots=True)
class _Place:
    """Who stands at a step or in a stage."""

    here: int = 0
    stalled: int = 0
    elsewhere: int = 0  # of those who are stalled: they stand at another step
    beyond: int = 0
    passed: int = 0
    since: list[int] = field(default_factory=list)


@dataclass(slots=True)
class StandingTally:
    """Counts who stands where."""

    states: Counter[str] = field(default_factory=Counter)
    steps: dict[str, _Place] = field(default_factory=lambda: defaultdict(_Place))
    stages: dict[str, _Place] = field(default_factory=lambda: defaultdict(_Place))

    def add(self, row: CrowdRow) -> None:
        """Count one more journey."""
        self.states[row.state] += 1
        for step, _ in row.view.passed:
            self.steps[step].passed += 1
        late = row.stall_step if row.stall in OVERDUE else None
        if late is not None:
            self.steps[late].stalled += 1
            self.steps[late].beyond += row.stall == "beyond"
            self.steps[late].elsewhere += late not in row.steps
        if row.state != "open":
            return
        for step in row.steps:
            place = self.steps[step]
            place.here += 1
            if row.since is not None:
                place.since.append(row.since)
        if row.stage is not None:
            stage = self.stages[row.stage]
            stage.here += 1
            stage.stalled += late is not None
            stage.since.append(dict(row.view.entered).get(row.stage, row.since or row.opened_at))


def overview_of(chart: Chart, tally: StandingTally, deviations: Sequence[Deviating], now: int) -> Json:
    """Return what `GET /v1/maps/{map}/overview` counts of a map; `now` is what the waits so far are measured to."""
    map, steps = chart.map, _steps(chart, tally, deviations, now)
    return {
        "open": tally.states["open"],
        "states": dict(tally.states),
        "steps": steps,
        "stages": [_stage(stage, tally.stages[stage.name], now) for stage in map.stages if stage.name],
        "hot_spots": _hot_spots(steps),
        "unmapped": [
            {"event": found.about, "journeys": found.journeys} for found in deviations if found.kind == "unmapped"
        ][:MOST_UNMAPPED],
    }


def _steps(chart: Chart, tally: StandingTally, deviations: Sequence[Deviating], now: int) -> Json:
    map = chart.map
    stage_of = {
        block.name: stage.name
        for stage in map.stages
        for _, block in blocks_of(stage.path)
        if isinstance(block, StepBlock)
    }
    about: dict[str, list[Json]] = defaultdict(list)
    for found in deviations:
        if found.kind != "unmapped":
            about[found.about].append({"kind": found.kind, "journeys": found.journeys})
    names = [*map.steps, *(name for name in tally.steps if name not in map.steps)]  # steps of older versions too
    steps: Json = {}
    for name in names:
        place = tally.steps.get(name, _Place())
        steps[name] = {
            "title": chart.title(name),
            "stage": stage_of.get(name, ""),
            "owner": chart.legend.owners.get(name, ""),
            "here": place.here,
            "stalled": place.stalled,
            "stalled_elsewhere": place.elsewhere,
            "beyond": place.beyond,
            **_waits(place.since, now),
            "passed": place.passed,
            "deviations": about[name],
        }
    return steps


def _stage(stage: Stage, place: _Place, now: int) -> Json:
    return {
        "stage": stage.name,
        "phase": stage.phase,
        "owner": stage.owner,
        "open": place.here,
        "stalled": place.stalled,
        "median_s": _waits(place.since, now)["waited_median_s"],
    }


def _waits(since: Sequence[int], now: int) -> Json:
    if not since:
        return {"waited_median_s": None, "longest_s": None, "since": None}
    ordered = sorted(since)
    middle = len(ordered) // 2
    median = ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
    return {
        "waited_median_s": max(0.0, round((now - median) / SECOND, 1)),
        "longest_s": max(0.0, round((now - ordered[0]) / SECOND, 1)),
        "since": rfc3339(ordered[0]),
    }


def _hot_spots(steps: Json) -> list[Json]:
    """Return the worst places: where most wait too long, and then where most leave the path.

    Who waits can still be helped, so one is enough; a detour is a fact, and counts from two journeys on. Of equally
    many the place earlier on the map comes first.
    """
    spots = []
    for name, step in steps.items():
        if step["stalled"]:
            spots.append(_spot(name, "stalled", step["stalled"], step["here"] + step["stalled_elsewhere"], _late(step)))
        for found in step["deviations"]:
            if found["kind"] not in SILENT and found["journeys"] >= LEAST_OF_A_SPOT:
                came = max(step["passed"] + step["here"], found["journeys"])
                spots.append(_spot(name, found["kind"], found["journeys"], came, _off(step["title"], found)))
    return sorted(spots, key=lambda spot: (spot["kind"] != "stalled", -spot["journeys"]))[:MOST_SPOTS]


def _spot(step: str, kind: str, journeys: int, of: int, text: str) -> Json:
    return {"step": step, "kind": kind, "journeys": journeys, "of": of, "share": round(journeys / of, 4), "text": text}


def _late(step: Json) -> str:
    have = "has" if step["stalled"] == 1 else "have"  # each by the plan of its own version of the map
    said = f"{step['stalled']:,} {have} waited for {step['title']} longer than planned"
    gone = step["stalled_elsewhere"]
    return f"{said}; {gone:,} of them {'stands' if gone == 1 else 'stand'} elsewhere by now." if gone else f"{said}."


WORDS = {
    "skipped": "never had {}",
    "prerequisite_skipped": "went on without {}, which later steps need",
    "out_of_order": "had {} out of order",
    "repeat": "had to repeat {}",
    "replaced": "did something else instead of {}",
    "failed": "failed at {}",
    "regression": "fell back to {}",
    "channel_switch": "changed the channel at {}",
    "hand_off_break": "heard nothing from the new owner at {}",
    "tangle": "went round in circles at {}",
}


def _off(title: str, found: Json) -> str:
    said = WORDS.get(found["kind"], found["kind"].replace("_", " ") + " at {}").format(title)
    return f"{found['journeys']:,} {'journey' if found['journeys'] == 1 else 'journeys'} {said}."
