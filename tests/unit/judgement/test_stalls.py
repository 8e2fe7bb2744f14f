"""What a CSM reads of an overdue wait: what it endangers, as long as that is not reached."""

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.maps.load import load_map
from tests.unit.judgement.records import day, happened

PATH = "decision_boundary: 90d\npath: [Sign, {step: Pay, within: 7d}, {step: Return, within: 30d}]"
WAITS = "Has waited for Return longer than the 30 days planned."


def text(outcomes: str, until: float, *events: str) -> str:
    atlas = Atlas([PublishedMap(load_map(f"map: m\n{outcomes}{PATH}"), 1, day(0))])
    [journey] = replay(atlas, [happened(event, n) for n, event in enumerate(events)], day(until))
    [stall] = [stall for stall in journey.stalls if stall.ended_at is None]
    return stall.text


@pytest.mark.parametrize(
    ("outcomes", "until", "said"),
    [
        ("outcomes: {reached: [Won]}\n", 40, WAITS),
        ("outcomes: {reached: [Won]}\n", 200, f"{WAITS} The outcome may be out of reach."),
        ("outcomes: {reached: [{event: Pay, ends: false}]}\n", 200, WAITS),
        ("", 200, WAITS),
    ],
)
def test_an_outcome_is_out_of_reach_only_where_there_is_one_that_was_not_reached(
    outcomes: str, until: float, said: str
) -> None:
    assert text(outcomes, until, "Sign", "Pay") == said
