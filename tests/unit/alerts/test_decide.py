"""What becomes of the alert of one subject: given what calls, what lives and what was, expected."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from services.alerts.domain.alert import Alert, Mark, Status, said_by, subject_of
from services.alerts.domain.decide import Case, Decision, decide, join
from services.alerts.domain.rules import Verdict, verdict_of
from shared.events import Fact
from tests.unit.alerts.facts import at, stall

NOW = at(40)
FIRST, SECOND = stall(k=1), stall(k=2, as_of=at(36))
LOUD = stall(k=3, level="beyond", as_of=at(38))


def mark(fact: Fact, alert_no: int | None = None, verdict: Verdict | None = None) -> Mark:
    found = verdict or verdict_of(fact)
    return Mark(fact.finding, subject_of(fact), fact.seq, fact.stands, found, alert_no, fact)


def alert(fact: Fact, status: Status = "open", number: int = 7, by: str | None = None) -> Alert:
    return Alert(number, subject_of(fact), status, said_by(fact), at(34), at(34), acknowledged_by=by)


def case(
    calling: Sequence[Mark], live: Alert | None = None, past: Sequence[Alert] = (), left: Sequence[Mark] = ()
) -> Case:
    return Case(subject_of(FIRST), live, calling, {each.number: each for each in past}, left)


def made(given: Case) -> Decision:
    decision = decide(given, NOW)
    assert decision is not None
    return decision


def test_a_first_call_opens_an_alert_with_all_that_the_finding_says() -> None:
    decision = made(case([mark(FIRST)]))
    assert (decision.change, decision.alert.number, decision.alert.status) == ("opened", 0, "open")
    said = decision.alert.said
    assert (said.severity, said.since, said.owner) == ("medium", at(33), "csm")
    assert (said.content.reason, said.content.proof) == (FIRST.text, FIRST.proof)
    assert (said.content.numbers, said.content.next) == (FIRST.numbers, FIRST.next)
    assert decision.covers == (FIRST.finding,)


@pytest.mark.parametrize("status", ["open", "acknowledged", "snoozed"])
def test_a_second_finding_of_the_subject_updates_the_live_alert(status: Status) -> None:
    live = alert(FIRST, status, by="ana")
    decision = made(case([mark(FIRST, 7), mark(LOUD)], live, [live]))
    assert (decision.change, decision.alert.number, decision.alert.status) == ("updated", 7, status)
    assert (decision.alert.said.finding, decision.alert.acknowledged_by) == (LOUD.finding, "ana")
    assert decision.covers == (FIRST.finding, LOUD.finding)


def test_of_two_equally_loud_findings_the_longer_leads() -> None:
    assert made(case([mark(SECOND), mark(FIRST)])).alert.said.finding == FIRST.finding


def test_a_refresh_that_says_nothing_new_changes_nothing() -> None:
    live = alert(FIRST)
    assert decide(case([mark(FIRST, 7)], live, [live]), NOW) is None


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [(["over"], "ended"), (["untrue"], "withdrawn"), (["over", "untrue"], "ended"), ([], "withdrawn")],
)
def test_without_any_call_it_ends_if_one_was_true_else_it_is_withdrawn(verdicts: list[Verdict], status: str) -> None:
    live = alert(FIRST, "acknowledged", by="ana")
    left = [mark(fact, 7, verdict) for fact, verdict in zip((FIRST, SECOND), verdicts, strict=False)]
    decision = made(case([], live, left=left))
    assert (decision.change, decision.alert.status, decision.alert.acknowledged_by) == (status, status, "ana")


def test_nothing_calls_and_nothing_lives() -> None:
    assert decide(case([]), NOW) is None


def test_a_finding_whose_alert_a_person_resolved_calls_nobody_again() -> None:
    louder = replace(mark(stall(2, level="beyond"), 7))
    assert decide(case([louder], past=[alert(FIRST, "resolved")]), NOW) is None


def test_a_new_finding_opens_a_new_alert_after_one_was_resolved() -> None:
    decision = made(case([mark(FIRST, 7), mark(SECOND)], past=[alert(FIRST, "resolved")]))
    assert (decision.change, decision.alert.number) == ("opened", 0)
    assert (decision.alert.said.finding, decision.covers) == (SECOND.finding, (SECOND.finding,))


@pytest.mark.parametrize("status", ["ended", "withdrawn"])
def test_a_finding_that_calls_again_reopens_its_alert_for_new_attention(status: Status) -> None:
    decision = made(case([mark(FIRST, 7)], past=[alert(FIRST, status, by="ana")]))
    assert (decision.change, decision.alert.number, decision.alert.status) == ("reopened", 7, "open")
    assert decision.alert.acknowledged_by is None


def test_an_alert_that_has_become_another_customers_is_not_reopened() -> None:
    moved = alert(stall(customer=2), "ended")
    assert made(case([mark(FIRST, 7)], past=[moved])).change == "opened"


def test_two_alerts_joined_keep_what_a_person_did_on_either() -> None:
    kept, other = alert(FIRST, number=3), alert(FIRST, "acknowledged", number=9, by="ana")
    joined = join(kept, other)
    assert (joined.number, joined.status, joined.acknowledged_by) == (3, "acknowledged", "ana")
    assert join(other, kept) == other


def test_a_mark_that_calls_nobody_has_nothing_to_say() -> None:
    with pytest.raises(ValueError, match="does not call"):
        replace(mark(FIRST), fact=None).said()
