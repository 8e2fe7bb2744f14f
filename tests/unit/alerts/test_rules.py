"""Which findings call for a person, and how loudly: the table of docs/alerts.md."""

import pytest

from services.alerts.domain.rules import (
    SEVERITIES,
    UnreadableFactError,
    rank_of,
    rule_of,
    severity_of,
    verdict_of,
)
from shared.events import Fact
from tests.unit.alerts.facts import again, ended, fact, failed, skipped, stall, withdrawn

CALLS = [
    pytest.param(stall(), "calls", id="a stall calls"),
    pytest.param(stall(level="beyond"), "calls", id="a stall beyond its decision boundary calls"),
    pytest.param(stall(level="cruising"), "over", id="cruising is no alarm"),
    pytest.param(stall(historical=True), "untrue", id="a stall learned of long after it was due raises no alarm"),
    pytest.param(stall(certain=None), "calls", id="a stall whose certainty is not known calls"),
    pytest.param(stall(certain=False), "untrue", id="a tentative finding never calls"),
    pytest.param(ended(stall(), 2), "over", id="a stall that ended is over"),
    pytest.param(withdrawn(stall(), 2), "untrue", id="a stall withdrawn was never true"),
    pytest.param(skipped(), "calls", id="a skipped prerequisite calls"),
    pytest.param(skipped(certain=None), "calls", id="a skipped prerequisite whose certainty is not known calls"),
    pytest.param(ended(skipped(), 2), "over", id="a prerequisite done at last is over"),
    pytest.param(again(skipped(), 2, kind="out_of_order"), "over", id="a skip that turned out to be later is over"),
    pytest.param(again(skipped(), 2, journey_over=True), "over", id="when the journey has ended nothing is left to do"),
    pytest.param(skipped(numbers={"unseen": 1}), "untrue", id="what we may only not have seen calls nobody"),
    pytest.param(failed(attempts=2), "over", id="two failures are not enough"),
    pytest.param(failed(attempts=3), "calls", id="the third failure calls"),
    pytest.param(failed(attempts=7), "calls", id="so does the seventh"),
    pytest.param(ended(failed(), 2), "over", id="a failed step done at last is over"),
    pytest.param(failed(numbers={}), "over", id="a failure without a count does not call"),
    pytest.param(fact("path:tour:1", kind="optional_skipped"), "over", id="an optional skip never calls"),
    pytest.param(fact("path:kickoff:1", kind="skipped"), "over", id="a plain skip shows, it does not call"),
    pytest.param(fact("again:import:1", kind="repeat"), "over", id="a repeat shows, it does not call"),
]


@pytest.mark.parametrize(("given", "verdict"), CALLS)
def test_a_finding_calls_only_as_the_rules_say(given: Fact, verdict: str) -> None:
    assert verdict_of(given) == verdict


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        (stall(), "stall"),
        (stall(level="cruising"), "stall"),
        (skipped(), "prerequisite_skipped"),
        (failed(attempts=1), "failed"),
        (fact("path:kickoff:1", kind="skipped"), ""),
        (fact("position", type="waypost.position.changed", kind="position"), ""),
    ],
)
def test_a_finding_is_of_a_rule_whether_or_not_it_calls(given: Fact, rule: str) -> None:
    assert rule_of(given) == rule


SEVERITY = [
    ("stalled", stall(), "medium"),
    ("beyond", stall(level="beyond"), "high"),
    ("prerequisite", skipped(), "high"),
    ("failed", failed(), "medium"),
    ("stalled, graded low", stall(severity="low"), "low"),
    ("stalled, graded critical", stall(severity="critical"), "critical"),
    ("beyond, graded low", stall(level="beyond", severity="low"), "medium"),
    ("beyond, graded high", stall(level="beyond", severity="high"), "critical"),
    ("beyond, graded critical", stall(level="beyond", severity="critical"), "critical"),
    ("prerequisite, graded low", skipped(severity="low"), "low"),
    ("failed, graded critical", failed(severity="critical"), "critical"),
]


@pytest.mark.parametrize(("given", "severity"), [row[1:] for row in SEVERITY], ids=[row[0] for row in SEVERITY])
def test_the_map_grades_and_the_rule_says_where_it_does_not(given: Fact, severity: str) -> None:
    assert severity_of(given) == severity


def test_the_loudest_ranks_first() -> None:
    assert sorted(SEVERITIES, key=rank_of) == ["critical", "high", "medium", "low"]


def test_a_grade_that_no_map_can_have_is_unreadable() -> None:
    with pytest.raises(UnreadableFactError, match="none of low, medium, high, critical: 'loud'"):
        severity_of(stall(severity="loud"))


def test_attempts_that_are_a_text_are_unreadable() -> None:
    with pytest.raises(UnreadableFactError, match=r"numbers\.attempts of .* is a text: 'three'"):
        verdict_of(failed(attempts="three"))
