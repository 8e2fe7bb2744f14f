"""A thousand simulations, judged in process: every planted skip and stall is found, and no other one.

The thousand run on a person's map and on an account's; the rest of the language on fewer. Then the watermark is
stepped: what it judges on the way is never taken back.
"""

import json

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap
from services.journey.domain.judgement.model import Journey
from services.journey.domain.maps.lint import lint, publishable
from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap
from shared.clock import DAY, HOUR
from tests.unit.simulate.pure import judged, seen_in
from tests.unit.simulate.random_maps import random_map
from tests.unit.simulate.test_simulation import START, map_named
from waypost.simulate.score import Score, score
from waypost.simulate.simulation import CannotSimulateError, Simulation, simulate

SEEDS = 1000
MOST_STEPS = 14  # of a random map: what many parallel branches cost is another test's question


def scored(map: JourneyMap, atlas: Atlas, seed: int, customers: int) -> tuple[Simulation, Score]:
    """Simulate, judge with the watermark at its last place, and compare."""
    simulation = simulate(map, customers, seed, start=START, lateness=DAY)
    until = simulation.stop - simulation.lateness
    seen = {customer.ids: seen_in(judged(atlas, customer, until)) for customer in simulation.customers}
    return simulation, score(simulation.customers, seen, simulation.decided_until)


def wrong_in(map: JourneyMap, seeds: range, customers: int) -> tuple[int, list[tuple[int, tuple[str, ...]]]]:
    """Return how much was planted over many seeds, and what was missed or false in which of them."""
    atlas = Atlas([PublishedMap(map, 1, 0)])
    planted, wrong = 0, []
    for seed in seeds:
        result = scored(map, atlas, seed, customers)[1]
        planted += sum(result.planted.values())
        if misjudged := (*result.missed, *result.wrong):
            wrong.append((seed, misjudged))
    return planted, wrong


@pytest.mark.parametrize("part", range(4))
def test_in_a_thousand_seeds_all_that_was_planted_is_found_and_nothing_else(part: int) -> None:
    seeds = range(part * SEEDS // 4, (part + 1) * SEEDS // 4)
    planted, wrong = wrong_in(map_named("demo"), seeds, customers=5)

    assert wrong == []
    assert planted > 250


@pytest.mark.parametrize(("name", "least"), [("account", 150), ("bare", 150), ("nested", 0)])
def test_the_same_holds_on_maps_of_every_block_and_matcher(name: str, least: int) -> None:
    planted, wrong = wrong_in(map_named(name), range(100), customers=6 if name != "nested" else 1)

    assert wrong == []
    assert planted >= least


def test_the_same_holds_on_random_maps() -> None:
    wrong, planted, walked = [], 0, 0
    for seed in range(200):
        map = random_map(seed)
        if len(map.steps) > MOST_STEPS or not publishable(lint(map)):
            continue
        try:
            count, bad = wrong_in(map, range(seed, seed + 1), customers=6)
        except CannotSimulateError:
            continue
        walked += 1
        planted += count
        wrong += bad

    assert wrong == []
    assert walked > 30
    assert planted > 30


@pytest.mark.parametrize("name", ["demo", "account"])
def test_no_stall_that_a_stepped_watermark_judges_is_ever_taken_back(name: str) -> None:
    map = map_named(name)
    atlas = Atlas([PublishedMap(map, 1, 0)])
    for seed in range(4):
        simulation = simulate(map, 8, seed, start=START, lateness=DAY)
        for customer in simulation.customers:
            at_last = stalls_of(judged(atlas, customer, simulation.stop - simulation.lateness))
            for clock in range(simulation.start + DAY, simulation.stop, 12 * HOUR):
                judged_until = clock - simulation.lateness
                then = stalls_of(judged(atlas, customer, judged_until, heard_until=clock))
                assert then == {key for key in at_last if key[2] < judged_until}


def stalls_of(journeys: tuple[Journey, ...]) -> set[tuple[str, str, int]]:
    """Return the stalls of a customer by key, step and due time."""
    return {(stall.key, stall.step, stall.since) for journey in journeys for stall in journey.stalls}


def test_a_score_tells_missed_and_false_apart() -> None:
    path = [{"step": name, "within": "2d"} for name in "abcdef"]
    map = load_map(json.dumps({"map": "score", "path": path}))
    simulation = simulate(map, 40, 1, start=START, lateness=HOUR)
    nothing = score(simulation.customers, {}, simulation.decided_until)
    planted = sum(len(customer.planted) for customer in simulation.customers)

    assert planted > 5
    assert len(nothing.missed) == planted
    assert nothing.wrong == ()
    assert sum(nothing.planted.values()) == planted
    assert sum(nothing.found.values()) == 0
