"""What `waypost customer` says, from answers of the API."""

from collections.abc import Sequence
from typing import Any

import pytest

from waypost.commands.customer import lines

Json = dict[str, Any]

PROOF = {"event": "Went Live", "event_id": "e7", "source": "app", "occurred_at": "2026-03-04T10:00:00Z"}
TOUCHPOINT = {
    "event": "Signed Up",
    "type": "track",
    "occurred_at": "2026-03-01T09:30:00Z",
    "channel": "web",
    "actor": "",
    "source": "app",
}


def journey(**more: object) -> Json:
    return {
        "journey": "1/onboarding/1",
        "map": "onboarding",
        "version": 3,
        "state": "open",
        "reached_at": None,
        "ended_at": None,
        "position": {
            "steps": ["offer"],
            "titles": ["The offer"],
            "after": "trial",
            "stage": "buy",
            "since": "2026-03-02T08:00:00Z",
        },
        "route": [
            {"step": "offer", "title": "The offer", "why": "next"},
            {"step": "contract", "title": "Contract", "why": "follows The offer"},
        ],
        "passed": [{"step": "trial", "title": "Trial"}],
        "deviations": [],
        "stall": None,
        **more,
    }


def deviation(**more: object) -> Json:
    said = {"kind": "skipped", "text": "Never had Kickoff.", "status": "open", "certain": True, "touchpoints": [PROOF]}
    return {**said, **more}


def said(
    *journeys: Json,
    touchpoints: list[Json] | None = None,
    alerts: Sequence[Json] = (),
    accounts: Sequence[Json] = (),
    **more: object,
) -> str:
    answer = {
        "name": "",
        "ids": ["user:42"],
        "journeys": list(journeys),
        "judged_until": "2026-03-05T00:00:00Z",
        **more,
    }
    return "\n".join(line.plain for line in lines(answer, touchpoints or [], alerts, accounts))


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        (journey(), "onboarding · version 3 · on the way"),
        (journey(), "At       The offer (buy), last moved 02 Mar 2026 08:00, after Trial"),
        (journey(), "Route    1. The offer  next"),
        (journey(), "2. Contract  follows The offer"),
        (journey(state="lost", route=None, ended_at="2026-03-03T00:00:00Z"), "Ended    03 Mar 2026 00:00"),
        (journey(reached_at="2026-03-03T00:00:00Z"), "Outcome  reached 03 Mar 2026 00:00"),
        (journey(route=None, blocker="`b` needs `a`"), "Route    none: `b` needs `a`"),
        (journey(deviations=[deviation()]), "Detours  Never had Kickoff."),
        (journey(deviations=[deviation()]), "skipped: Went Live 04 Mar 2026 10:00"),
        (journey(deviations=[deviation(certain=False)]), "Never had Kickoff. (not certain yet)"),
        (journey(deviations=[deviation(status="closed")]), "Never had Kickoff. (closed)"),
        (
            journey(stall={"text": "Waits.", "since": "2026-03-04T00:00:00Z", "historical": False}),
            "Stalled  Waits. Was due 04 Mar 2026 00:00",
        ),
        (
            journey(stall={"text": "Waits.", "since": "2026-03-04T00:00:00Z", "historical": True}),
            "Was due 04 Mar 2026 00:00, known only afterwards",
        ),
    ],
)
def test_a_journey_is_told_in_lines(shown: Json, words: str) -> None:
    assert words in said(shown)


def test_an_ended_journey_has_no_position_and_no_route() -> None:
    ended = journey(
        state="completed", route=None, position={"steps": [], "titles": [], "after": "z", "stage": None, "since": None}
    )

    assert "Route" not in said(ended)
    assert "At " not in said(ended)


def test_a_customer_on_no_map_and_one_who_could_not_be_judged_are_told_as_such() -> None:
    assert "On no map" in said()
    assert "Could not be judged: too many" in said(unjudged="too many")


def test_the_path_shows_when_what_and_whence() -> None:
    assert "01 Mar 2026 09:30  Signed Up  web · app" in said(touchpoints=[TOUCHPOINT])
    assert "identify" in said(touchpoints=[TOUCHPOINT | {"event": "", "type": "identify"}])


def test_the_name_and_the_alerts_stand_there_too() -> None:
    alert = {
        "alert": 7,
        "severity": "high",
        "name": "Nordlicht",
        "ids": ["user:42"],
        "map": "onboarding",
        "status": "snoozed",
        "snoozed_until": "2026-03-06T09:30:00Z",
        "changed_at": "2026-03-05T08:00:00Z",
        "since": "2026-03-04T10:00:00Z",
        "reason": "Never had Kickoff.",
        "next": None,
    }
    told = said(name="Nordlicht", alerts=[alert])

    assert told.startswith("Nordlicht  user:42\n")
    assert "  7  high  Nordlicht (user:42)  onboarding  snoozed on 5 Mar 2026 until 6 Mar 2026 09:30 UTC\n" in told
    assert "      Never had Kickoff. Since 4 Mar 2026.\n" in told


def test_the_account_is_named_with_how_to_see_it() -> None:
    account = {"ids": ["account:a b"], "name": "North", "journeys": [journey(map="clinics", state="completed")]}
    told = said(accounts=[account])

    assert "  Account  North (account:a b): clinics arrived; `waypost customer 'account:a b'` shows it\n" in told
    assert "On no map" not in told
    assert "On no map: nothing so far opens one.\n" in said(accounts=[account | {"journeys": []}])


def test_it_says_until_when_stalls_were_judged() -> None:
    assert said().endswith("Stalls judged up to 05 Mar 2026 00:00 UTC")
