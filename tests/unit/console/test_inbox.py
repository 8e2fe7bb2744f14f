"""The inbox in words: the sentence, the lines, the filters, one alert in full, and what came of an act."""

from typing import Any

import pytest

from services.console.domain.counted import counted, in_words
from services.console.domain.inbox import Wanted, filters_of, head_of, line_of, why_now
from services.console.domain.inbox_acts import wakes_at
from services.console.domain.inbox_alert import detail_of
from services.console.domain.said import WORDS, said_of, saying
from services.console.domain.tree import Step

NOW = "2026-11-25T10:00:00Z"  # a Wednesday
TITLES = {"onboarding": {"review": Step("review", "Security review")}}
N = "\N{NO-BREAK SPACE}"

Json = dict[str, Any]


def alert(number: int = 7, **other: object) -> Json:
    """Return an alert as the service shows it."""
    given: Json = {
        "alert": number,
        "customer": number,
        "ids": [f"user:{number}"],
        "name": f"Customer {number}",
        "map": "onboarding",
        "journey": f"{number}/onboarding/1",
        "rule": "stall",
        "about": "review",
        "severity": "high",
        "status": "open",
        "reason": "Has waited for Security review longer than the 6 days planned.",
        "since": "2026-11-21T10:00:00Z",
        "proof": [],
        "numbers": {"enabled_at": "2026-11-15T10:00:00Z", "threshold": "6 d", "threshold_level": "designed"},
        "next": {"step": "review", "why": "Go-live needs it", "owner": "csm"},
        "owner": "csm",
        "snoozed_until": None,
        "acknowledged_by": None,
    }
    return given | other


PROOF = [
    {"event": event, "source": "app", "occurred_at": f"2026-11-{day}T10:00:00Z"}
    for event, day in (("Trial Begun", 20), ("Went Live", 22))
]


def head(count: int, *, more: bool = False, waiting: int | None = None, **wanted: str) -> str:
    """Return the sentence over so many lines."""
    lines = [line_of(alert(number), TITLES, NOW) for number in range(count)]
    return head_of(lines, Wanted(**wanted), waiting, more=more)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (head(7), "Seven customers want somebody today"),
        (head(1), "One customer wants somebody today"),
        (head(13), "13 customers want somebody today"),
        (head(0), "Nobody needs somebody now"),
        (head(0, rule="failed"), "Nothing here matches"),
        (head(50, more=True, waiting=10_000), "10,000 alerts want somebody"),
        (head(50, more=True, waiting=None, map="onboarding"), "More than 50 alerts want somebody"),
        (head(0, state="snoozed"), "Nothing is snoozed"),
        (head(2, state="snoozed"), "Alerts that wait for a later day"),
        (head(0, state="acknowledged"), "Nobody looks after an alert now"),
        (head(2, state="acknowledged"), "Alerts that somebody looks after"),
        (head(0, state="closed"), "No alert like this was closed yet"),
        (head(2, state="closed"), "Alerts that are closed"),
    ],
)
def test_the_page_begins_with_a_sentence(said: str, sentence: str) -> None:
    assert said == sentence


def test_a_customer_with_two_alerts_is_counted_once() -> None:
    lines = [line_of(alert(number, customer=1), TITLES, NOW) for number in (1, 2)]

    assert head_of(lines, Wanted(), 2, more=False) == "One customer wants somebody today"


def test_a_line_says_who_what_why_now_the_next_step_whose_move_and_since() -> None:
    line = line_of(alert(), TITLES, NOW)

    assert (line.name, line.sort, line.map) == ("Customer 7", "user:7", "onboarding")
    assert line.what == "Has waited for Security review longer than the 6 days planned."
    assert line.why == f"Waiting 10{N}d, 6 d planned."
    assert (line.next, line.move) == ("Security review", "our move: csm")
    assert (line.wait, line.since) == (f"4{N}d", f"21{N}Nov")
    assert (line.loud, line.live, line.open, line.state) == (True, True, True, "")


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({}, f"Waiting 10{N}d, 6 d planned."),
        ({"numbers": {"enabled_at": "2026-11-15T10:00:00Z"}}, f"Waiting 10{N}d."),
        ({"rule": "failed", "numbers": {"attempts": 3}}, "Three attempts so far."),
        ({"rule": "failed", "numbers": {"attempts": 3}, "proof": PROOF}, f"Three attempts, the last on 22{N}Nov."),
        ({"rule": "prerequisite_skipped", "numbers": {"blocks": 0}, "proof": PROOF}, f"Went Live, 22{N}Nov."),
        ({"rule": "prerequisite_skipped", "numbers": {"blocks": 2}}, "Two later steps depend on it."),
        ({"rule": "prerequisite_skipped", "numbers": {"blocks": 1}}, "One later step depends on it."),
        ({"rule": "prerequisite_skipped", "numbers": {}}, f"True for 4{N}d."),
    ],
)
def test_why_an_alert_stands_now_has_a_number(other: Json, why: str) -> None:
    assert why_now(alert(**other), NOW) == why


def test_what_is_not_known_of_an_alert_is_not_made_up() -> None:
    line = line_of(alert(next=None, owner="", name="", ids=["anonymous:x"]), {}, NOW)

    assert (line.name, line.next, line.move) == ("x", "", "nobody has the move yet")
    assert line_of(alert(), {}, NOW).next == "review"


def test_the_alert_itself_may_say_what_the_next_step_is_called() -> None:
    named = {"step": "review", "title": "The review", "why": "next", "owner": "csm"}

    assert line_of(alert(next=named), TITLES, NOW).next == "The review"


def test_a_step_that_the_customer_decides_is_their_move() -> None:
    titles = {"onboarding": {"review": Step("review", "Security review", theirs=True)}}

    assert line_of(alert(), titles, NOW).move == "their move; csm can help"
    assert line_of(alert(owner="", next={"step": "review", "why": "next"}), titles, NOW).move == "their move"


def test_the_owner_of_an_alert_has_the_move_and_else_the_owner_of_the_next_step() -> None:
    step = {"step": "review", "why": "next", "owner": "growth"}

    assert line_of(alert(owner="emil", next=step), TITLES, NOW).move == "our move: emil"
    assert line_of(alert(owner="", next=step), TITLES, NOW).move == "our move: growth"


@pytest.mark.parametrize(
    ("other", "state"),
    [
        ({"status": "acknowledged", "acknowledged_by": "Ada"}, "Ada looks after it"),
        ({"status": "snoozed", "snoozed_until": "2026-11-26T08:00:00Z"}, f"Snoozed until 26{N}Nov, 08:00"),
        ({"status": "resolved"}, "Resolved"),
        ({"status": "ended"}, "Ended by itself"),
        ({"status": "withdrawn"}, "Withdrawn, it was never true"),
    ],
)
def test_a_line_says_what_became_of_the_alert(other: Json, state: str) -> None:
    assert line_of(alert(**other), TITLES, NOW).state == state


def test_filters_are_links_that_keep_the_others_and_say_how_many_stand_behind() -> None:
    summary = {
        "live": 12,
        "open": 9,
        "acknowledged": 1,
        "snoozed": 2,
        "by_rule": {"stall": 8, "failed": 1},
        "by_owner": {"": 3, "csm": 4, "Ada": 2},
        "by_severity": {"high": 9},
        "by_map": {"a": 5, "b": 4},
    }
    found = {f.name: f for f in filters_of(Wanted(rule="stall"), summary, ["a", "b"], "Ada")}

    assert [(c.words, c.count, c.chosen) for c in found["State"].choices] == [
        ("Open", 9, True),
        ("Acknowledged", 1, False),
        ("Snoozed", 2, False),
        ("Closed", None, False),
    ]
    assert [c.address for c in found["State"].choices] == [
        "/inbox?rule=stall",
        "/inbox?state=acknowledged&rule=stall",
        "/inbox?state=snoozed&rule=stall",
        "/inbox?state=closed&rule=stall",
    ]
    assert [(c.words, c.count) for c in found["Owner"].choices] == [
        ("All", None),
        ("Ada (you)", 2),
        ("Nobody", 3),
        ("csm", 4),
    ]
    assert found["Owner"].choices[2].address == "/inbox?rule=stall&owner=-"
    assert [c.address for c in found["What"].choices if c.chosen] == ["/inbox?rule=stall"]
    assert [c.words for c in found["Map"].choices] == ["All", "a", "b"]


def test_what_is_closed_is_not_counted() -> None:
    filters = filters_of(Wanted(state="closed"), {"live": 3, "open": 3, "by_rule": {"stall": 3}}, ["a", "b"], "Ada")

    assert {c.count for f in filters if f.name != "State" for c in f.choices} == {None}


def test_many_owners_stand_behind_a_link_and_the_chosen_one_before_it() -> None:
    summary = {"by_owner": {f"team {n}": 100 - n for n in range(40)}}
    whose = next(f for f in filters_of(Wanted(owner="team 30"), summary, [], "") if f.name == "Owner")

    assert [c.words for c in whose.choices] == [
        "All",
        "Nobody",
        "team 0",
        "team 1",
        "team 2",
        "team 3",
        "team 4",
        "team 30",
    ]
    assert len(whose.rest) == 34


def test_an_owner_that_nothing_is_of_stays_chosen() -> None:
    whose = next(f for f in filters_of(Wanted(owner="gone"), {}, [], "") if f.name == "Owner")

    assert [(c.words, c.chosen) for c in whose.choices] == [("All", False), ("Nobody", False), ("gone", True)]


def test_one_alert_has_its_numbers_in_words_its_proof_and_its_trail_newest_first() -> None:
    late = {"event": "Training Attended", "event_id": "1", "source": "webinar", "occurred_at": "2026-11-12T09:00:00Z"}
    trail = [
        {"trail": 1, "at": "2026-11-21T10:00:00Z", "change": "opened", "because": {}},
        {"trail": 2, "at": "2026-11-22T10:00:00Z", "change": "acknowledged", "because": {"by": "Ada"}},
        {
            "trail": 3,
            "at": "2026-11-22T11:00:00Z",
            "change": "snoozed",
            "because": {"by": "Ada", "reason": "on leave", "until": "2026-11-24T08:00:00Z"},
        },
        {"trail": 4, "at": "2026-11-24T08:00:00Z", "change": "woken", "because": {"by": "Ada"}},
        {"trail": 5, "at": "2026-11-25T09:00:00Z", "change": "withdrawn", "because": {"late": late}},
        {"trail": 6, "at": "2026-11-25T09:10:00Z", "change": "reopened", "because": {"map_version": 4}},
        {"trail": 7, "at": "2026-11-25T09:20:00Z", "change": "moved", "because": {"customer": 7, "now": 3}},
        {"trail": 8, "at": "2026-11-25T09:20:00Z", "change": "ended", "because": {"joined": 2}},
        {
            "trail": 9,
            "at": "2026-11-25T09:30:00Z",
            "change": "resolved",
            "because": {"by": "Bo", "reason": "done elsewhere"},
        },
        {"trail": 10, "at": "2026-11-25T09:30:00Z", "change": "of a later version", "because": {}},
    ]
    proof = {"event": "Kickoff Held", "event_id": "2", "source": "calendar", "occurred_at": "2026-11-15T10:00:00Z"}
    detail = detail_of(alert(trail=trail, proof=[proof]), TITLES, NOW)

    assert [seen.words for seen in reversed(detail.trail)] == [
        "Raised",
        "Ada looks after it",
        f"Ada snoozed it until 24{N}Nov, 08:00",
        "Woken: its time has come",
        f"Withdrawn: it was never true, since Training Attended of 12{N}Nov, 09:00 came late",
        "Opened again: it is true after all, by version 4 of the map",
        "Went on as customer 3: two turned out to be one",
        "Ended by itself: the customer moved on, or the journey ended. Joined with alert 2, which is about the same",
        "Bo resolved it",
        "of a later version",
    ]
    assert [seen.more for seen in detail.trail if seen.more] == ["done elsewhere", "on leave"]
    assert [(seen.words, seen.more, seen.at) for seen in detail.proof] == [
        ("Kickoff Held", "calendar", f"15{N}Nov, 10:00")
    ]
    assert dict(detail.numbers) == {
        "Possible since": f"15{N}Nov, 10:00",
        "Limit": "6 d",
        "Limit set by": "the plan of the map",
    }
    assert (detail.never, detail.next_why) == ("Security review", "Go-live needs it")


def test_that_nothing_depends_on_a_step_is_no_number() -> None:
    skipped = alert(rule="prerequisite_skipped", numbers={"blocks": 0, "needed_by": "Go-live"})

    assert dict(detail_of(skipped, TITLES, NOW).numbers) == {"Needed by": "Go-live"}


def test_only_what_did_not_come_reads_never() -> None:
    assert detail_of(alert(rule="failed"), TITLES, NOW).never == ""
    assert detail_of(alert(status="ended"), TITLES, NOW).never == ""


@pytest.mark.parametrize(
    ("choice", "day", "until"),
    [
        ("tomorrow", "", "2026-11-26T08:00:00+00:00"),
        ("week", "", "2026-11-30T08:00:00+00:00"),
        ("tomorrow", "2026-12-24", "2026-12-24T08:00:00+00:00"),
        ("week", "2024-02-29", ""),
        ("tomorrow", "2026-11-25", ""),  # its morning is over
        ("tomorrow", "2030-01-01", ""),
        ("tomorrow", "soon", ""),
        ("", "", ""),
    ],
)
def test_a_snooze_ends_in_the_morning_of_a_day_that_can_be(choice: str, day: str, until: str) -> None:
    assert wakes_at(choice, day, NOW) == until


def test_without_a_clock_nothing_is_snoozed() -> None:
    assert wakes_at("tomorrow", "", "") == ""


def test_what_came_of_an_act_is_said_by_the_address_and_said_once() -> None:
    once = saying("/inbox?map=a+b&said=closed.1", "snoozed", 7)

    assert once == "/inbox?map=a+b&said=snoozed.7"
    assert said_of("snoozed.7") == ("Alert 7 is snoozed. It comes back by itself at its time.", False)
    assert said_of("closed.7")[1]
    assert "1,200" in said_of("replay.1200.3")[0]


@pytest.mark.parametrize(
    "given", ["", "snoozed", "snoozed.x", "snoozed.7.8", "<b>.1", "replay.1", f"snoozed.{'9' * 21}"]
)
def test_no_address_puts_other_words_on_the_page(given: str) -> None:
    assert said_of(given) == ("", False)


def test_every_line_can_be_said() -> None:
    for what, (words, _) in WORDS.items():
        numbers = [1, 2][: words.count("{")]
        assert said_of(saying("/inbox", what, *numbers).partition("said=")[2])[0]


def test_small_counts_are_words() -> None:
    assert [in_words(n) for n in (0, 1, 12, 13, 1200)] == ["no", "one", "twelve", "13", "1,200"]
    assert [counted(n, "day") for n in (0, 1, 2)] == ["no day", "one day", "two days"]
