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
