"""The journey API over a real database: what a customer's answer holds, lists, maps, and its refusals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from migrations.run import upgrade_all
from services.ingest.store.keys import KeyStore
from services.journey.app import create_app
from services.journey.consumer import Consumer
from shared.auth import Scope
from shared.clock import DAY, SteppedClock
from shared.events import Touchpoint
from shared.log.event_log import TOUCHPOINTS, Append
from shared.log.sql_log import SqlLog
from shared.settings import Settings
from tests.integration.journey.histories import START, record, touchpoint

SCOPES: tuple[Scope, ...] = ("write", "read", "admin")
MAP = """
map: onboarding
title: Onboarding
opens_on: [Signed Up]
stages:
  - stage: buy
    phase: pre-sale
    path: [{step: signup, need: Try it, match: Signed Up}, {optional: {step: tour, need: Know where, match: Tour Done}}]
  - stage: use
    phase: post-sale
    owner: success
    path:
      - {step: import, need: Have our data in it, match: Imported, within: 5d, owner: data}
      - {step: review, need: Be allowed, match: Reviewed, within: 7d}
      - {step: live, need: Work with it, match: Live, requires: [review], within: 3d}
      - {step: report, need: Show it, match: Report}
"""


class Service:
    """A journey service whose consumer is stepped by the test."""

    def __init__(self, folder: Path) -> None:
        """Make a data folder with two tenants."""
        self.folder = folder
        upgrade_all(folder)
        with KeyStore(folder / "ingest.db") as store:
            self.keys = {
                f"{tenant} {scope}": store.create(tenant, scope, "test")
                for tenant in ("t", "other")
                for scope in SCOPES
            }
            store.publish()
        self.clock = SteppedClock(START + 20 * DAY)
        self.app = create_app(Settings(data=folder, heartbeat_s=0.001), self.clock)
        self.consumer: Consumer = self.app.state.consumer
        self.client = TestClient(self.app, raise_server_exceptions=False)  # without a lifespan: no thread
        self.log = SqlLog(folder / "log.db")

    def ask(self, method: str, path: str, *, tenant: str = "t", scope: str = "admin", body: str = "") -> dict[str, Any]:
        """Return the JSON of an answer, with its status."""
        headers = {"Authorization": f"Bearer {self.keys[f'{tenant} {scope}']}"}
        answer = self.client.request(method, path, headers=headers, content=body.encode())
        said: dict[str, Any] = answer.json()
        return said | {"status": answer.status_code}

    def take(self, *touchpoints: Touchpoint) -> None:
        """Append, consume everything, judge until the clock."""
        if touchpoints:
            self.log.append([Append(TOUCHPOINTS, [record(t) for t in touchpoints])])
        while self.consumer.step(0.001):
            pass
        self.consumer.step(0.001)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    made.ask("PUT", "/v1/maps/onboarding", body=MAP)
    yield made
    made.log.close()


def day(n: float) -> int:
    return START + round(n * DAY)


WALK = (
    touchpoint(day(0), "Signed Up", ids=(("user", "42"), ("anonymous", "f3"))),
    touchpoint(day(2), "Imported", ids=(("user", "42"),)),
    touchpoint(day(3), "Live", ids=(("user", "42"),)),
)


def test_a_customer_shows_position_route_deviations_and_stall(service: Service) -> None:
    service.take(*WALK)
    answer = service.ask("GET", "/v1/customers/user:42", scope="read")
    assert answer["ids"] == ["user:42", "anonymous:f3"]
    assert answer["judged_until"] == "2026-01-20T23:00:00Z"
    [journey] = answer["journeys"]
    assert {k: journey[k] for k in ("map", "version", "state", "reached_at", "ended_at", "cost")} == {
        "map": "onboarding",
        "version": 1,
        "state": "open",
        "reached_at": None,
        "ended_at": None,
        "cost": 1,
    }
    assert journey["position"] == {
        "steps": ["report"],
        "titles": ["report"],
        "after": "live",
        "stage": "use",
        "since": "2026-01-04T00:00:00Z",
    }
    assert [step["step"] for step in journey["route"]] == ["review", "report"]
    assert {(d["kind"], d["step"], d["cost"], d["status"]) for d in journey["deviations"]} == {
        ("optional_skipped", "tour", 0, "open"),
        ("prerequisite_skipped", "review", 1, "open"),
    }
    proofs = {d["step"]: [t["event"] for t in d["touchpoints"]] for d in journey["deviations"]}
    assert proofs == {"tour": ["Imported"], "review": ["Live"]}
    assert journey["stall"]["step"] == "review"
    assert journey["stall"]["since"] == "2026-01-10T00:00:00Z"
    assert journey["stall"]["threshold"] == "7d"


def test_a_person_is_told_with_the_accounts_that_they_belong_to_or_acted_for(service: Service) -> None:
    ada, bo = (("user", "ada"),), (("user", "bo"),)
    service.take(
        touchpoint(day(0), kind="group", ids=ada, account="acme"),
        touchpoint(day(1), "Signed Up", ids=ada),
        touchpoint(day(2), "Signed Up", ids=bo, account="umbra"),
    )
    found = {name: service.ask("GET", f"/v1/customers/{name}")["accounts"] for name in ("user:ada", "user:bo")}
    assert found == {"user:ada": ["account:acme"], "user:bo": ["account:umbra"]}
    assert service.ask("GET", "/v1/customers/account:acme")["accounts"] == []
    listed = service.ask("GET", "/v1/customers")["customers"]
    assert {each["ids"][0]: each["accounts"] for each in listed}["user:bo"] == ["account:umbra"]


def test_any_id_names_the_customer_and_an_unknown_or_ambiguous_one_is_answered(service: Service) -> None:
    service.take(*WALK, touchpoint(day(1), "Signed Up", ids=(("crm", "42"),)))
    numbers = {name: service.ask("GET", f"/v1/customers/{name}").get("customer") for name in ("user:42", "f3")}
    assert len(set(numbers.values())) == 1
    ambiguous = service.ask("GET", "/v1/customers/42")
    assert ambiguous["status"] == 409
    assert "user:42" in ambiguous["message"]
    assert "crm:42" in ambiguous["message"]
    assert service.ask("GET", "/v1/customers/nobody")["status"] == 404


@pytest.mark.parametrize("name", ["a\nb", "x/timeline", "a/b/c", "100 %", "ü?#&=", "..", "'; DROP TABLE ids"])
def test_any_id_can_be_asked_for(service: Service, name: str) -> None:
    service.take(
        touchpoint(day(0), "Signed Up", ids=(("user", name),)), *WALK, touchpoint(day(0), ids=(("user", "x"),))
    )
    asked = f"/v1/customers/user:{quote(name, safe='')}"
    assert service.ask("GET", asked)["ids"] == [f"user:{name}"]
    assert [t["event"] for t in service.ask("GET", f"{asked}/timeline")["touchpoints"]] == ["Signed Up"]


def test_the_timeline_lists_touchpoints_in_history_order(service: Service) -> None:
    service.take(WALK[2], WALK[0], WALK[1])
    answer = service.ask("GET", "/v1/customers/user:42/timeline?limit=2")
    assert [t["event"] for t in answer["touchpoints"]] == ["Imported", "Live"]


def test_lists_are_filtered_and_paged(service: Service) -> None:
    service.take(
        *(touchpoint(day(1), "Signed Up", ids=(("user", f"u{n}"),)) for n in range(5)),
        touchpoint(day(19.5), "Imported", ids=(("user", "u4"),)),
    )
    first = service.ask("GET", "/v1/customers?map=onboarding&step=import&stall=any&limit=3")
    rest = service.ask("GET", f"/v1/customers?map=onboarding&step=import&stall=any&limit=3&after={first['next']}")
    assert [c["ids"] for c in first["customers"] + rest["customers"]] == [[f"user:u{n}"] for n in range(4)]
    assert rest["next"] is None
    assert [c["ids"] for c in service.ask("GET", "/v1/customers?step=review")["customers"]] == [["user:u4"]]
    assert service.ask("GET", "/v1/customers?state=lost")["customers"] == []
    assert service.ask("GET", "/v1/customers?state=gone")["status"] == 422


@pytest.mark.parametrize("on", ["", "map=life&", "map=life&order=longest&"])
def test_customers_are_listed_by_what_came_of_their_journeys(service: Service, on: str) -> None:
    outcomes = "outcomes: {reached: [{event: Paid, ends: false}], lost: [Gone]}"
    service.ask(
        "PUT", "/v1/maps/life", body=f"map: life\n{outcomes}\npath: [{{step: Seen}}, {{step: Paid}}, {{step: Back}}]"
    )
    for who, events in {
        "a": ["Seen", "Paid"],
        "b": ["Seen"],
        "c": ["Seen", "Gone"],
        "d": ["Seen", "Paid", "Gone"],
    }.items():
        service.take(*(touchpoint(day(n), event, ids=(("user", who),)) for n, event in enumerate(events)))

    def listed(outcome: str) -> list[str]:
        return sorted(c["ids"][0] for c in service.ask("GET", f"/v1/customers?{on}outcome={outcome}")["customers"])

    assert {outcome: listed(outcome) for outcome in ("reached", "lost", "open")} == {
        "reached": ["user:a", "user:d"],
        "lost": ["user:c"],
        "open": ["user:b"],
    }


def test_positions_count_who_stands_where(service: Service) -> None:
    service.take(
        *(touchpoint(day(1), "Signed Up", ids=(("user", f"u{n}"),)) for n in range(3)),
        touchpoint(day(19), "Imported", ids=(("user", "u2"),)),
    )
    answer = service.ask("GET", "/v1/maps/onboarding/positions")
    assert answer["open"] == 3
    assert answer["steps"]["import"] == {"here": 2, "stalled": 2}
    assert answer["steps"]["review"] == {"here": 1, "stalled": 0}


def test_who_waits_too_long_is_counted_once_at_the_step_waited_for(service: Service) -> None:
    text = (
        "map: both\npath: [A, {any_order: [{step: B, within: 2d}, {step: C, within: 9d}]}, {step: D, requires: [B]}, E]"
    )
    service.ask("PUT", "/v1/maps/both", body=text)
    parallel = touchpoint(day(15), "A", ids=(("user", "1"),))
    passed = (touchpoint(day(15), "A", ids=(("user", "2"),)), touchpoint(day(16), "C", ids=(("user", "2"),)))
    service.take(parallel, *passed, touchpoint(day(17), "D", ids=(("user", "2"),)))
    answer = service.ask("GET", "/v1/maps/both/positions")
    assert answer["steps"]["B"]["stalled"] == 2
    assert answer["steps"]["C"] == {"here": 1, "stalled": 0}
    assert answer["open"] == 2
    overview = service.ask("GET", "/v1/maps/both/overview")
    assert (overview["steps"]["B"]["here"], overview["steps"]["B"]["stalled_elsewhere"]) == (1, 1)
    assert overview["hot_spots"][0]["of"] == 2
    assert (
        overview["hot_spots"][0]["text"]
        == "2 have waited for B longer than planned; 1 of them stands elsewhere by now."
    )
    for question in ("map=both&step=B&stall=any", "map=both&step=B&stall=any&order=longest", "step=B&stall=overdue"):
        listed = service.ask("GET", f"/v1/customers?{question}")["customers"]
        assert sorted(each["ids"][0] for each in listed) == ["user:1", "user:2"], question


def test_publishing_the_newest_content_again_changes_nothing(service: Service) -> None:
    again = service.ask("PUT", "/v1/maps/onboarding", body=MAP + "\n# a remark\n")
    assert (again["published"], again["version"]) == (False, 1)
    changed = service.ask("PUT", "/v1/maps/onboarding", body=MAP.replace("within: 5d", "within: 6d"))
    assert (changed["published"], changed["version"]) == (True, 2)
    assert service.ask("GET", "/v1/maps/onboarding")["version"] == 2
    assert "within: 5d" in service.ask("GET", "/v1/maps/onboarding?version=1")["yaml"]
    assert [m["map"] for m in service.ask("GET", "/v1/maps")["maps"]] == ["onboarding"]


def test_a_corrected_map_judges_who_is_on_the_way_anew(service: Service) -> None:
    service.take(*WALK, touchpoint(day(9), "Reviewed", ids=(("user", "42"),)))
    typo = MAP.replace("map: onboarding", "map: care").replace("Imported", "Importted")
    assert service.ask("PUT", "/v1/maps/care?correct=true", body=typo)["version"] == 1, "nothing there to correct yet"
    service.take()

    def judged() -> tuple[int, bool]:
        journeys = service.ask("GET", "/v1/customers/user:42")["journeys"]
        [journey] = [one for one in journeys if one["map"] == "care"]
        return journey["version"], any(found["kind"] == "unmapped" for found in journey["deviations"])

    assert judged() == (1, True)
    mended = typo.replace("Importted", "Imported")
    service.clock.step(DAY)
    assert service.ask("PUT", "/v1/maps/care", body=mended)["version"] == 2
    service.take()
    assert judged() == (1, True), "who is on the way keeps the version"

    corrected = service.ask("PUT", "/v1/maps/care?correct=true", body=mended)
    first = service.ask("GET", "/v1/maps/care?version=1")
    assert (corrected["version"], corrected["published_at"]) == (3, first["published_at"])
    service.take()
    assert judged() == (3, False)
    again = service.ask("PUT", "/v1/maps/care?correct=true", body=mended)
    assert (again["published"], again["version"]) == (False, 3)


def test_who_is_on_no_map_is_counted_with_what_they_did(service: Service) -> None:
    service.take(
        touchpoint(day(0), "Signed Up", ids=(("user", "1"),)),
        touchpoint(day(0), "Signed up", ids=(("user", "2"),)),
        touchpoint(day(1), "Signed up", ids=(("user", "2"),)),
        touchpoint(day(1), "Signed up", ids=(("user", "3"),)),
        touchpoint(day(1), kind="identify", ids=(("user", "3"),), traits=b'{"name":"Nordlicht"}'),
        touchpoint(day(1), kind="group", ids=(("user", "3"),), account="acme"),
    )
    assert service.ask("GET", "/v1/status")["on_no_map"] == {
        "customers": 2,
        "events": [{"event": "Signed up", "customers": 2}],
    }, "the account is on none, but no map is of accounts"
    listed = service.ask("GET", "/v1/customers?on_no_map=true&limit=1")
    assert [each["ids"] for each in listed["customers"]] == [["user:2"]]
    listed = service.ask("GET", f"/v1/customers?on_no_map=true&after={listed['next']}")
    assert ([each["ids"] for each in listed["customers"]], listed["next"]) == ([["user:3"]], None)
    assert service.ask("GET", "/v1/customers?on_no_map=true&map=onboarding")["status"] == 422
    assert service.ask("GET", "/v1/customers/user:3")["name"] == "Nordlicht"
    assert service.ask("GET", "/v1/customers/user:2")["name"] == ""
    assert service.ask("GET", "/v1/status", tenant="other")["on_no_map"]["customers"] == 0


def test_who_belongs_to_an_account_with_a_journey_is_on_its_map(service: Service) -> None:
    service.ask("PUT", "/v1/maps/care", body="map: care\nsubject: account\npath: [{step: Called}, {step: Met}]")
    service.take(
        touchpoint(day(0), kind="group", ids=(("user", "member"),), account="acme"),
        touchpoint(day(1), "Called", ids=(("user", "member"),)),
        touchpoint(day(1), "Met", ids=(("user", "names it"),), account="acme"),
        touchpoint(day(1), kind="group", ids=(("user", "of another"),), account="empty"),
        touchpoint(day(1), "Called", ids=(("user", "of none"),)),
    )
    listed = service.ask("GET", "/v1/customers?on_no_map=true")["customers"]
    nowhere = service.ask("GET", "/v1/status")["on_no_map"]

    assert [each["ids"] for each in listed] == [["account:empty"], ["user:of another"], ["user:of none"]]
    assert nowhere == {"customers": 3, "events": [{"event": "Called", "customers": 1}]}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("map: onboarding\npath: [{stepp: a}]", "stepp"),
        ("map: another\npath: [a, b]", "another"),
        ("\x00", ""),
        ("map: onboarding\npath: [a", ""),
        ("", ""),
    ],
)
def test_a_map_that_cannot_be_published_is_refused_with_the_reason(service: Service, body: str, said: str) -> None:
    answer = service.ask("PUT", "/v1/maps/onboarding", body=body)
    assert answer["status"] == 422
    assert said in answer["message"]
    assert service.ask("GET", "/v1/maps/onboarding")["version"] == 1


def test_a_map_beyond_the_bound_is_refused(service: Service) -> None:
    answer = service.ask("PUT", "/v1/maps/onboarding", body="x" * 1_000_001)
    assert (answer["status"], answer["code"]) == (413, "too_large")
    assert "The map is larger than 1000000 bytes" in answer["message"]


def test_a_new_map_judges_customers_that_were_there_before(service: Service) -> None:
    service.take(*WALK)
    service.ask("PUT", "/v1/maps/short", body="map: short\npath: [{step: Live}, {step: Report}]")
    assert service.ask("GET", "/v1/status")["waiting_for_map"] == 1
    service.take()
    assert service.ask("GET", "/v1/status")["waiting_for_map"] == 0
    answer = service.ask("GET", "/v1/customers/user:42")
    assert [(j["map"], j["position"]["steps"]) for j in answer["journeys"]] == [
        ("onboarding", ["report"]),
        ("short", ["Report"]),
    ]


def test_another_tenant_sees_nothing_and_reading_keys_publish_nothing(service: Service) -> None:
    service.take(*WALK)
    assert service.ask("GET", "/v1/customers/user:42", tenant="other")["status"] == 404
    assert service.ask("GET", "/v1/customers", tenant="other")["customers"] == []
    assert service.ask("GET", "/v1/maps/onboarding", tenant="other")["status"] == 404
    assert service.ask("PUT", "/v1/maps/onboarding", scope="read", body=MAP)["status"] == 403
    assert service.ask("GET", "/v1/maps", scope="write")["status"] == 403


def test_what_cannot_be_read_and_what_conflicts_become_dead_letters(service: Service) -> None:
    other = touchpoint(day(0), "Signed Up", ids=(("user", "42"),), event_id="same", attributes=b'{"a":1}')
    service.take(touchpoint(day(0), "Signed Up", ids=(("user", "42"),), event_id="same"), other)
    letters = service.ask("GET", "/v1/dead-letters")["dead_letters"]
    assert [(letter["reason"], letter["event_id"]) for letter in letters] == [("conflict", "same")]
    assert service.ask("GET", "/v1/dead-letters", tenant="other")["dead_letters"] == []


@pytest.mark.parametrize("path", ["/v1/customers?after=", "/v1/maps/onboarding?version="])
def test_a_number_beyond_what_is_stored_is_refused(service: Service, path: str) -> None:
    answer = service.ask("GET", f"{path}{1 << 63}")
    assert (answer["status"], answer["code"]) == (422, "invalid")
