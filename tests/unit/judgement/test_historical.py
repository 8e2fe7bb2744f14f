"""What we learn of long after it happened is shown and raises no alarm."""

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.maps.load import load_map
from shared.clock import DAY
from tests.integration.journey.histories import START, touchpoint

MAP = PublishedMap(load_map("map: m\npath: [{step: A}, {step: Pay, failed_by: [Pay Failed]}, B]"), 1, START)


def failures(*heard_after: int) -> list[bool]:
    """Return whether the failed payment is historical, after each of its tries, heard of so many days later."""
    found = []
    tries = [touchpoint(START, "A")]
    for n, days in enumerate(heard_after, 1):
        at = START + n * DAY
        tries.append(touchpoint(at, "Pay Failed", received_at=at + days * DAY))
        [journey] = replay(Atlas([MAP]), tries, START)
        found.append(next(one.historical for one in journey.deviations if one.kind == "failed"))
    return found


@pytest.mark.parametrize(
    ("heard_after", "historical"),
    [
        pytest.param((0, 7, 8), [False, False, True], id="heard more than seven days later"),
        pytest.param((400, 399, 0), [True, True, False], id="a try of now makes it one of now"),
    ],
)
def test_a_deviation_is_historical_when_its_last_proof_was_heard_late(
    heard_after: tuple[int, ...],
    historical: list[bool],
) -> None:
    assert failures(*heard_after) == historical
