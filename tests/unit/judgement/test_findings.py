"""Findings beside the alignment: what they count, when they close, what a CSM reads."""

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.judgement.kept import PROOF_LIMIT
from services.journey.domain.judgement.model import Journey
from services.journey.domain.judgement.run import NAMES_LIMIT, OTHERS
from services.journey.domain.maps.load import load_map
from shared.events import Touchpoint
from tests.unit.judgement.records import day, happened


def judge(text: str, history: list[Touchpoint], until: float = 400) -> Journey:
    (journey,) = replay(Atlas([PublishedMap(load_map(text), 1, 0)]), history, day(until))
    return journey


TWO = "{map: m, issue: attributes.ticket, path: [A, {step: B, failed_by: [B Failed]}]}"


def test_one_issue_in_two_channels_is_a_channel_switch() -> None:
    said = [("chat", "7"), ("call", "7"), ("call", "8"), ("chat", None)]
    history = [happened("A", 0)] + [
        happened("Help", number, channel=channel, properties={"ticket": ticket} if ticket else {})
        for number, (channel, ticket) in enumerate(said, 1)
    ]
    (switch,) = [one for one in judge(TWO, history).deviations if one.kind == "channel_switch"]
    assert (switch.key, switch.cost, len(switch.proof)) == ("issue:7:1", 0, 2)
    assert switch.text == "Brought up the same issue by chat and call."


def test_failures_are_counted_and_close_when_the_step_is_done() -> None:
    tries = [happened("A", 0), *(happened("B Failed", number) for number in range(1, 4))]
    (failed,) = judge(TWO, tries).deviations
    assert (failed.status, failed.text, dict(failed.numbers)) == ("open", "B failed 3 times.", {"attempts": 3})
    (closed,) = judge(TWO, [*tries, happened("B", 5)]).deviations
    assert closed.status == "closed"


def test_proofs_are_limited_and_counts_are_not() -> None:
    history = [happened("A", 0), *(happened("Odd", 1 + number / 100) for number in range(PROOF_LIMIT + 50))]
    (odd,) = judge(TWO, history).deviations
    assert dict(odd.numbers) == {"count": PROOF_LIMIT + 50}
    assert len(odd.proof) == PROOF_LIMIT
    assert odd.proof[-1].event_id == history[-1].event_id


def test_names_that_nobody_planned_are_told_apart_up_to_a_limit() -> None:
    history = [happened("A", 0), *(happened(f"Odd {number}", 1 + number / 1000) for number in range(NAMES_LIMIT + 5))]
    found = judge(TWO, history).deviations
    assert len(found) == NAMES_LIMIT + 1
    assert dict(found[-1].numbers) == {"count": 5}
    assert found[-1].step == OTHERS


def test_what_was_skipped_before_the_first_touchpoint_may_have_been_done_unseen() -> None:
    (unseen,) = judge("{map: m, path: [A, B, C]}", [happened("B", 0)]).deviations
    assert dict(unseen.numbers) == {"unseen": 1}
    (seen,) = judge("{map: m, opens_on: [Lead], path: [A, B, C]}", [happened("Lead", 0), happened("B", 1)]).deviations
    assert dict(seen.numbers) == {}


def test_touchpoints_of_one_instant_came_in_no_order_that_is_known() -> None:
    history = [happened("A", 0), happened("C", 1, messageId="1"), happened("B", 1, messageId="2")]
    (inverted,) = judge("{map: m, path: [A, B, C, D]}", history).deviations
    assert (inverted.kind, inverted.status) == ("out_of_order", "closed")


TEXTS = [
    ("{map: m, path: [A, {step: B, title: the kickoff}, C]}", "A0 C1", "Never had the kickoff."),
    (
        "{map: m, path: [A, {step: B, title: security review}, {step: C, title: go-live, requires: [B]}, D]}",
        "A0 C1",
        "Came to go-live without security review.",
    ),
    (
        "{map: m, path: [A, {step: B, milestone: true}, C, D, E]}",
        "A0 C1",
        "Came to C without B; 2 later steps are blocked.",
    ),
    (
        "{map: m, path: [A, {optional: {step: B, title: the webinar}}, C]}",
        "A0 C1",
        "Skipped the webinar; nothing depends on it.",
    ),
    ("{map: m, path: [A, {optional: B}, C, {step: D, requires: [B]}]}", "A0 C1", "Put B off; needed before D."),
    ("{map: m, path: [A, B, C, D]}", "A0 C1 B2", "C came before B; no step was blocked."),
    ("{map: m, path: [A, B, C, D]}", "A0 D1", "D came early; no step was blocked."),
    ("{map: m, path: [A, B, C, D, E]}", "A0 C1 D2 B3", "B came after C; no step was blocked."),
    ("{map: m, path: [A, B, C, D]}", "A0 A1 A2 B3", "Made a third attempt at A."),
    ("{map: m, path: [A, {choice: [B, C]}, D]}", "A0 B1 C2", "Did C, of a way not taken."),
    ("{map: m, anytime: [Q], path: [A, B]}", "A0 Q1", "Had Q, which is welcome at any time."),
    ("{map: m, title: First steps, path: [A, B]}", "A0 Odd1 Odd2", "Did Odd twice, which the map First steps lacks."),
    ("{map: m, path: [A, {step: B, replaced_by: [Partner B]}, C]}", "A0 Partner+B1", "Partner B took the place of B."),
]


@pytest.mark.parametrize(("text", "history", "read"), TEXTS)
def test_what_a_csm_reads(text: str, history: str, read: str) -> None:
    touchpoints = []
    for word in history.split():
        name = word.rstrip("0123456789")
        touchpoints.append(happened(name.replace("+", " "), float(word[len(name) :])))
    assert read in [one.text for one in judge(text, touchpoints).deviations]


def test_a_route_says_why_each_step_stands_on_it() -> None:
    text = "{map: m, path: [A, B, {step: C, requires: [B]}, D]}"
    journey = judge(text, [happened("A", 0), happened("C", 1), happened("D", 2)])
    assert journey.state == "completed"
    journey = judge(text.replace("D]", "D, E]"), [happened("A", 0), happened("C", 1), happened("D", 2)])
    assert [(one.step, one.why) for one in journey.route or ()] == [("B", "was passed over; C needs it"), ("E", "next")]


def test_a_step_skipped_in_two_places_of_one_round_is_one_finding() -> None:
    (skipped,) = judge("{map: m, costs: {customer_only: 3}, path: [B, B, A]}", [happened("A", 0)]).deviations
    assert (skipped.key, skipped.kind, skipped.cost) == ("path:B:1", "skipped", 2)


def test_a_step_skipped_in_two_rounds_is_two_findings() -> None:
    text = "{map: m, path: [{repeat: {do: [A, B, C], redo: R}}, D]}"
    events = ["A", "C", "R", "A", "C", "D"]
    found = judge(text, [happened(event, number) for number, event in enumerate(events)]).deviations
    assert [(one.key, one.kind) for one in found] == [("path:B:1", "skipped"), ("path:B:2", "skipped")]


def test_a_step_repeated_a_thousand_times_is_judged_in_time() -> None:
    history = [happened("A", number / 100) for number in range(1_000)]
    (again,) = judge("{map: m, path: [A, B, C]}", history).deviations
    assert (again.kind, again.cost, dict(again.numbers)) == ("repeat", 999, {"attempts": 1_000})
    assert len(again.proof) == PROOF_LIMIT


HANDED = """
map: m
handoff_within: 9d
stages:
  - {stage: buy, phase: pre-sale, owner: sales, path: [{step: A, need: n}, {step: B, need: n}]}
  - {stage: use, phase: post-sale, owner: care, path: [{step: C, need: n}, {step: D, need: n}]}
"""


@pytest.mark.parametrize(
    ("contact", "until", "status"),
    [
        (None, 10, None),
        (None, 10.1, "open"),
        (happened("Called", 5, actor="staff"), 30, None),
        (happened("Called", 5, actor="staff", properties={"owner": "sales"}), 30, "open"),
        (happened("Called", 5, actor="staff", properties={"owner": "care"}), 30, None),
        (happened("Called", 5, actor="customer"), 30, "open"),
        (happened("Called", 12, actor="staff"), 30, "closed"),
        (happened("C", 12), 30, "closed"),
        (happened("C", 8), 30, None),
    ],
)
def test_a_hand_off_breaks_where_the_new_owner_does_not_speak_up(
    contact: Touchpoint | None, until: float, status: str | None
) -> None:
    history = [happened("A", 0), happened("B", 1), *([contact] if contact is not None else [])]
    journey = judge(HANDED, history, until)
    found = [one for one in journey.deviations if one.kind == "hand_off_break"]
    assert [(one.key, one.status) for one in found] == ([] if status is None else [("handoff:C:1", status)])
    assert {one.text for one in found} <= {"Had no contact from the new owner, care, for more than 9 days."}


def test_a_broken_hand_off_is_judged_when_it_is_due() -> None:
    assert judge(HANDED, [happened("A", 0), happened("B", 1)], 2).due_at == day(10)
