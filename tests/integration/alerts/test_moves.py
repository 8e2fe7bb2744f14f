"""A finding that goes on under another key takes its alert along, in whatever order the facts come."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from shared.events import Because, Fact
from tests.integration.alerts.house import House
from tests.unit.alerts.facts import again, ended, merged, stall, withdrawn

LOSER, WINNER = (
    stall(3, customer=5),
    stall(8, customer=2, because=Because(was=["5/onboarding/1/stall:security-review:1"])),
)
GONE = withdrawn(LOSER, 4, Because(merged_into=2))
MERGE = [merged(5, 2, 4), WINNER, GONE]
ORDERS = [
    pytest.param(order, id="-".join(f.type.split(".")[-1] + str(f.customer) for f in order))
    for order in permutations(MERGE)
]


def acknowledged(house: House) -> None:
    house.take([LOSER])
    with house.acts() as acts:
        acts.acknowledge("acme", 1, "ana")


@pytest.mark.parametrize("order", ORDERS)
def test_on_a_merge_the_alert_moves_with_trail_and_acknowledgement(house: House, order: Sequence[Fact]) -> None:
    acknowledged(house)
    house.take(order)
    [alert] = house.alerts()
    assert (alert.number, alert.subject.customer, alert.said.finding) == (1, 2, WINNER.finding)
    assert (alert.status, alert.acknowledged_by) == ("acknowledged", "ana")
    assert house.trail() == ["opened", "acknowledged", "moved"]
    assert house.because() == {"customer": 5, "now": 2}


@pytest.mark.parametrize("order", ORDERS)
def test_facts_of_a_merge_that_come_one_by_one_end_in_the_same_alert(house: House, order: Sequence[Fact]) -> None:
    acknowledged(house)
    house.take(*([fact] for fact in order))
    [alert] = house.alerts()
    assert (alert.number, alert.subject.customer, alert.said.finding) == (1, 2, WINNER.finding)
    assert alert.live


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_a_batch_that_cuts_a_merge_in_two_waits_for_the_rest(house: House, batch: int) -> None:
    acknowledged(house)
    house.write(GONE, WINNER, merged(5, 2, 4))
    house.write(stall(customer=9))
    house.read(batch=batch)
    assert house.trail() == ["opened", "acknowledged", "moved"]


@pytest.mark.parametrize("order", list(permutations([merged(5, 2, 4), GONE])))
def test_where_the_winner_has_no_such_finding_the_alert_is_withdrawn(house: House, order: Sequence[Fact]) -> None:
    acknowledged(house)
    house.take(order)
    [alert] = house.alerts()
    assert (alert.number, alert.subject.customer, alert.status) == (1, 2, "withdrawn")
    assert house.trail() == ["opened", "acknowledged", "moved", "withdrawn"]


@pytest.mark.parametrize("order", list(permutations([merged(5, 2, 4), GONE])))
def test_two_alerts_about_the_same_become_one_that_keeps_the_acknowledgement(
    house: House, order: Sequence[Fact]
) -> None:
    house.take([stall(customer=2)], [LOSER])
    with house.acts() as acts:
        acts.acknowledge("acme", 2, "ana")
    house.take(order)
    kept, gone = house.alert(1), house.alert(2)
    assert (kept.subject.customer, kept.status, kept.acknowledged_by) == (2, "acknowledged", "ana")
    assert (gone.status, house.because(2)["joined"]) == ("ended", 1)
    house.take([ended(stall(customer=2), 9)])
    assert house.alert(1).status == "ended"


def test_the_older_alert_goes_on_even_where_it_was_the_losers(house: House) -> None:
    house.take([LOSER], [stall(customer=2)], MERGE[::-1])
    assert (house.alert(1).subject.customer, house.alert(1).live, house.alert(2).status) == (2, True, "ended")


def test_what_a_person_resolved_stays_resolved_after_a_merge(house: House) -> None:
    house.take([LOSER])
    with house.acts() as acts:
        acts.resolve("acme", 1, "ana", "waived")
    house.take(MERGE)
    [alert] = house.alerts()
    assert (alert.number, alert.subject.customer, alert.status) == (1, 2, "resolved")
    assert house.trail() == ["opened", "resolved", "moved"]


def test_a_fact_of_the_loser_that_comes_after_the_merge_calls_nobody(house: House) -> None:
    house.take([merged(5, 2, 4), again(WINNER, 8)], [LOSER])
    assert [(a.subject.customer, a.status) for a in house.alerts()] == [(2, "open")]


def test_a_customer_that_is_split_again_calls_again(house: House) -> None:
    house.take([LOSER], MERGE)
    split = again(merged(5, 2, 5), 5, type="waypost.customer.split", stands=False)
    house.take([split, again(LOSER, 5), withdrawn(WINNER, 9)])
    assert {(a.subject.customer, a.status) for a in house.alerts()} == {(2, "withdrawn"), (5, "open")}


def test_a_chain_of_merges_carries_one_alert_to_the_end(house: House) -> None:
    last = stall(4, customer=1, because=Because(was=[WINNER.finding]))
    house.take([LOSER], MERGE, [last, merged(2, 1, 9), withdrawn(WINNER, 9, Because(merged_into=1))])
    [alert] = house.alerts()
    assert (alert.number, alert.subject.customer, alert.status) == (1, 1, "open")
    assert house.trail() == ["opened", "moved", "moved"]


OLD, RENUMBERED = stall(1, n=1), stall(2, n=2, because=Because(was=["1/onboarding/1/stall:security-review:1"]))


@pytest.mark.parametrize("order", list(permutations([RENUMBERED, withdrawn(OLD, 2)])))
def test_a_renumbered_journey_keeps_its_alert(house: House, order: Sequence[Fact]) -> None:
    house.take([OLD])
    with house.acts() as acts:
        acts.acknowledge("acme", 1, "ana")
    house.take(order)
    [alert] = house.alerts()
    assert (alert.number, alert.said.finding, alert.acknowledged_by) == (1, RENUMBERED.finding, "ana")
    assert house.trail() == ["opened", "acknowledged", "updated"]


@pytest.mark.parametrize("order", list(permutations([RENUMBERED, stall(2, n=1, level="beyond")])))
def test_a_renumbered_finding_stays_resolved_and_a_new_one_under_its_old_key_calls(
    house: House, order: Sequence[Fact]
) -> None:
    house.take([OLD])
    with house.acts() as acts:
        acts.resolve("acme", 1, "ana", "waived")
    house.take(order)
    assert {(a.number, a.status, a.said.finding) for a in house.alerts()} == {
        (1, "resolved", OLD.finding),
        (2, "open", OLD.finding),
    }


def test_a_finding_of_a_joined_alert_wakes_the_one_that_went_on(house: House) -> None:
    house.take([stall(customer=2, k=2)], [LOSER], [merged(5, 2, 4), ended(WINNER, 8), GONE])
    house.take([ended(stall(customer=2, k=2), 9)])
    assert house.alert(1).status == "ended"
    house.take([again(WINNER, 10, because=None)])
    assert {(a.number, a.status) for a in house.alerts()} == {(1, "open"), (2, "ended")}
