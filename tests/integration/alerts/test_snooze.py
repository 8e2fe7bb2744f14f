"""A snoozed alert is quiet until its time, by the clock that judges, and wakes once whatever happens meanwhile."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from fastapi.testclient import TestClient

from services.alerts.app import create_app
from services.alerts.consumer import Consumer
from shared.auth import StoredKey, hash_key, write_snapshot
from shared.clock import DAY
from shared.database import connect
from shared.times import rfc3339
from tests.integration.alerts.house import House
from tests.integration.alerts.test_api import Caller, numbers
from tests.integration.alerts.test_crashes import Crash, dying
from tests.unit.alerts.facts import at, ended, stall

DAY_41 = rfc3339(at(41))


@pytest.fixture
def admin(house: House) -> Caller:
    write_snapshot(house.folder, [StoredKey("acme", hash_key("acme"), "admin", "test")])
    return Caller(TestClient(create_app(house.settings, house.clock)), "acme")


@contextmanager
def consumer(house: House) -> Iterator[Consumer]:
    with closing(house.consumer()) as each, closing(each.reading.writer.db):
        yield each


def snooze(admin: Caller, code: int = 200, until: str = DAY_41, number: int = 1) -> dict[str, object]:
    body = {"by": "ana", "until": until, "reason": "back on Monday"}
    answer: dict[str, object] = admin.post(f"/v1/alerts/{number}/snooze", body, code)
    return answer


def test_a_snoozed_alert_wakes_at_its_time_and_not_before(house: House, admin: Caller) -> None:
    house.take([stall()])
    found = snooze(admin)
    assert (found["status"], found["snoozed_until"]) == ("snoozed", DAY_41)
    assert house.because() == {"by": "ana", "reason": "back on Monday", "until": DAY_41}
    with consumer(house) as each:
        house.clock.step(DAY - 1)
        each.step(0)
        assert house.alert().status == "snoozed"
        house.clock.step(1)
        each.step(0)
        each.step(0)
    assert house.trail() == ["opened", "snoozed", "woken"]
    assert (house.alert().status, house.alert().snoozed_until, house.alert().changed_at) == ("open", None, at(41))
    assert house.because() == {"by": "ana", "reason": "back on Monday", "until": DAY_41}


def test_an_alert_that_was_due_while_nothing_ran_wakes_when_the_service_starts(house: House, admin: Caller) -> None:
    house.take([stall()])
    snooze(admin)
    house.clock.step(3 * DAY)
    house.read()
    assert house.trail() == ["opened", "snoozed", "woken"]


def test_what_ended_while_nothing_ran_ends_without_waking(house: House, admin: Caller) -> None:
    house.take([stall()])
    snooze(admin)
    house.clock.step(3 * DAY)
    for n in range(2, 30):
        house.write(stall(n))
    house.write(ended(stall(), 30))
    house.read(batch=3)
    assert house.trail()[:2] == ["opened", "snoozed"]
    assert house.trail()[-1] == "ended"
    assert "woken" not in house.trail()


def test_a_finding_that_ends_meanwhile_ends_the_alert(house: House, admin: Caller) -> None:
    house.take([stall()])
    snooze(admin)
    house.take([ended(stall(), 2)])
    house.clock.step(3 * DAY)
    house.read()
    assert (house.trail(), house.alert().snoozed_until) == (["opened", "snoozed", "ended"], None)


def test_snoozed_again_the_last_time_counts(house: House, admin: Caller) -> None:
    house.take([stall()])
    snooze(admin)
    snooze(admin)  # the same: no change
    snooze(admin, until="2023-12-28")
    house.clock.step(2 * DAY)
    house.read()
    assert (house.trail(), house.alert().status) == (["opened", "snoozed", "snoozed"], "snoozed")
    house.clock.step(2 * DAY)
    house.read()
    assert house.trail() == ["opened", "snoozed", "snoozed", "woken"]


def test_who_acknowledges_a_snoozed_alert_takes_it_on_now(house: House, admin: Caller) -> None:
    house.take([stall()])
    snooze(admin)
    assert admin.post("/v1/alerts/1/acknowledge", {"by": "bo"})["snoozed_until"] is None
    house.clock.step(3 * DAY)
    house.read()
    assert house.trail() == ["opened", "snoozed", "acknowledged"]


@pytest.mark.parametrize(
    ("until", "said"),
    [
        (rfc3339(at(40)), "until lies after now (2023-12-24T22:13:20Z) and at most a year ahead."),
        (rfc3339(at(39)), "until lies after now"),
        (rfc3339(at(40) + 367 * DAY), "at most a year ahead"),
        ("tomorrow", "until is a time such as 2026-12-01T09:00:00Z, not `tomorrow`."),
        ("9999-99-99", "until is a time such as"),
        ("9999-12-31T23:59:59-23:59", "at most a year ahead"),
        ("x" * 41, "at most 40 characters"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_what_can(house: House, admin: Caller, until: str, said: str) -> None:
    house.take([stall()])
    assert said in str(snooze(admin, 422, until)["message"])
    assert house.trail() == ["opened"]


def test_a_closed_alert_and_one_of_others_cannot_be_snoozed(house: House, admin: Caller) -> None:
    house.take([stall(), stall(tenant="globex", customer=2)], [ended(stall(), 2)])
    assert snooze(admin, 409)["message"] == "Alert 1 has ended by itself: it cannot be snoozed any more."
    assert snooze(admin, 404, number=2)["message"] == "There is no alert 2."


def test_a_snoozed_alert_is_live_and_counted_as_snoozed(house: House, admin: Caller) -> None:
    house.take([stall(), stall(customer=2)])
    snooze(admin)
    assert numbers(admin.get("/v1/alerts", status="live")) == [1, 2]
    assert numbers(admin.get("/v1/alerts", status="open,acknowledged")) == [2]
    assert (admin.get("/v1/alerts/summary")["live"], admin.get("/v1/alerts/summary")["snoozed"]) == (2, 1)


def test_a_crash_at_any_statement_wakes_each_once(house: House, admin: Caller) -> None:
    house.take([stall(customer=n) for n in range(1, 4)])
    for number in range(1, 4):
        snooze(admin, number=number)
    house.clock.step(3 * DAY)
    crashes = 0
    for statements in range(1, 100):
        try:
            house.read(dying(house.folder / "alerts.db", statements))
        except Crash:
            crashes += 1
        else:
            break
    assert crashes > 5
    with closing(connect(house.folder / "alerts.db")) as db:
        woken = db.execute("SELECT alert_no, count(*) FROM alert_trail WHERE change = 'woken' GROUP BY 1").fetchall()
    assert woken == [(1, 1), (2, 1), (3, 1)]
