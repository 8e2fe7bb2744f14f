"""Any order, any batches, duplicates, restarts: the live alerts are those that the last facts call for."""

import random

import pytest

from tests.integration.alerts.house import House
from tests.integration.alerts.world import Live, World


def live_of(house: House) -> Live:
    return {
        (
            alert.subject.tenant,
            alert.subject.customer,
            alert.subject.rule,
            alert.subject.about,
            alert.said.severity,
            alert.said.since,
            alert.said.finding,
        )
        for tenant in ("acme", "globex")
        for alert in house.alerts(tenant)
        if alert.live
    }


@pytest.mark.parametrize("seed", range(10))
def test_whole_histories_in_random_batches_with_restarts_and_duplicates(house: House, seed: int) -> None:
    pick = random.Random(seed)
    world = World(seed).run(120)
    written = 0
    while written < len(world.transactions):
        for facts in world.transactions[written : written + pick.randint(1, 60)]:
            house.write(*facts)
            written += 1
            if pick.random() < 0.2:
                house.write(*pick.choice(world.transactions[:written]))
        house.read(batch=pick.choice([2, 7, 20, 2000]))
    assert live_of(house) == world.expected()
    assert world.expected()


@pytest.mark.parametrize("seed", range(10))
def test_facts_one_by_one_in_any_order_whatever_belongs_together(house: House, seed: int) -> None:
    world = World(seed, splits=False).run(60)
    facts = [fact for transaction in world.transactions for fact in transaction]
    random.Random(seed).shuffle(facts)
    for fact in facts:
        house.write(fact)
    house.read()
    assert live_of(house) == world.expected()
    assert world.expected()


def test_facts_of_two_partitions_commute(house: House) -> None:
    world = World(99, splits=False).run(80)
    for facts in world.transactions:
        house.write(*facts, part=min(f.customer for f in facts) % 2)
    house.read(batch=5)
    assert live_of(house) == world.expected()
    with house.database() as db:
        assert [row[0] for row in db.execute("SELECT part FROM offsets ORDER BY part")] == [0, 1]
