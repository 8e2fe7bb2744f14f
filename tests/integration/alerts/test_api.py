"""The alerts of a tenant over HTTP: ranked, paged, filtered, acknowledged and resolved; nothing of another tenant."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any, TypeVar

import pytest
from fastapi.testclient import TestClient

from services.alerts.app import create_app
from services.alerts.delivery import queue, states
from services.alerts.delivery.channel import Outcome
from services.alerts.delivery.wiring import listeners
from shared.auth import Scope, StoredKey, hash_key, write_snapshot
from shared.clock import machine_now, monotonic
from shared.database import connect
from shared.events import NextStep, Watermark
from shared.log.event_log import NewRecord
from tests.integration.alerts.house import FACT, House
from tests.unit.alerts.facts import at, ended, failed, skipped, stall

KEYS: dict[str, tuple[str, Scope]] = {
    "acme-admin": ("acme", "admin"),
    "acme-read": ("acme", "read"),
    "acme-write": ("acme", "write"),
    "globex-admin": ("globex", "admin"),
}


Found = TypeVar("Found")


def until(ask: Callable[[], Found], enough: Callable[[Found], bool], seconds: float = 20.0) -> Found:
    """Ask until the answer is enough, and return it."""
    deadline = monotonic() + seconds
    while True:
        found = ask()
        if enough(found) or monotonic() > deadline:
            assert enough(found), found
            return found
        threading.Event().wait(0.02)


class Caller:
    """Calls the API with a key."""

    def __init__(self, client: TestClient, key: str) -> None:
        """Use a key."""
        self.client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, code: int = 200, /, **params: str | int) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a GET that answers so."""
        answer = self.client.get(path, params=params, headers=self._headers)
        assert answer.status_code == code, answer.text
        return answer.json()

    def text(self, path: str, **params: str | int) -> str:
        """Return the text of a GET that succeeds."""
        answer = self.client.get(path, params=params, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, body: object = None, code: int = 200) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a POST that answers so."""
        answer = self.client.post(path, json=body, headers=self._headers)
        assert answer.status_code == code, answer.text
        return answer.json()


@pytest.fixture
def client(house: House) -> TestClient:
    """Return a client of the service; its threads do not run, so the tests say when facts are read."""
    keys = [StoredKey(tenant, hash_key(key), scope, "test") for key, (tenant, scope) in KEYS.items()]
    write_snapshot(house.folder, keys)
    return TestClient(create_app(house.settings, house.clock))


@pytest.fixture
def admin(client: TestClient) -> Caller:
    return Caller(client, "acme-admin")


@pytest.fixture
def other(client: TestClient) -> Caller:
    return Caller(client, "globex-admin")


def numbers(page: dict[str, Any]) -> list[int]:
    return [alert["alert"] for alert in page["alerts"]]


def test_alerts_rank_by_severity_then_by_how_long_they_stand(house: House, admin: Caller) -> None:
    house.take(
        [
            stall(customer=1, as_of=at(30)),
            stall(customer=2, as_of=at(20)),
            stall(customer=3, severity="critical"),
            skipped(customer=4),
            stall(customer=5, severity="low", as_of=at(1)),
        ]
    )
    assert numbers(admin.get("/v1/alerts")) == [3, 4, 2, 1, 5]


def test_pages_hold_every_alert_once_though_alerts_come_and_go(house: House, admin: Caller) -> None:
    house.take([stall(customer=n, as_of=at(20 + n % 3)) for n in range(1, 30)])
    page = admin.get("/v1/alerts", limit=4)
    seen = numbers(page)
    while page["next"]:
        page = admin.get("/v1/alerts", limit=4, after=page["next"])
        seen += numbers(page)
        if len(seen) == 8:
            house.take([stall(customer=99, severity="critical")])
    assert sorted(seen) == list(range(1, 30))


def test_filters_narrow_by_status_owner_rule_and_customer(house: House, admin: Caller) -> None:
    house.take(
        [
            stall(customer=1),
            stall(customer=2, next=NextStep("x", "y", "sales"), ids=["user:ana@x.org", "anonymous:7"]),
            skipped(customer=2),
            failed(customer=3),
        ],
        [ended(failed(customer=3), 2)],
    )
    admin.post("/v1/alerts/1/acknowledge", {"by": "ana"})
    assert numbers(admin.get("/v1/alerts", status="open")) == [3, 2]
    assert numbers(admin.get("/v1/alerts", status="live")) == [3, 1, 2]
    assert numbers(admin.get("/v1/alerts", status="ended, acknowledged")) == [4, 1]
    assert numbers(admin.get("/v1/alerts", owner="sales")) == [2]
    assert numbers(admin.get("/v1/alerts", rule="failed")) == [4]
    assert numbers(admin.get("/v1/alerts", customer="2")) == [3, 2]
    assert numbers(admin.get("/v1/alerts", customer="user:ana@x.org")) == [2]
    assert numbers(admin.get("/v1/alerts", customer="user:nobody")) == []


def test_those_that_nobody_owns_can_be_asked_for(house: House, admin: Caller) -> None:
    house.take([stall(customer=1), stall(customer=2, next=None)])

    assert numbers(admin.get("/v1/alerts", owner="-")) == [2]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"status": "closed"}, "not `closed`"),
        ({"rule": "gut_feeling"}, "rule is one of stall, prerequisite_skipped, failed"),
        ({"after": "'; DROP TABLE alerts"}, "is not a `next` of this list"),
        ({"limit": 0}, "greater than or equal to 1"),
        ({"limit": 501}, "less than or equal to 500"),
        ({"owner": "x" * 501}, "at most 500 characters"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_is_right(
    admin: Caller, params: dict[str, str | int], said: str
) -> None:
    answer = admin.get("/v1/alerts", 422, **params)
    assert answer["code"] == "invalid"
    assert said in answer["message"]


def test_deliveries_behind_a_number_beyond_what_is_stored_are_refused(admin: Caller) -> None:
    assert admin.get("/v1/deliveries", 422, after=f"{1 << 63}.webhook")["code"] == "invalid"


def test_one_alert_comes_with_its_whole_trail(house: House, admin: Caller) -> None:
    house.take([stall()])
    admin.post("/v1/alerts/1/acknowledge", {"by": "ana"})
    house.take([ended(stall(), 2)])
    found = admin.get("/v1/alerts/1")
    assert (found["status"], found["acknowledged_by"], found["reason"]) == ("ended", "ana", stall().text)
    assert [(change["change"], change["because"]) for change in found["trail"]] == [
        ("opened", {"fact": stall().id}),
        ("acknowledged", {"by": "ana"}),
        ("ended", {"fact": ended(stall(), 2).id}),
    ]


def test_acknowledging_twice_changes_once_and_another_takes_over(house: House, admin: Caller) -> None:
    house.take([stall()])
    for by in ("ana", "ana", " ana ", "ben"):
        assert admin.post("/v1/alerts/1/acknowledge", {"by": by})["acknowledged_by"] == by.strip()
    assert house.trail() == ["opened", "acknowledged", "acknowledged"]


def test_resolving_twice_changes_once(house: House, admin: Caller) -> None:
    house.take([stall()])
    for _ in range(2):
        assert admin.post("/v1/alerts/1/resolve", {"by": "ana", "reason": "called them"})["status"] == "resolved"
    assert house.trail() == ["opened", "resolved"]


def test_a_closed_alert_says_why_it_cannot_be_changed(house: House, admin: Caller) -> None:
    house.take([stall(), skipped()], [ended(stall(), 2)])
    admin.post("/v1/alerts/2/resolve", {"by": "ana", "reason": "waived"})
    acknowledged = admin.post("/v1/alerts/1/acknowledge", {"by": "ana"}, 409)
    assert acknowledged["message"] == "Alert 1 has ended by itself: it cannot be acknowledged any more."
    resolved = admin.post("/v1/alerts/2/resolve", {"by": "ben", "reason": "done"}, 409)
    assert resolved["message"] == "Alert 2 was resolved already: it cannot be resolved any more."


@pytest.mark.parametrize(
    "body", [None, {}, {"by": ""}, {"by": "  "}, {"by": 7}, {"by": "x" * 201}, [], "ana", {"by": None}]
)
def test_an_act_without_a_name_is_refused(house: House, admin: Caller, body: object) -> None:
    house.take([stall()])
    assert admin.post("/v1/alerts/1/acknowledge", body, 422)["code"] == "invalid"
    assert house.trail() == ["opened"]


@pytest.mark.parametrize("number", ["0", "-1", "x", str(2**63), "1e3"])
def test_a_number_that_is_none_is_refused(admin: Caller, number: str) -> None:
    assert admin.get(f"/v1/alerts/{number}", 422)["code"] == "invalid"


def test_nothing_of_another_tenant_is_seen_or_touched(house: House, admin: Caller, other: Caller) -> None:
    house.take([stall(), stall(tenant="globex", customer=2)])
    assert numbers(other.get("/v1/alerts")) == [2]
    assert numbers(other.get("/v1/alerts", customer="1")) == []
    for path, body in (("", None), ("/acknowledge", {"by": "eve"}), ("/resolve", {"by": "eve", "reason": "x"})):
        act = other.post(f"/v1/alerts/1{path}", body, 404) if path else other.get("/v1/alerts/1", 404)
        assert act["message"] == "There is no alert 1."
    assert admin.get("/v1/status")["live"] == other.get("/v1/status")["live"] == {"stall": 1}
    assert house.trail() == ["opened"]


def test_keys_open_only_what_their_scope_allows(house: House, client: TestClient) -> None:
    house.take([stall()])
    reader, writer = Caller(client, "acme-read"), Caller(client, "acme-write")
    assert numbers(reader.get("/v1/alerts")) == [1]
    assert reader.post("/v1/alerts/1/acknowledge", {"by": "ana"}, 403)["code"] == "forbidden"
    assert reader.post("/v1/deliveries/resume", None, 403)["code"] == "forbidden"
    assert writer.get("/v1/alerts", 403)["code"] == "forbidden"
    for path in ("/v1/alerts", "/v1/alerts/1", "/v1/alerts/stream", "/v1/status", "/v1/dead-letters", "/v1/deliveries"):
        assert client.get(path).status_code == 401


def test_the_status_says_how_far_the_service_has_come(house: House, admin: Caller) -> None:
    house.write(stall(), watermark=Watermark(0, at(39), at(38)))
    house.read()
    status = admin.get("/v1/status")
    assert (status["judged_until"], status["now"]) == ("2023-12-22T22:13:20Z", "2023-12-24T22:13:20Z")
    assert (status["deliveries_waiting"], status["live"], status["last_change"]) == (0, {"stall": 1}, 1)


def test_dead_letters_are_paged_and_only_the_tenants(house: House, admin: Caller, other: Caller) -> None:
    for n in range(3):
        house.write_records([NewRecord(b"", b'{"tenant": "acme", "n": %d}' % n, FACT)])
    house.read()
    first = admin.get("/v1/dead-letters", limit=2)
    assert [letter["event_id"] for letter in first["dead_letters"]] == ["facts/0/0", "facts/0/1"]
    rest = admin.get("/v1/dead-letters", after=first["next"])
    assert ([letter["body"] for letter in rest["dead_letters"]], rest["next"]) == (['{"tenant": "acme", "n": 2}'], None)
    assert other.get("/v1/dead-letters")["dead_letters"] == []


def test_a_receiver_that_is_gone_is_said_and_can_be_resumed(house: House, admin: Caller) -> None:
    house.webhook_url = "https://example.com/hook"
    house.take([stall()])
    with closing(connect(house.folder / "alerts.db")) as db:
        states.record(db, listeners(house.settings)[0], Outcome("gone", "HTTP 410"), machine_now())
        queue.give_up(db, "webhook", "HTTP 410", machine_now())
    with TestClient(create_app(house.settings, house.clock)) as client:
        there = Caller(client, "acme-admin")
        assert there.get("/v1/status")["webhooks_stopped"] == "HTTP 410"
        assert there.post("/v1/deliveries/resume") == {"resumed": 1}
        status = there.get("/v1/status")
        assert (status["webhooks_stopped"], status["deliveries_waiting"]) == (None, 1)
    assert admin.get("/v1/status")["webhooks_stopped"] is None


def test_a_database_that_was_never_made_is_503_with_what_to_do(house: House, client: TestClient) -> None:
    (house.folder / "alerts.db").unlink()
    answer = Caller(client, "acme-admin").get("/v1/alerts", 503)
    assert (answer["code"], "`waypost migrate` makes it" in answer["message"]) == ("unavailable", True)


def test_deliveries_are_listed_without_the_path_of_their_target(house: House, client: TestClient) -> None:
    house.webhook_url = "https://hooks.example.com/T000/secret-path"
    house.take([stall(), skipped()])
    page = Caller(client, "acme-read").get("/v1/deliveries", limit=1)
    assert [(d["alert"], d["status"], d["target"]) for d in page["deliveries"]] == [
        (2, "waiting", "https://hooks.example.com")
    ]
    rest = Caller(client, "acme-read").get("/v1/deliveries", after=page["next"], status="waiting")
    assert [d["alert"] for d in rest["deliveries"]] == [1]
    assert Caller(client, "acme-read").get("/v1/deliveries", 422, status="lost")["code"] == "invalid"
    assert Caller(client, "globex-admin").get("/v1/deliveries")["deliveries"] == []


def test_the_service_waits_for_the_journeys_database_and_says_so(house: House) -> None:
    journey = house.folder / "journey.db"
    kept = journey.rename(house.folder / "not-yet.db")
    with TestClient(create_app(house.settings, house.clock)) as client:
        answer = until(lambda: client.get("/readyz"), lambda answer: answer.status_code == 503)
        assert answer.json()["wrong"] == {"consumer": "waiting: journey has not started yet: there is no journey.db"}
        kept.rename(journey)
        house.write(stall())
        until(house.alerts, bool)
        assert until(lambda: client.get("/readyz"), lambda answer: answer.status_code == 200).json()["ready"]


def test_a_consumer_that_stopped_says_why(house: House) -> None:
    house.take([stall()])
    with house.other_log(), TestClient(create_app(house.settings, house.clock)) as client:
        answer = until(lambda: client.get("/readyz"), lambda answer: answer.status_code == 503)
        assert "journey.db now holds log another" in answer.json()["wrong"]["consumer"]


def test_what_is_open_is_a_metric(house: House) -> None:
    house.write(stall(tenant="metrics"), failed(tenant="metrics"))
    with TestClient(create_app(house.settings, house.clock)) as client:
        wanted = 'waypost_alerts_open{rule="stall",severity="medium",tenant="metrics"} 1.0'
        until(lambda: client.get("/metrics").text, lambda text: wanted in text)
        assert 'waypost_alerts_opened_total{rule="failed",tenant="metrics"} 1.0' in client.get("/metrics").text
