"""How the pages write numbers, times, spans and names, and what they make of the counts of a map."""

from typing import Any

import pytest

from services.console.domain.freshness import freshness_of
from services.console.domain.people import Choice, journey_of, person_of, stalled_at
from services.console.domain.standing import heads_of, hot_spots_of, standings_of
from services.console.domain.tree import read_tree
from services.console.domain.words import (
    LONGEST_NAME,
    customer_address,
    day,
    many,
    name_of,
    number,
    percent,
    planned,
    span,
    time,
)

NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "\N{EN DASH}"),
        (0, f"0{NBSP}s"),
        (8, f"8{NBSP}s"),
        (90, f"2{NBSP}min"),
        (7200, f"2{NBSP}h"),
        (93_600, f"1{NBSP}d"),
        (-5, f"0{NBSP}s"),
    ],
)
def test_spans_are_told_in_the_largest_unit_that_fits(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [("45s", f"45{NBSP}s"), ("90m", f"90{NBSP}min"), ("36h", f"36{NBSP}h"), ("2w", f"2{NBSP}w"), ("", "")],
)
def test_durations_of_a_map_are_written_as_spans_are(duration: str, words: str) -> None:
    assert planned(duration) == words


def test_times_are_told_as_people_read_them_with_the_year_only_where_it_differs() -> None:
    assert day("2026-03-04T09:05:00Z") == f"4{NBSP}Mar"
    assert day("2026-03-04T09:05:00Z", "2026-12-01T00:00:00Z") == f"4{NBSP}Mar"
    assert day("2025-03-04T09:05:00Z", "2026-12-01T00:00:00Z") == f"4{NBSP}Mar{NBSP}2025"
    assert time("2026-03-04T09:05:00Z") == f"4{NBSP}Mar, 09:05"
    assert (day(None), day("nonsense"), time(None)) == ("", "", "")


def test_numbers_have_their_thousands_and_shares_their_sign() -> None:
    assert number(1234567) == "1,234,567"
    assert percent(0.714) == f"71{NBSP}%"
    assert percent(None) == "\N{EN DASH}"
    assert (many(1), many(2), many(2, "person", "people")) == ("1 customer", "2 customers", "2 people")


@pytest.mark.parametrize(
    ("ids", "name", "called"),
    [
        (["anonymous:v", "user:42"], "", "42"),
        (["anonymous:v"], "", "v"),
        (["crm:7", "anonymous:v"], "", "7"),
        (["user:a:b"], "", "a:b"),
        (["user:42"], "Nordlicht", "Nordlicht"),
        (["user:42"], " \t ", "42"),
        (["user: "], "", "user:"),
        ([], "", "customer 9"),
        (["user:1"], "x" * 9999, "x" * LONGEST_NAME),
    ],
)
def test_a_customer_is_called_by_name_else_by_the_strongest_id(ids: list[str], name: str, called: str) -> None:
    assert name_of(ids, name, 9) == called


def test_the_address_of_a_customer_takes_any_id() -> None:
    assert customer_address(["anonymous:v", "user:a/../b?c#d"]) == "/customers/user%3Aa%2F..%2Fb%3Fc%23d"


STEP: dict[str, Any] = {
    "here": 4,
    "stalled": 3,
    "beyond": 1,
    "waited_median_s": 86_400,
    "longest_s": 172_800,
    "passed": 9,
    "owner": "sales",
    "deviations": [{"kind": "failed", "journeys": 1200}, {"kind": "something_new", "journeys": 1}],
}
OVERVIEW: dict[str, Any] = {
    "steps": {"a": STEP},
    "hot_spots": [
        {"step": "b", "kind": "failed", "journeys": 2, "of": 9, "share": 0.2, "text": "Two failed."},
        {"step": "a", "kind": "stalled", "journeys": 3, "of": 4, "share": 0.75, "text": "Three wait."},
    ],
    "stages": [
        {"stage": "one", "open": 1, "stalled": 1, "median_s": 86_400},
        {"stage": "two", "open": 0, "stalled": 0, "median_s": None},
    ],
}


def test_the_counts_of_a_map_are_told_by_step_and_stage() -> None:
    standing = standings_of(OVERVIEW, {})["a"]

    assert (standing.share, standing.note, standing.hot) == (f"75{NBSP}%", "1,200 failed", (2,))
    assert standing.detours[1] == ("something_new", 1)
    assert heads_of(OVERVIEW) == {"one": ("1 customer", "1 stalled", f"1{NBSP}d so far"), "two": ("nobody now",)}


def test_who_is_stalled_and_stands_elsewhere_is_not_counted_among_those_who_stand_here() -> None:
    gone = STEP | {"here": 1, "stalled": 3, "stalled_elsewhere": 2}
    overview = OVERVIEW | {"steps": {"a": gone}}

    assert standings_of(overview, {})["a"].share == f"100{NBSP}%"
    assert standings_of(OVERVIEW | {"steps": {"a": gone | {"stalled": 2}}}, {})["a"].share == ""
    assert hot_spots_of(overview, None)[1].text == "Three wait.", (
        "how long those here wait says nothing about the others"
    )


def test_the_worst_places_are_told_with_their_numbers() -> None:
    first, second = hot_spots_of(OVERVIEW, None)

    assert (first.head, first.text, first.stalled, first.move) == ("b: 2 of 9 failed", "Two failed.", False, "")
    assert (second.head, second.stalled, second.move) == ("a: 3 of 4 stalled", True, "Our move: sales")
    assert second.text == f"Half of the 4 there have waited 1{NBSP}d or more, the longest 2{NBSP}d."


def test_a_place_where_many_wait_says_what_is_planned_and_that_the_customer_decides() -> None:
    step = "{step: a, within: 4d, decided_by: customer}"
    (_, spot) = hot_spots_of(OVERVIEW, read_tree(f"{{map: m, path: [{step}]}}"))

    assert spot.text.endswith(f"the longest 2{NBSP}d. Planned: 4{NBSP}d.")
    assert spot.move == "Their move; sales can help"


def test_a_place_of_which_no_wait_is_known_says_what_the_service_says() -> None:
    unknown = OVERVIEW | {"steps": {"a": STEP | {"waited_median_s": None}}}

    assert hot_spots_of(unknown, None)[1].text == "Three wait."


@pytest.mark.parametrize(
    ("stall", "said"),
    [
        (
            {"level": "stalled", "threshold": "4d", "threshold_level": "designed"},
            f"Stalled at A, due{NBSP}3{NBSP}Mar, 4{NBSP}d{NBSP}planned",
        ),
        (
            {"level": "beyond", "threshold": "2w", "threshold_level": "step"},
            f"Too late at A, due{NBSP}3{NBSP}Mar, 2{NBSP}w{NBSP}usual",
        ),
        ({"level": "cruising"}, f"Quiet, but alive at A, due{NBSP}3{NBSP}Mar"),
    ],
)
def test_in_a_list_a_stall_says_where_since_when_it_is_due_and_against_which_limit(
    stall: dict[str, str], said: str
) -> None:
    assert stalled_at({"step": "a", "title": "A", "since": "2026-03-03T00:00:00Z"} | stall, "") == said


def test_in_a_list_what_needs_somebody_stands_first_and_what_does_no_harm_last_each_said_once() -> None:
    kinds = (("optional_skipped", "Tour"), ("failed", "Import"), ("prerequisite_skipped", "Review"))
    found = [
        {"kind": kind, "step": title, "title": title, "status": "open", "text": f"{title}: {kind}."}
        for kind, title in (*kinds, ("optional_skipped", "Training"))
    ]
    found.append(found[1])
    closed = {"kind": "repeat", "step": "x", "status": "closed", "text": "Closed."}
    journey = {
        "journey": "7/m/1",
        "map": "m",
        "state": "open",
        "position": {"steps": [], "since": None},
        "deviations": [*found, closed],
    }
    person = person_of({"customer": 7, "ids": ["user:7"], "journeys": [journey]}, Choice(), "")

    assert person.detours == ("Review: prerequisite_skipped.", "Import: failed.", "Left out Tour, Training.")


def test_freshness_is_not_claimed_before_anything_was_heard() -> None:
    heard = freshness_of({"judged_until": "2026-03-04T09:00:00Z", "now": "2026-03-04T10:00:00Z", "behind": 3})
    never = freshness_of({"judged_until": "1970-01-01T00:00:00Z", "now": "2026-03-04T10:00:00Z", "wrong": "No log."})

    assert (heard.judged_until, heard.behind, heard.records) == (f"4{NBSP}Mar, 09:00 UTC", f"1{NBSP}h", 3)
    assert (never.judged_until, never.wrong) == ("", "No log.")


def test_a_list_shows_the_journey_that_it_was_asked_for() -> None:
    def on(map: str, step: str, state: str = "open") -> dict[str, Any]:
        return {"map": map, "state": state, "position": {"steps": [step]}, "stall": None}

    journeys = [on("x", "a", "lost"), on("x", "b"), on("y", "a")]

    assert journey_of(journeys, Choice("x", "b")) is journeys[1]
    assert journey_of(journeys, Choice("y")) is journeys[2]
    assert journey_of(journeys[:1], Choice("x")) is journeys[0]
    assert journey_of(journeys, Choice("z")) is None
