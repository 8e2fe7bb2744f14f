"""Outcomes over a real database: the answer to touchpoints whose figures one can work out by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.journey.domain.maps.load import load_map
from shared.clock import DAY
from tests.integration.journey.histories import START, touchpoint
from tests.integration.journey.test_api import Service

MAP = """
map: trial
title: From trial to value
opens_on: [Signed Up]
outcomes: {reached: [{event: Report, ends: true}], lost: [Cancelled], target: {share: 60%, within: 10d}}
stages:
  - {stage: buy, phase: pre-sale, path: [{step: signup, need: Try it, match: Signed Up}, {step: paid, need: Go on}]}
  - {stage: use, phase: post-sale, path: [{step: report, need: Show it, match: Report}]}
"""
WALKS = {  # user -> what happened on which day
    "a": {"Signed Up": 0, "paid": 1, "Report": 4},
    "b": {"Signed Up": 0, "paid": 3, "Report": 9},
    "c": {"Signed Up": 1, "Cancelled": 3},
    "d": {"Signed Up": 2, "paid": 5},
    "e": {"Signed Up": 8, "paid": 9},
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    assert load_map(MAP).target is not None
    made.ask("PUT", "/v1/maps/trial", body=MAP)
    yield made
    made.log.close()


def walk(service: Service) -> None:
    service.take(
        *(
            touchpoint(START + day * DAY, event, ids=(("user", user),))
            for user, walked in WALKS.items()
            for event, day in walked.items()
        )
    )


def test_attained_against_target_by_stage_and_over_time(service: Service) -> None:
    walk(service)
    answer = service.ask("GET", "/v1/maps/trial/outcomes", scope="read")

    assert answer["judged_until"] == "2026-01-20T23:00:00Z"
    assert (answer["title"], answer["target"]) == ("From trial to value", {"share": 0.6, "within_s": 864_000})
    attained = answer["attained"]
    assert {key: attained[key] for key in ("journeys", "reached", "lost", "open", "share", "gap", "verdict")} == {
        "journeys": 5,
        "reached": 2,
        "lost": 1,
        "open": 2,
        "share": 0.4,
        "gap": -0.2,
        "verdict": "missed",
    }
    assert attained["matured"] == {"journeys": 5, "reached_within": 2}
    assert answer["time_to_value"]["median_s"] is None
    assert [
        (point["at_s"] / 86_400, point["reached"], point["lost"]) for point in answer["time_to_value"]["curve"]
    ] == [
        (2, 0.0, 0.2),
        (4, 0.2, 0.2),
        (9, 0.4, 0.2),
    ]
    buy, use = answer["stages"]
    assert [buy[key] for key in ("entered", "left", "lost", "open", "median_s")] == [5, 4, 1, 0, 2 * 86_400]
    assert [use[key] for key in ("entered", "left", "lost", "open", "reached_share")] == [4, 2, 0, 2, 0.5]
    assert [(each["period"], each["opened"], each["reached"]) for each in answer["periods"]] == [
        ("2026-W01", 4, 2),
        ("2026-W02", 1, 0),
    ]


def test_by_month_and_nothing_but_weeks_and_months(service: Service) -> None:
    walk(service)
    by_month = service.ask("GET", "/v1/maps/trial/outcomes?every=month", scope="read")
    assert [(each["period"], each["opened"], each["verdict"]) for each in by_month["periods"]] == [
        ("2026-01", 5, "too early")  # January is not over
    ]
    assert service.ask("GET", "/v1/maps/trial/outcomes?every=day", scope="read")["status"] == 422


def test_a_map_without_journeys_answers_and_one_of_others_does_not(service: Service) -> None:
    empty = service.ask("GET", "/v1/maps/trial/outcomes", scope="read")
    assert empty["attained"]["text"] == "No journey has been opened yet."
    assert (empty["attained"]["share"], empty["periods"], empty["time_to_value"]["curve"]) == (None, [], [])
    other = service.ask("GET", "/v1/maps/trial/outcomes", tenant="other", scope="read")
    assert (other["status"], other["code"]) == (404, "not_found")
