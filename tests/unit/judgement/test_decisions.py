"""What a person decides by hand: done, waived, put off, taken up again."""

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.judgement.model import Journey
from services.journey.domain.maps.load import load_map
from shared.events import Touchpoint
from tests.unit.judgement.records import day, happened

FOUR = "{map: m, path: [A, {step: B, within: 3d}, C, D]}"
IN_A_REPEAT = "{map: m, path: [A, {repeat: {do: B, redo: R}}, C]}"
IN_A_BRANCH = "{map: m, path: [A, {choice: [[B, X], Y]}, C]}"


def decided(word: str) -> Touchpoint:
    """Read `A0`, `Waived(B)1` or `Deferred(B,5)1`: put off until day 5."""
    name = word.rstrip("0123456789.")
    on = float(word[len(name) :])
    if "(" not in name:
        return happened(name, on)
    kind, _, rest = name.removesuffix(")").partition("(")
    step, _, until = rest.partition(",")
    properties: dict[str, object] = {"step": step}
    if until:
        properties["until"] = day(float(until)) if until.isdigit() else until
    return happened(f"Step {kind}", on, properties=properties)


def judge(text: str, words: str, until: float = 9.5) -> Journey:
    atlas = Atlas([PublishedMap(load_map(text), 1, 0)])
    (journey,) = replay(atlas, [decided(word) for word in words.split()], day(until))
    return journey


DECISIONS = [
    (FOUR, "A0 Done(B)1", "C", "C D", []),
    (FOUR, "A0 B1 Done(B)2", "C", "C D", []),
    (FOUR, "A0 Waived(B)1", "C", "C D", []),
    (FOUR, "A0 B1 Waived(B)2", "C", "C D", []),
    (FOUR, "A0 Waived(Unknown)1", "B", "B C D", []),
    (FOUR, "A0 Resumed(B)1", "B", "B C D", []),
    (FOUR, "A0 Deferred(B)1", "C", "C D", ["deferred(B) open"]),
    (FOUR, "A0 Deferred(B)1 Resumed(B)2", "B", "B C D", ["deferred(B) closed"]),
    (FOUR, "A0 Deferred(B)1 Waived(B)2 C3", "D", "D", ["deferred(B) closed"]),
    (FOUR, "A0 Deferred(B)1 Done(B)2", "C", "C D", ["ad_hoc(B) open", "deferred(B) closed"]),
    (FOUR, "A0 Deferred(B,5)1", "B", "B C D", ["deferred(B) closed"]),
    (FOUR, "A0 Deferred(B,50)1", "C", "C D", ["deferred(B) open"]),
    (FOUR, "A0 Deferred(B,5)1 Deferred(B,50)2", "C", "C D", ["deferred(B) open"]),
    (FOUR, "A0 Deferred(B,2026-01-03T00:00:00)1", "B", "B C D", ["deferred(B) closed"]),
    (FOUR, "A0 Deferred(B,some-day)1", "C", "C D", ["deferred(B) open"]),
    (IN_A_REPEAT, "A0 Waived(B)1", "C", "C", []),
    (IN_A_REPEAT, "A0 Waived(R)1 B2", "C", "C", []),
    (IN_A_BRANCH, "A0 Waived(B)1", "Y", "Y C", []),
    (IN_A_BRANCH, "A0 B1 Waived(X)2", "C", "C", []),
    (IN_A_BRANCH, "A0 Waived(Y)1", "B", "B X C", []),
    ("{map: m, path: [A, {any_order: [B, C]}, D]}", "A0 Waived(B)1 Waived(C)2", "D", "D", []),
    ("{map: m, path: [A, {optional: {repeat: {do: B}}}, D]}", "A0 Waived(B)1", "D", "D", []),
    ("{map: m, path: [A, {choice: [{repeat: {do: B}}, [{choice: [X, Y]}, Z]]}, D]}", "A0 Waived(X)1", "B Y", "B D", []),
]


@pytest.mark.parametrize(("text", "words", "at", "route", "found"), DECISIONS)
def test_a_decision(text: str, words: str, at: str, route: str, found: list[str]) -> None:
    journey = judge(text, words)
    assert " ".join(journey.position.steps) == at
    assert " ".join(one.step for one in journey.route or ()) == route
    assert sorted(f"{one.kind}({one.step}) {one.status}" for one in journey.deviations) == found
    assert journey.cost == 0


def test_a_decision_without_a_step_says_nothing() -> None:
    atlas = Atlas([PublishedMap(load_map(FOUR), 1, 0)])
    for properties in ({}, {"step": 7}, {"step": ["B"]}, {"step": "B", "until": True}):
        history = [happened("A", 0), happened("Step Resumed", 1, properties=properties)]
        (journey,) = replay(atlas, history, day(2))
        assert journey.position.steps == ("B",)
    assert replay(atlas, [decided("Done(A)1")], day(2)) == ()


def test_the_clock_of_a_step_that_comes_back_starts_anew() -> None:
    journey = judge(FOUR, "A0 Deferred(B,5)1", 8.5)
    assert journey.stall is not None
    assert (journey.stall.step, journey.stall.since) == ("B", day(8))
    assert judge(FOUR, "A0 Deferred(B,5)1", 4).due_at == day(5)


def test_all_steps_waived_is_a_completed_journey() -> None:
    journey = judge("{map: m, path: [A, B]}", "A0 Waived(B)1")
    assert (journey.state, journey.ended_at) == ("completed", day(1))
