"""The same act again, as a second click or a retry sends it, changes nothing; that of another person is an act."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from services.alerts.app import create_app
from shared.auth import StoredKey, hash_key, write_snapshot
from shared.times import rfc3339
from tests.integration.alerts.house import House
from tests.integration.alerts.test_api import Caller
from tests.unit.alerts.facts import at, stall

AT_ONCE = 16
UNTIL = rfc3339(at(41))


@pytest.fixture
def admin(house: House) -> Caller:
    write_snapshot(house.folder, [StoredKey("acme", hash_key("acme"), "admin", "test")])
    house.take([stall()])
    return Caller(TestClient(create_app(house.settings, house.clock)), "acme")


@pytest.mark.parametrize(
    ("act", "body", "change"),
    [
        ("acknowledge", {"by": "ana"}, "acknowledged"),
        ("snooze", {"by": "ana", "until": UNTIL, "reason": "holiday"}, "snoozed"),
        ("resolve", {"by": "ana", "reason": "done"}, "resolved"),
    ],
)
def test_the_same_act_many_times_at_once_is_one(
    house: House, admin: Caller, act: str, body: dict[str, str], change: str
) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: admin.post(f"/v1/alerts/1/{act}", body), range(AT_ONCE)))
    assert {answer["status"] for answer in answers} == {change}
    assert house.trail() == ["opened", change]


@pytest.mark.parametrize(
    ("act", "first", "then", "code", "trail"),
    [
        ("acknowledge", {}, {"by": "bo"}, 200, ["acknowledged", "acknowledged"]),
        ("snooze", {"until": UNTIL}, {"by": "bo"}, 200, ["snoozed", "snoozed"]),
        ("snooze", {"until": UNTIL}, {"reason": "their move"}, 200, ["snoozed", "snoozed"]),
        ("snooze", {"until": UNTIL}, {"until": rfc3339(at(42))}, 200, ["snoozed", "snoozed"]),
        ("resolve", {"reason": "done"}, {"by": "bo"}, 409, ["resolved"]),
        ("resolve", {"reason": "done"}, {"reason": "otherwise"}, 409, ["resolved"]),
    ],
)
def test_another_persons_act_or_another_reason_is_one_more_or_comes_too_late(
    house: House, admin: Caller, act: str, first: dict[str, str], then: dict[str, str], code: int, trail: list[str]
) -> None:
    body: dict[str, Any] = {"by": "ana"} | first
    admin.post(f"/v1/alerts/1/{act}", body)
    admin.post(f"/v1/alerts/1/{act}", body | then, code)
    assert house.trail() == ["opened", *trail]


@pytest.mark.parametrize(
    ("by", "kept"),
    [("ana\n<b>", "ana <b>"), ("\u202eana", "ana"), ("=1+1", "=1+1"), ("\u05d0\x00", "\u05d0"), ("x" * 200, "x" * 200)],
)
def test_who_acts_is_kept_on_one_line_in_the_direction_of_its_letters(admin: Caller, by: str, kept: str) -> None:
    assert admin.post("/v1/alerts/1/acknowledge", {"by": by})["acknowledged_by"] == kept


@pytest.mark.parametrize("text", ["", " ", "\x00", "\u202e\u2066", "\u200b", "x" * 10_000])
def test_who_or_why_that_nobody_can_see_is_refused(house: House, admin: Caller, text: str) -> None:
    assert admin.post("/v1/alerts/1/acknowledge", {"by": text}, 422)["code"] == "invalid"
    assert admin.post("/v1/alerts/1/resolve", {"by": "ana", "reason": text}, 422)["code"] == "invalid"
    assert house.trail() == ["opened"]


def test_half_a_character_is_refused(admin: Caller) -> None:
    body = rb'{"by": "\ud800"}'
    answer = admin.client.post(
        "/v1/alerts/1/acknowledge",
        content=body,
        headers={"authorization": "Bearer acme", "content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_acknowledged_again_after_it_woke_is_an_act(house: House, admin: Caller) -> None:
    admin.post("/v1/alerts/1/acknowledge", {"by": "ana"})
    admin.post("/v1/alerts/1/snooze", {"by": "ana", "until": UNTIL})
    house.clock.step(at(42) - at(40))
    house.read()
    admin.post("/v1/alerts/1/acknowledge", {"by": "ana"})
    assert house.trail() == ["opened", "acknowledged", "snoozed", "woken", "acknowledged"]
