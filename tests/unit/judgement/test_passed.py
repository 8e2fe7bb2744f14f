"""The steps that a journey passed, each with the time of its first match."""

import pytest

from services.journey.domain.facts import View
from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.maps.load import load_map
from tests.unit.judgement.records import day, happened

MAP = """
map: m
path:
  - A
  - {step: B, recurs: true}
  - optional: C
  - D
  - F
  - optional: E
"""

CASES: dict[str, tuple[str, list[tuple[str, float]]]] = {
    "nothing but the opening": ("A0", [("A", 0)]),
    "a step done twice counts when it was first done": ("A0 B1 B4", [("A", 0), ("B", 1)]),
    "a step done too early has passed at once": ("A0 D2", [("A", 0), ("D", 2)]),
    "out of order: in order of time": ("A0 D2 B3", [("A", 0), ("D", 2), ("B", 3)]),
    "an unknown touchpoint is no step": ("A0 X1 B2", [("A", 0), ("B", 2)]),
    "an optional step after the end": ("A0 B1 D2 F3 E9 E11", [("A", 0), ("B", 1), ("D", 2), ("F", 3), ("E", 9)]),
    "waived: a step that was not done has not passed": ("A0 !B1 D2", [("A", 0), ("D", 2)]),
}


@pytest.mark.parametrize(("path", "expected"), CASES.values(), ids=CASES.keys())
def test_a_journey_tells_which_steps_it_passed_and_when(path: str, expected: list[tuple[str, float]]) -> None:
    atlas = Atlas([PublishedMap(load_map(MAP), 1, day(0))])
    history = [
        happened("Step Waived", float(word[2:]), properties={"step": word[1]})
        if word[0] == "!"
        else happened(word[0], float(word[1:]))
        for word in path.split()
    ]

    (journey,) = replay(atlas, history, day(30))

    assert View.of(journey).passed == tuple((step, day(on)) for step, on in expected)


STAGES = """
map: m
opens_on: [Lead, A]
outcomes: {lost: [Gone]}
stages:
  - {stage: try, phase: pre-sale, path: [A, B]}
  - {stage: extras, phase: pre-sale, path: {optional: C}}
  - {stage: join, phase: post-sale, path: [D, E]}
  - {stage: stay, phase: post-sale, path: [F]}
"""
ENTERED: dict[str, tuple[str, list[tuple[str, float]]]] = {
    "the first stage begins with the opening, whatever that is": ("Lead0", [("try", 0)]),
    "the next with the touchpoint that leaves nothing to do before it": ("A0 B3 D9", [("try", 0), ("join", 3)]),
    "a stage of options alone is never stood in": ("A0 B3 C4 D9", [("try", 0), ("join", 3)]),
    "done too early, which is not yet entered": ("A0 F3", [("try", 0)]),
    "jumped into": ("A0 D3", [("try", 0), ("join", 3)]),
    "back and forth: when it was entered first": ("A0 B3 A5 D9 E10", [("try", 0), ("join", 3), ("stay", 10)]),
    "lost: where the customer stood": ("A0 B3 Gone5", [("try", 0), ("join", 3)]),
}


@pytest.mark.parametrize(("path", "expected"), ENTERED.values(), ids=ENTERED.keys())
def test_a_journey_tells_which_stages_it_entered_and_when(path: str, expected: list[tuple[str, float]]) -> None:
    atlas = Atlas([PublishedMap(load_map(STAGES), 1, day(0))])
    words = [word.rstrip("0123456789") for word in path.split()]
    days = [float(word[len(name) :]) for word, name in zip(path.split(), words, strict=True)]

    (journey,) = replay(atlas, [happened(*each) for each in zip(words, days, strict=True)], day(30))

    assert View.of(journey).entered == tuple((stage, day(on)) for stage, on in expected)
