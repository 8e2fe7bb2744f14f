"""Which findings call for a person, and how loudly. The whole table stands here and in docs/alerts.md.

Three rules fire: a stall (*stalled* or *beyond*), a prerequisite that was skipped, a step that failed three times.
What the map grades is taken as it stands; where it does not, the rule says. Beyond the decision boundary is one
level louder than merely late.
"""

from typing import Literal, TypeAlias

from shared.events import Fact

Rule: TypeAlias = Literal["stall", "prerequisite_skipped", "failed", ""]
Verdict: TypeAlias = Literal["calls", "over", "untrue"]
Severity: TypeAlias = Literal["low", "medium", "high", "critical"]

STALL = "waypost.stall"
DEVIATION = "waypost.deviation"
MERGED = "waypost.customer.merged"
SPLIT = "waypost.customer.split"
ERASED = "waypost.customer.erased"
JUDGED = frozenset({STALL, DEVIATION})  # the types that may call

RULES: tuple[Rule, ...] = ("stall", "prerequisite_skipped", "failed")
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
UNGRADED: dict[str, Severity] = {
    "stalled": "medium",
    "beyond": "medium",  # and one level louder, below
    "prerequisite_skipped": "high",
    "failed": "medium",
}
LOUDER = frozenset({"beyond"})
FAILURES = 3  # attempts from which a failed step calls


class UnreadableFactError(ValueError):
    """Raised when a fact decodes but does not say what its type must say; it becomes a dead letter."""


def rule_of(fact: Fact) -> Rule:
    """Return the rule that a finding is of, whether or not it calls now; empty: none."""
    if fact.type == STALL:
        return "stall"
    if fact.type == DEVIATION and fact.kind in {"prerequisite_skipped", "failed"}:
        return "prerequisite_skipped" if fact.kind == "prerequisite_skipped" else "failed"
    return ""


def verdict_of(fact: Fact) -> Verdict:
    """Return whether a finding calls for a person, did and is over, or was never true (or never an alarm).

    `unseen`: it was skipped before the customer's first touchpoint, so we may only not have seen it.
    Raises UnreadableFactError.
    """
    if not fact.stands or fact.historical or fact.certain is False or fact.numbers.get("unseen"):
        return "untrue"
    return "calls" if fact.status == "open" and not fact.journey_over and _loud(fact) else "over"


def _loud(fact: Fact) -> bool:
    rule = rule_of(fact)
    if rule == "stall":
        return fact.kind in {"stalled", "beyond"}
    if rule == "failed":
        return _attempts(fact) >= FAILURES
    return rule == "prerequisite_skipped"


def _attempts(fact: Fact) -> float:
    attempts = fact.numbers.get("attempts", 0)
    if isinstance(attempts, str):
        message = f"numbers.attempts of {fact.id} is a text: {attempts!r}"
        raise UnreadableFactError(message)
    return attempts


def severity_of(fact: Fact) -> Severity:
    """Return how loud a finding that calls is. Raises UnreadableFactError for a grade that no map can have."""
    if fact.severity and fact.severity not in SEVERITIES:
        message = f"severity of {fact.id} is none of {', '.join(SEVERITIES)}: {fact.severity!r}"
        raise UnreadableFactError(message)
    graded = fact.severity or UNGRADED[fact.kind]
    rank = SEVERITIES.index(graded) + (fact.kind in LOUDER)
    return SEVERITIES[min(rank, len(SEVERITIES) - 1)]


def rank_of(severity: Severity) -> int:
    """Return the place of a severity in a ranking; 0: critical, it comes first."""
    return len(SEVERITIES) - 1 - SEVERITIES.index(severity)
