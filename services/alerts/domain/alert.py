"""An alert as data: what a CSM is asked to look at, about whom, why, and since when. Times: microseconds UTC."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from msgspec import Struct, structs

from services.alerts.domain.rules import Rule, Severity, Verdict, rank_of, rule_of, severity_of
from services.alerts.domain.wording import reason_of
from shared.events import Fact, NextStep, Proof

Status: TypeAlias = Literal["open", "acknowledged", "snoozed", "resolved", "ended", "withdrawn"]
Change: TypeAlias = Literal[
    "opened",
    "updated",
    "moved",
    "acknowledged",
    "snoozed",
    "woken",
    "resolved",
    "ended",
    "withdrawn",
    "reopened",
]

LIVE: tuple[Status, ...] = ("open", "acknowledged", "snoozed")
CLOSED: tuple[Status, ...] = ("resolved", "ended", "withdrawn")
STATUSES = LIVE + CLOSED
PROOF = 20  # touchpoints that an alert shows as proof, the last ones
OF_STATUS: frozenset[Change] = frozenset(
    {"opened", "acknowledged", "snoozed", "woken", "resolved", "ended", "withdrawn", "reopened"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What at most one live alert can be about."""

    tenant: str
    customer: int
    rule: Rule
    about: str


class Content(Struct, frozen=True, omit_defaults=True):
    """What an alert says of its finding; stored as JSON."""

    ids: list[str]
    map: str
    n: int
    map_version: int
    kind: str
    reason: str
    proof: list[Proof] = []
    numbers: dict[str, float | str] = {}
    next: NextStep | None = None
    name: str = ""  # the customer's, as far as known


@dataclass(frozen=True, slots=True)
class Said:
    """What a finding that calls says, in an alert's words."""

    finding: str
    severity: Severity
    since: int
    owner: str
    content: Content

    @property
    def loudness(self) -> tuple[int, int, str]:
        """Return what the findings of one subject are ordered by: the loudest, then the longest, leads."""
        return -rank_of(self.severity), -self.since, self.finding


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as stored; `number` 0: not stored yet."""

    number: int
    subject: Subject
    status: Status
    said: Said
    opened_at: int
    changed_at: int
    snoozed_until: int | None = None
    acknowledged_by: str | None = None

    @property
    def live(self) -> bool:
        """Whether it wants attention now or later."""
        return self.status in LIVE


@dataclass(frozen=True, slots=True)
class Mark:
    """What is remembered of one finding: its last fact, and the alert that it called."""

    finding: str
    subject: Subject  # rule "": of no rule now
    seq: int
    stands: bool
    verdict: Verdict
    alert_no: int | None = None
    fact: Fact | None = None  # kept while it calls

    def said(self) -> Said:
        """Return what the finding says. Only of one that calls."""
        if self.fact is None:
            message = f"{self.finding} does not call"
            raise ValueError(message)
        return said_by(self.fact)


def kept(fact: Fact) -> Fact:
    """Return what is kept of a fact: the last touchpoints that prove it. A step can fail ten thousand times."""
    return fact if len(fact.proof) <= PROOF else structs.replace(fact, proof=fact.proof[-PROOF:])


def subject_of(fact: Fact) -> Subject:
    """Return what a finding is about."""
    return Subject(fact.tenant, fact.customer, rule_of(fact), fact.about)


def said_by(fact: Fact) -> Said:
    """Return what a finding says in an alert's words. Raises UnreadableFactError."""
    content = Content(
        ids=fact.ids,
        map=fact.map,
        n=fact.n,
        map_version=fact.map_version,
        kind=fact.kind,
        reason=reason_of(fact),
        proof=fact.proof,
        numbers=fact.numbers,
        next=fact.next,
        name=fact.name,
    )
    owner = fact.owner or (fact.next.owner if fact.next else "")
    return Said(fact.finding, severity_of(fact), fact.as_of, owner, content)
