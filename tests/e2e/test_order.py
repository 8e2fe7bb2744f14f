"""Whatever the order of arrival, the batches and the duplicates: the same journeys. And history raises no alarm."""

import random
from pathlib import Path

import pytest

from shared.clock import WallClock
from tests.e2e.crowd import (
    ENVIRONMENT,
    MAP,
    STOP,
    Event,
    alerted,
    deliver,
    expected,
    held,
    make_crowd,
    settle,
    stored_event_ids,
)
from tests.servers.system import System

CROWD = make_crowd(seed=5, customers=120)


def shuffled(seed: int) -> list[list[Event]]:
    """Return the crowd's events in any order, in batches of any size, some of them several times."""
    chance = random.Random(seed)
    events = CROWD.events + chance.choices(CROWD.events, k=len(CROWD.events) // 5)
    chance.shuffle(events)
    batches = []
    while events:
        size = chance.choice([1, 2, 10, 100])
        batches.append(events[:size])
        events = events[size:]
    return batches


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_any_batching_and_any_duplicates_give_the_same_journeys(seed: int, tmp_path: Path) -> None:
    with System(tmp_path / "data", ENVIRONMENT, WallClock(start=STOP, speed=0.0)) as system:
        system.publish("crowd", MAP)
        for batch in shuffled(seed):
            deliver(system, batch)
        settle(system)
        found, stored, alerts = held(system), stored_event_ids(system), alerted(system)

    assert stored == sorted(event["messageId"] for event in CROWD.events)
    assert found == expected(CROWD.events)
    assert alerts


def test_a_map_published_after_the_touchpoints_finds_the_same_journeys(tmp_path: Path) -> None:
    with System(tmp_path / "data", ENVIRONMENT, WallClock(start=STOP, speed=0.0)) as system:
        deliver(system, CROWD.events)
        system.wait_until_consumed()
        system.publish("crowd", MAP)
        settle(system)
        found = held(system)

    assert found == expected(CROWD.events)
