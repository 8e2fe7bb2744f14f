"""The 300 worked cases of the judgement rules: every compared field of every case agrees exactly."""

import gzip
import json
import random
from collections import Counter
from functools import cache
from typing import Any

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.judgement.model import Finding, Journey, Stall
from services.journey.domain.maps.load import load_map
from tests.shared_data import shared_path
from tests.unit.judgement.records import at, touchpoint

# Every feature of the cases is judged; none is left out.
JUDGED = {
    "anytime": 7,
    "blocked": 10,
    "blocks": 9,
    "choice_wait": 8,
    "control_block": 6,
    "costs": 7,
    "credits": 9,
    "decision_boundary": 9,
    "defer": 9,
    "done": 7,
    "due_at_W": 8,
    "echo": 6,
    "failed_by": 6,
    "healthy": 6,
    "historical": 6,
    "ignore": 6,
    "journey_per": 7,
    "long": 6,
    "match_set": 10,
    "milestone": 12,
    "opens_on": 7,
    "outcomes": 9,
    "persona_change": 9,
    "persona_drop": 6,
    "persona_within": 6,
    "recurs": 7,
    "reentry": 7,
    "regression": 7,
    "replaced": 7,
    "requires": 17,
    "resume": 5,
    "rounds": 10,
    "several_places": 6,
    "tangle": 7,
    "trailing": 7,
    "unmapped_count": 6,
    "unmapped_list": 7,
    "waive": 9,
    "within": 7,
}
NOT_YET_JUDGED: dict[str, int] = {}

Case = dict[str, Any]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    with gzip.open(shared_path("oracle/judgement_cases.json.gz")) as file:
        known: list[Case] = json.load(file)
    return known


@cache
def atlas_of(text: str) -> Atlas:
    return Atlas([PublishedMap(load_map(text), 1, 0)])


def judge(case: Case, history: list[dict[str, Any]]) -> tuple[Journey, ...]:
    return replay(atlas_of(json.dumps(case["map"])), [touchpoint(record) for record in history], at(case["W"]))


def time(text: str | None) -> int | None:
    return at(text) if text is not None else None


def stall_as_compared(stall: Stall | None) -> tuple[object, ...] | None:
    return None if stall is None else (stall.step, stall.since, stall.level, stall.historical)


def expected_stall(stall: dict[str, Any] | None) -> tuple[object, ...] | None:
    return None if stall is None else (stall["step"], at(stall["since"]), stall["level"], stall["historical"])


def unlike(expected: list[dict[str, Any]], found: tuple[Finding, ...]) -> list[object]:
    """Return what only one side has: a multiset; a step that is absent is not compared."""
    left, missing = list(found), []
    for one in sorted(expected, key=lambda one: "step" not in one):
        same = next((other for other in left if all(getattr(other, name) == one[name] for name in one)), None)
        if same is None:
            missing.append(one)
        else:
            left.remove(same)
    return [*missing, *left]


def compare(expected: dict[str, Any], found: Journey) -> dict[str, object]:
    """Return the compared fields that differ."""
    actual: dict[str, object] = {
        "key": found.key,
        "opened_at": found.opened_at,
        "state": found.state,
        "reached_at": found.reached_at,
        "ended_at": found.ended_at,
        "route": None if found.route is None else [one.step for one in found.route],
        "cost": found.cost,
        "stall": stall_as_compared(found.stall),
        "steps": list(found.position.steps),
        "after": found.position.after,
        "stage": found.position.stage,
        "since": found.position.since,
    }
    wanted = {name: value for name, value in {**expected, **expected["position"]}.items() if name in actual}
    for name in {"opened_at", "reached_at", "ended_at", "since"} & wanted.keys():
        wanted[name] = time(wanted[name])
    if "stall" in wanted:
        wanted["stall"] = expected_stall(wanted["stall"])
    differ = {name: (value, actual[name]) for name, value in wanted.items() if actual[name] != value}
    deviations = unlike(expected["deviations"], found.deviations) if "deviations" in expected else []
    return {**differ, **({"deviations": deviations} if deviations else {})}


def test_the_features_of_the_cases_are_all_judged(cases: list[Case]) -> None:
    assert Counter(case["feature"] for case in cases) == Counter({**JUDGED, **NOT_YET_JUDGED})
    assert sum(JUDGED.values()) == 300


@pytest.mark.parametrize("feature", JUDGED)
def test_every_case_of_a_feature_agrees_on_every_compared_field(cases: list[Case], feature: str) -> None:
    ours = [case for case in cases if case["feature"] == feature]
    assert len(ours) == JUDGED[feature]
    for case in ours:
        found = judge(case, case["history"])
        assert len(found) == len(case["expected"]["journeys"]), case["id"]
        for expected, journey in zip(case["expected"]["journeys"], found, strict=True):
            assert compare(expected, journey) == {}, case["id"]


def test_the_order_of_arrival_changes_nothing(cases: list[Case]) -> None:
    for case in cases:
        shuffled = random.Random(case["id"]).sample(case["history"], len(case["history"]))
        assert judge(case, shuffled) == judge(case, case["history"]), case["id"]
