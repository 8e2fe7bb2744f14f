"""Which changes people hear of: a table of change, status and severity."""

import re
from dataclasses import replace
from typing import get_args

import pytest

from services.alerts.domain.alert import Alert, Change, Status, said_by, subject_of
from services.alerts.domain.message import News, clipped, message_of
from services.alerts.domain.rules import RULES, UNGRADED, Severity, rule_of
from services.alerts.domain.shown import shown
from services.alerts.domain.telling import Telling, telling
from shared.events import Fact
from tests.unit.alerts.facts import at, failed, skipped, stall

RAW = re.compile(r"\b(None|beyond|stalled|withdrawn|reopened|\w+_\w+)\b")  # words of the machine


def alert(status: Status = "open", severity: Severity = "medium") -> Alert:
    fact = stall()
    return Alert(7, subject_of(fact), status, replace(said_by(fact), severity=severity), at(34), at(34))


@pytest.mark.parametrize(
    ("change", "status", "severity", "told"),
    [
        ("opened", "open", "medium", "always"),
        ("opened", "open", "low", "never"),
        ("reopened", "open", "critical", "always"),
        ("woken", "open", "medium", "always"),
        ("woken", "open", "low", "never"),
        ("updated", "open", "high", "unless loud before"),
        ("moved", "open", "medium", "unless loud before"),
        ("updated", "open", "low", "never"),
        ("updated", "acknowledged", "critical", "never"),
        ("updated", "snoozed", "critical", "never"),
        ("acknowledged", "acknowledged", "critical", "never"),
        ("snoozed", "snoozed", "critical", "never"),
        ("resolved", "resolved", "critical", "never"),
        ("ended", "ended", "low", "if told"),
        ("withdrawn", "withdrawn", "critical", "if told"),
    ],
)
def test_people_hear_of_what_wants_them_and_of_its_end(
    change: Change, status: Status, severity: Severity, told: Telling
) -> None:
    assert telling(alert(status, severity), change, "medium") == told


def news(change: str = "opened", because: dict[str, object] | None = None, **more: object) -> News:
    return News(change, because or {}, shown(alert()) | more)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (news(ids=[]), "Medium: customer 1: Waits for"),
        (news(name="Acme", ids=[]), "Acme, on onboarding"),
        (news(next=None), "the map names no step that comes next"),
        (
            news(next={"step": "go_live", "title": "", "why": "next", "owner": ""}, owner=""),
            "Go live. Nobody owns it yet.",
        ),
        (
            news(next={"step": "x", "title": "Go-live call", "why": "you said so."}),
            "Go-live call: you said so. The move is",
        ),
        (news(proof=[]), "that it did not is the proof"),
        (news(proof=shown(alert())["proof"] * 5), "; and 2 earlier."),
        (news("woken", {"by": "ana", "reason": ""}), "ana had let it wait until now."),
        (news("ended", {"joined": 3}), "It goes on as alert 3"),
        (news("withdrawn"), "It was never true; what we know now shows it."),
        (news(numbers={}), "Since 17 Dec 2023 22:13 UTC."),
        (news(numbers={"enabled_at": "2023-12-10T00:00:00Z"}), "Waiting since 10 Dec 2023 00:00 UTC, 8.93 d."),
        (news(rule="failed"), "Since 17 Dec 2023 22:13 UTC."),
    ],
)
def test_a_message_has_words_for_what_is_not_there(given: News, words: str) -> None:
    message = message_of(given, "http://console.example")
    assert words in "\n".join([message.subject, *(part.text for part in message.parts)])
    assert message.link == "http://console.example/inbox/7"


TOLD = [change for change in get_args(Change) if telling(alert("open"), change, "low") != "never"]
CALLING = [stall(text=""), stall(text="", level="beyond"), skipped(text=""), failed()]


@pytest.mark.parametrize("change", TOLD)
@pytest.mark.parametrize("fact", CALLING, ids=lambda fact: fact.kind)
def test_every_rule_and_change_that_people_are_told_of_has_words(fact: Fact, change: Change) -> None:
    said = shown(Alert(1, subject_of(fact), "open", said_by(fact), at(34), at(34)))
    message = message_of(News(change, {"by": "ana"}, said), "http://c.example")
    words = "\n".join([message.subject, *(f"{part.label}: {part.text}" for part in message.parts)])
    assert not RAW.search(words), words
    assert all(part.text for part in message.parts)


def test_what_calls_is_of_the_kinds_that_have_words() -> None:
    assert {rule_of(fact) for fact in CALLING} == set(RULES)
    assert {fact.kind for fact in CALLING} == set(UNGRADED)


def test_a_text_that_is_too_long_ends_in_an_ellipsis() -> None:
    assert clipped("x" * 10, 5) == "xxxx…"
    assert clipped("x" * 5, 5) == "xxxxx"
    assert clipped("\u05d0" * 9, 5) == "\u2068\u05d0\u05d0\u05d0\u05d0…\u2069"
