"""The simulator: repeatable, in the form that ingest takes, and honest about what went wrong."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap
from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap
from shared.clock import DAY, HOUR
from tests.shared_data import ROOT
from tests.unit.simulate.pure import judged, seen_in
from waypost.simulate.simulation import CannotSimulateError, Simulation, simulate, touchpoint_lines, truth_lines
from waypost.simulate.touches import iso

HERE = Path(__file__).parent
START = 1_767_225_600_000_000  # 2026-01-01


@cache
def map_named(name: str) -> JourneyMap:
    folder = ROOT / "deploy" / "maps" if name == "demo" else HERE / "maps"
    return load_map((folder / f"{name}.yaml").read_text())


def simulated(name: str, customers: int = 60, seed: int = 1) -> Simulation:
    return simulate(map_named(name), customers, seed, start=START, lateness=DAY)


def test_the_same_seed_makes_the_same_bytes() -> None:
    one, other = simulated("demo"), simulated("demo")

    assert list(touchpoint_lines(one)) == list(touchpoint_lines(other))
    assert list(truth_lines(one)) == list(truth_lines(other))


def test_another_seed_makes_other_customers() -> None:
    assert not {c.ids for c in simulated("demo").customers} & {c.ids for c in simulated("demo", seed=2).customers}


def test_more_customers_leave_the_first_as_they_were() -> None:
    assert simulated("demo", 90).customers[:60] == simulated("demo", 60).customers


def test_whoever_looks_on_hears_of_each_customer() -> None:
    heard: list[int] = []

    def each(numbers: Sequence[int]) -> Iterator[int]:
        for number in numbers:
            heard.append(number)
            yield number

    simulate(map_named("demo"), 5, 1, start=START, lateness=DAY, each=each)
    assert heard == [0, 1, 2, 3, 4]


def test_touchpoints_are_written_in_order_of_arrival_as_ingest_takes_them() -> None:
    simulation = simulated("demo")
    lines = [json.loads(line) for line in touchpoint_lines(simulation)]

    assert [touch.arrival for touch in simulation.sent] == sorted(touch.arrival for touch in simulation.sent)
    assert {"messageId", "timestamp", "type"} <= set.intersection(*(set(line) for line in lines))
    assert all("userId" in line or "anonymousId" in line for line in lines)
    assert {line["type"] for line in lines} == {"track", "identify"}


def test_a_touchpoint_says_when_it_happened_to_the_millisecond() -> None:
    for touch in simulated("demo").sent:
        assert touch.body["timestamp"] == iso(touch.occurred)
        assert touch.occurred % 1000 == 0
        assert touch.occurred <= touch.arrival


def test_the_truth_has_each_touchpoint_once_and_all_that_were_sent() -> None:
    simulation = simulated("demo")
    told = Counter(t["messageId"] for line in truth_lines(simulation) for t in json.loads(line)["touchpoints"])
    sent = Counter(touch.message for touch in simulation.sent)

    assert set(told.values()) == {1}
    assert set(told) == set(sent)
    assert max(sent.values()) == 2  # some arrive twice


def test_what_was_planted_is_proved_by_a_touchpoint_that_was_sent() -> None:
    for line in truth_lines(simulated("demo")):
        truth = json.loads(line)
        for planted in truth["planted"]:
            assert planted["proof"] in {t["messageId"] for t in truth["touchpoints"]}
            assert planted["kind"] in {"skip", "stall"}


def test_both_kinds_are_planted_at_various_steps_and_most_customers_are_well() -> None:
    simulation = simulated("demo", 400)
    steps = {(p.kind, p.step) for c in simulation.customers for p in c.planted}

    assert len({step for kind, step in steps if kind == "skip"}) >= 5
    assert len({step for kind, step in steps if kind == "stall"}) >= 5
    assert ("skip", "security-review") in steps  # one that others require
    assert 40 <= simulation.planted("skip") <= 80
    assert 40 <= simulation.planted("stall") <= 80


def test_one_customer_has_one_thing_planted_at_most_and_no_noise_beside_it() -> None:
    for customer in simulated("demo", 400).customers:
        assert len(customer.planted) <= 1
        if customer.planted:
            assert len(customer.sent) == len(customer.history)
            assert all(touch.arrival == touch.occurred for touch in customer.sent)


def test_the_noise_is_late_doubled_repeated_failed_anonymous_unknown_and_lost() -> None:
    simulation = simulated("demo", 400)
    events = Counter(t.body.get("event", t.body["type"]) for c in simulation.customers for t in c.history)

    assert any(touch.arrival > touch.occurred + HOUR for touch in simulation.sent)
    assert max(touch.arrival - touch.occurred for touch in simulation.sent) <= DAY * 3 // 4
    assert {"Import Failed", "Subscription Cancelled", "Help Article Read", "identify", "Page Viewed"} <= set(events)
    assert any(
        count > 1 for c in simulation.customers for count in Counter(t.body.get("event") for t in c.history).values()
    )
    assert any(len(customer.ids) == 2 for customer in simulation.customers)


def test_whoever_has_two_ids_was_identified_even_one_who_left_early() -> None:
    simulation = simulate(map_named("demo"), 2000, 2, start=START, days=60, begin_days=10, lateness=DAY)
    two = [customer for customer in simulation.customers if len(customer.ids) == 2]

    assert len(two) > 300
    assert all(any(touch.body["type"] == "identify" for touch in customer.sent) for customer in two)


def test_a_planted_stall_that_ends_stood_for_a_day_by_the_watermark_too() -> None:
    simulation = simulated("demo", 400)
    ended = 0
    for customer in simulation.customers:
        for planted in (p for p in customer.planted if p.kind == "stall"):
            matcher = simulation.map.steps[planted.step].match[0]
            for done in (t for t in customer.history if t.body.get("event") == matcher.event):
                assert done.occurred - simulation.lateness >= planted.at + DAY
                ended += 1

    assert ended > 5


def test_parallel_branches_come_in_every_order() -> None:
    first = Counter(
        next(e for e in events if e in {"Import Succeeded", "Security Review Passed"})
        for c in simulated("demo", 200).customers
        if {"Import Succeeded", "Security Review Passed"} <= set(events := [t.body.get("event") for t in c.history])
    )

    assert min(first["Import Succeeded"], first["Security Review Passed"]) > 20


def test_account_maps_have_several_users_who_name_the_account() -> None:
    simulation = simulated("account")
    bodies = [touch.body for customer in simulation.customers for touch in customer.history]

    assert all(customer.ids[0].startswith("account:") for customer in simulation.customers)
    assert all(body["groupId"] for body in bodies)
    assert len({body["userId"] for body in bodies}) > len(simulation.customers)
    assert all(body["properties"]["order"]["id"] for body in bodies if body["type"] == "track")


def test_matchers_get_the_fields_that_they_ask_for() -> None:
    bodies = [t.body for c in simulated("account", 200).customers for t in c.history]
    demo = next(b for b in bodies if b.get("properties", {}).get("kind") == "demo")
    signed = next(b for b in bodies if b.get("event") == "Signed")

    assert demo["channel"] == "call"
    assert demo["properties"]["size"] == 5
    assert signed["actor"] == "customer"
    assert signed["context"]["page"] == "yes"


def test_a_map_that_nobody_can_walk_is_refused() -> None:
    map = load_map(
        json.dumps({"map": "closed", "path": [{"step": "a", "match": [{"event": "A", "where": {"source": "x"}}]}]})
    )

    assert simulate(map, 0, 1, start=START).customers == ()
    closed = load_map(json.dumps({"map": "shut", "opens_on": [{"where": {"attributes.x": 1}}], "path": ["a", "b"]}))
    with pytest.raises(CannotSimulateError, match="no customer could walk `shut`"):
        simulate(closed, 5, 1, start=START)


def test_a_planted_customer_is_judged_as_planted_and_as_of_the_moment_that_the_truth_names() -> None:
    simulation = simulated("demo", 200)
    atlas = Atlas([PublishedMap(simulation.map, 1, 0)])
    compared = 0
    for customer in simulation.customers:
        for planted in customer.planted:
            [found] = seen_in(judged(atlas, customer, simulation.stop - simulation.lateness))
            assert (found.kind, found.step, found.at) == (planted.kind, planted.step, planted.at)
            compared += 1

    assert compared > 30
