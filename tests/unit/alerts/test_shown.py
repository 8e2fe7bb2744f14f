"""What people and programs read of an alert."""

import pytest

from services.alerts.domain.alert import Alert, said_by, subject_of
from services.alerts.domain.shown import shown
from services.alerts.domain.wording import reason_of as reason
from shared.events import Fact, NextStep
from shared.times import when
from tests.unit.alerts.facts import T0, at, failed, skipped, stall


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (stall(), "Waits for security-review since 21 days."),
        (stall(text=""), "Waits for security review, which should take 21 d."),
        (stall(text="", numbers={}), "Waits for security review."),
        (stall(text="", level="beyond"), "Waits for security review, which should take 21 d."),
        (skipped(text=""), "Went on without contract."),
        (failed(attempts=4), "Import data failed 4 times; the step is not done."),
    ],
)
def test_the_reason_is_the_findings_own_sentence_or_made_of_its_numbers(fact: Fact, sentence: str) -> None:
    assert reason(fact) == sentence


def test_times_are_rfc_3339_in_zulu_time() -> None:
    assert (when(T0), when(None)) == ("2023-11-14T22:13:20Z", None)
    assert when(T0 + 1) == "2023-11-14T22:13:20.000001Z"


def test_an_alert_shows_everything_that_a_reader_needs() -> None:
    fact = stall(name="Ada Lovelace")
    alert = Alert(7, subject_of(fact), "acknowledged", said_by(fact), at(34), at(35), acknowledged_by="ana")
    assert shown(alert) == {
        "alert": 7,
        "customer": 1,
        "ids": ["user:1"],
        "name": "Ada Lovelace",
        "map": "onboarding",
        "version": 1,
        "journey": "1/onboarding/1",
        "n": 1,
        "rule": "stall",
        "about": "security-review",
        "kind": "stalled",
        "severity": "medium",
        "status": "acknowledged",
        "reason": "Waits for security-review since 21 days.",
        "since": when(at(33)),
        "proof": [
            {
                "event": "Kickoff Held",
                "event_id": "e-Kickoff Held-12",
                "source": "app",
                "occurred_at": when(at(12)),
            }
        ],
        "numbers": {
            "enabled_at": when(at(12)),
            "due_at": when(at(33)),
            "threshold": "21 d",
            "threshold_level": "designed",
        },
        "next": {"step": "security-review", "title": "", "why": "the first step that is missing", "owner": "csm"},
        "owner": "csm",
        "finding": "1/onboarding/1/stall:security-review:1",
        "opened_at": when(at(34)),
        "changed_at": when(at(35)),
        "snoozed_until": None,
        "acknowledged_by": "ana",
    }


def test_counts_are_whole_numbers_and_shares_are_not() -> None:
    fact = failed(numbers={"attempts": 3.0, "share": 0.25})
    alert = Alert(1, subject_of(fact), "open", said_by(fact), at(34), at(34))
    assert shown(alert)["numbers"] == {"attempts": 3, "share": 0.25}


@pytest.mark.parametrize(
    ("of_customer", "of_step", "expected"), [("ana", "csm", "ana"), ("", "csm", "csm"), ("", "", "")]
)
def test_the_alert_belongs_to_who_looks_after_the_customer_else_to_the_owner_of_the_next_step(
    of_customer: str, of_step: str, expected: str
) -> None:
    fact = stall(owner=of_customer, next=NextStep("security-review", "next", of_step))
    assert shown(Alert(1, subject_of(fact), "open", said_by(fact), at(34), at(34)))["owner"] == expected
