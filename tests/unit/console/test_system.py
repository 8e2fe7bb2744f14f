"""The page about the system in words: the sentence, and each part, missing ones included."""

from typing import Any

import pytest

from services.console.domain.system import (
    Whole,
    bytes_in_words,
    channels_of,
    head_of,
    held_back,
    letters_of,
    room_of,
    services_of,
    sources_of,
    trials_of,
)

NOW = "2026-11-25T10:00:00Z"
N = "\N{NO-BREAK SPACE}"

Json = dict[str, Any]


def source(name: str, heard: str, **other: object) -> Json:
    """Return a source as ingest shows it."""
    given: Json = {"source": name, "last_heard": heard, "accepted": 1200, "refused": 3, "last_event": "x", "lag_s": 2.4}
    return given | other


def letters(count: int, **other: object) -> Json:
    """Return dead letters of one reason as ingest counts them."""
    given: Json = {
        "reason": "bad_time",
        "source": "crm",
        "count": count,
        "first_at": "2026-11-24T09:00:00Z",
        "last_at": "2026-11-25T09:00:00Z",
        "offset": 4,
        "error": "`yesterday` is no time",
        "hint": "Write times.",
    }
    return given | other


def channel(name: str, state: str) -> Json:
    """Return a channel as the alerts service shows it."""
    return {
        "channel": name,
        "configured": state != "off",
        "state": state,
        "waiting": 0,
        "last_delivered_at": None,
        "said": "",
    }


READY = {"ingest": "", "journey": "", "alerts": ""}
HEARD = sources_of([source("crm", "2026-11-25T09:59:00Z"), source("app", "2026-11-20T09:59:00Z")], NOW)


@pytest.mark.parametrize(
    ("whole", "sentence"),
    [
        (Whole(services_of(READY, {}), HEARD[1:]), "Everything works"),
        (Whole(services_of(READY, {})), "Everything works; no source has been heard yet"),
        (Whole(services_of(READY, {}), HEARD), "One of two sources is quiet"),
        (
            Whole(sources=HEARD, letters=letters_of([letters(41)], NOW)),
            "One of two sources is quiet, 41 dead letters wait",
        ),
        (Whole(letters=letters_of([letters(1)], NOW)), "One dead letter waits"),
        (
            Whole(services_of(READY | {"journey": "x", "alerts": "does not answer"}, {}), HEARD),
            "Journey and Alerts need attention, one of two sources is quiet",
        ),
        (Whole(services_of(READY | {"ingest": "x"}, {})), "Ingest needs attention"),
        (Whole(channels=channels_of([channel("slack", "broken")], NOW)), "Slack does not get through"),
        (
            Whole(channels=channels_of([channel(n, "broken") for n in ("slack", "mail", "webhook")], NOW), parked=1),
            "Slack, Mail and Webhook do not get through, one customer could not be judged",
        ),
    ],
)
def test_the_page_begins_with_the_worst(whole: Whole, sentence: str) -> None:
    assert head_of(whole) == sentence


def test_a_service_says_what_keeps_it_from_its_work_and_how_much_waits() -> None:
    found = services_of(READY | {"journey": "stopped: another log"}, {"journey": {"behind": 12}, "ingest": None})

    assert [(each.name, each.state, each.behind) for each in found] == [
        ("Ingest", "works", None),
        ("Journey", "stopped: another log", 12),
        ("Alerts", "works", None),
        ("Console", "works", None),
    ]


def test_quiet_sources_come_first_and_an_unknown_lag_says_so() -> None:
    found = sources_of(
        [source("a", "2026-11-25T09:59:00Z", lag_s=None, last_event=""), source("z", "2026-11-20T10:00:00Z")], NOW
    )

    assert [(each.name, each.quiet, each.ago, each.lag) for each in found] == [
        ("z", True, f"5{N}d", f"2{N}s"),
        ("a", False, f"1{N}min", "not known yet"),
    ]


def test_dead_letters_have_their_reason_in_words_the_most_first() -> None:
    few = letters(2, reason="no_identity", last_at="2026-11-24T09:00:00Z")
    found = letters_of([few, letters(30)], NOW)

    assert [(each.words, each.count, each.when) for each in found] == [
        ("Bad time", 30, f"24{N}Nov, 09:00 to 25{N}Nov, 09:00"),
        ("No identity", 2, f"24{N}Nov, 09:00"),
    ]


@pytest.mark.parametrize(
    ("state", "words", "broken", "off"),
    [
        ("off", "not set up", False, True),
        ("untried", "set, nothing sent yet", False, False),
        ("ok", "works", False, False),
        ("failing", "the last attempt failed", False, False),
        ("waiting", "messages wait", False, False),
        ("broken", "does not get through", True, False),
    ],
)
def test_a_channel_says_how_it_fares(state: str, words: str, broken: bool, off: bool) -> None:  # noqa: FBT001 (a table)
    [found] = channels_of([channel("mail", state)], NOW)

    assert (found.title, found.state, found.broken, found.off) == ("Mail", words, broken, off)


def test_the_room_is_said_in_sizes_that_people_read() -> None:
    status = {
        "log_bytes": 812 << 20,
        "log_max_bytes": 20 << 30,
        "disk_free_bytes": 3 << 29,
        "disk_bound_bytes": 500 << 20,
        "retention_days": 90.0,
        "oldest_at": "2026-09-01T00:00:00Z",
        "now": NOW,
    }

    assert room_of(status) == [
        ("Log", "812 MB of 20.0 GB"),
        ("Kept", f"for 90 days, now from 1{N}Sep, 00:00"),
        ("Disk", "1.5 GB free; below 500 MB nothing more is taken in"),
    ]
    assert bytes_in_words(0) == "0 MB"


@pytest.mark.parametrize(
    ("status", "wrong", "said"),
    [
        ({"judged_until": NOW, "behind": 0, "wrong": None}, "", ""),
        ({"judged_until": NOW, "behind": 1, "wrong": None}, "", "One record waits to be judged first."),
        ({"judged_until": NOW, "behind": 40, "wrong": None}, "", "40 records wait to be judged first."),
        ({"judged_until": NOW, "behind": 4, "wrong": "stopped: x"}, "", "stopped: x"),
        (
            {"judged_until": None, "behind": 0, "wrong": None},
            "",
            "Nothing was heard yet, so there is nothing to judge.",
        ),
        (
            {"judged_until": NOW, "behind": 0, "wrong": None},
            "does not answer",
            "Ingest sends no sign of life, so silence may be ours and is not held against anybody.",
        ),
    ],
)
def test_what_holds_back_the_judging_of_absence_is_said(status: Json, wrong: str, said: str) -> None:
    assert held_back(status, services_of(READY | {"ingest": wrong}, {})) == said


def test_what_came_of_a_test_message_is_in_the_receivers_words() -> None:
    [found] = trials_of([{"channel": "slack", "ok": False, "said": "404 no_team", "todo": "Make the webhook anew."}])

    assert (found.title, found.ok, found.words) == ("Slack", False, "404 no_team Make the webhook anew.")
