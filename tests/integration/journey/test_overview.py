"""The overview of a map: who stands where, since when, how many deviate, and that all counts agree."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from services.journey.store.deviations import COUNTED, deviating
from shared.clock import DAY
from shared.database import connect, transaction
from shared.times import rfc3339
from tests.integration.journey.histories import START, touchpoint
from tests.integration.journey.test_api import MAP, Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    assert made.ask("PUT", "/v1/maps/onboarding", body=MAP)["status"] == 200
    yield made
    made.log.close()


def events(service: Service, customer: str, *what: tuple[str, float]) -> None:
    service.take(*[touchpoint(START + round(day * DAY), event, ids=(("user", customer),)) for event, day in what])


def test_the_overview_counts_who_stands_where_and_since_when(service: Service) -> None:
    events(service, "u-1", ("Signed Up", 0))  # may import since day 0: overdue on day 5
    events(service, "u-2", ("Signed Up", 16))  # since day 16
    events(service, "u-3", ("Signed Up", 17), ("Imported", 18))  # for review since day 18
    events(service, "u-4", ("Signed Up", 1), ("Imported", 2), ("Live", 3), ("Dancing", 4))  # without a review
    found = service.ask("GET", "/v1/maps/onboarding/overview")
    steps = found["steps"]
    assert (found["title"], found["version"], found["open"]) == ("Onboarding", 1, 4)
    assert steps["import"]["here"] == 2
    assert (steps["import"]["stalled"], steps["import"]["since"]) == (1, rfc3339(START))
    assert steps["import"]["waited_median_s"] == 12 * 86400, "between 20 and 4 days"
    assert steps["import"]["longest_s"] == 20 * 86400
    assert {name: step["passed"] for name, step in steps.items()} == {
        "signup": 4,
        "tour": 0,
        "import": 2,
        "review": 0,
        "live": 1,
        "report": 0,
    }
    assert {"kind": "prerequisite_skipped", "journeys": 1} in steps["review"]["deviations"]
    assert (steps["import"]["owner"], steps["review"]["owner"], steps["live"]["title"]) == ("data", "success", "live")
    assert found["unmapped"] == [{"event": "Dancing", "journeys": 1}]
    assert sum(stage["open"] for stage in found["stages"]) == found["open"] == sum(found["states"].values())
    assert found["hot_spots"][0]["journeys"] == 1
    assert {spot["kind"] for spot in found["hot_spots"]} == {"stalled"}, "a detour of one journey is no pattern"
    for spot in found["hot_spots"]:
        assert 0 < spot["share"] <= 1
        assert spot["text"].endswith(".")
    positions = service.ask("GET", "/v1/maps/onboarding/positions")
    for name, step in positions["steps"].items():
        assert {"here": steps[name]["here"], "stalled": steps[name]["stalled"]} == step
    assert positions["states"] == found["states"]


def test_a_detour_is_a_hot_spot_from_two_journeys_on(service: Service) -> None:
    for customer in ("u-1", "u-2"):
        events(service, customer, ("Signed Up", 1), ("Imported", 2), ("Live", 3))
    spots = service.ask("GET", "/v1/maps/onboarding/overview")["hot_spots"]
    assert {"step": "review", "kind": "prerequisite_skipped", "journeys": 2} in [
        {key: spot[key] for key in ("step", "kind", "journeys")} for spot in spots
    ]


def test_a_map_that_nobody_walks_yet_has_zeros(service: Service) -> None:
    found = service.ask("GET", "/v1/maps/onboarding/overview")
    assert (found["open"], found["states"], found["hot_spots"], found["unmapped"]) == (0, {}, [], [])
    assert {step["here"] for step in found["steps"].values()} == {0}
    assert found["steps"]["import"]["waited_median_s"] is None


def test_the_overview_is_each_tenants_own_and_404_for_what_is_not_there(service: Service) -> None:
    assert service.ask("GET", "/v1/maps/onboarding/overview", tenant="other")["status"] == 404
    assert service.ask("GET", "/v1/maps/nowhere/overview")["status"] == 404


def test_a_journey_counts_once_for_a_deviation_whatever_its_rounds(service: Service) -> None:
    with closing(connect(service.folder / "journey.db")) as db, transaction(db):
        for customer, slot, kind, stands in (
            (1, "path:a:b:1", "skipped", True),
            (1, "path:a:b:2", "skipped", True),
            (2, "path:a:b:2", "skipped", True),
            (3, "path:a:b:1", "skipped", False),  # withdrawn
            (3, "path:a:b:2", "repeat", True),
            (3, "stall:a:b:1", "stalled", True),
        ):
            db.execute(
                "INSERT INTO findings VALUES (?, 'm', 1, ?, 't', 1, ?, 1, ?, x'7b7d')", (customer, slot, stands, kind)
            )
        assert deviating(db, "t", "m") == [("skipped", "a:b", 2), ("repeat", "a:b", 1)]
        assert deviating(db, "other", "m") == []
        plan = str(db.execute(f"EXPLAIN QUERY PLAN {COUNTED}", ("t", "m")).fetchall())
        assert "findings_deviating" in plan
