"""What a path means: the journey as judged, frozen. Made by the fold, written by the store, shown by the API.

Rules: docs/judgement.md. Times are microseconds UTC; None means "not".
"""

from dataclasses import dataclass
from typing import Literal

from shared.events import Proof


@dataclass(frozen=True, slots=True)
class Position:
    """Where a customer is: the steps enabled now, in document order, and since when."""

    steps: tuple[str, ...]
    after: str | None  # last matched step
    stage: str | None
    since: int | None


@dataclass(frozen=True, slots=True)
class RouteStep:
    """One step of the shortest way on, with its reason in a CSM's words."""

    step: str
    why: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A deviation with its stable key within the journey."""

    key: str  # "slot:about:k" of docs/records.md; the store prefixes customer/map/n
    kind: str  # skipped | prerequisite_skipped | … (docs/glossary.md)
    step: str  # the step, event or stage it is about
    status: Literal["open", "closed"]
    cost: int
    certain: bool | None
    proof: tuple[Proof, ...]
    as_of: int  # occurred_at of the touchpoint that made it so
    text: str
    numbers: tuple[tuple[str, int | str], ...] = ()
    historical: bool = False  # the touchpoint that made it so was received long after it occurred


@dataclass(frozen=True, slots=True)
class Wait:
    """The time a customer waited, or waits, for a step."""

    step: str
    k: int  # the k-th wait of that step in this journey, from 1
    enabled_at: int
    due_at: int | None  # None: no threshold
    ended_at: int | None  # None: open
    historical: bool = False  # the enabling touchpoint was received long after due_at
    proof: Proof | None = None  # the touchpoint that enabled it


@dataclass(frozen=True, slots=True)
class Stall:
    """An overdue wait, ended or not."""

    key: str  # "stall:step:k", k-th overdue wait of that step
    step: str
    level: Literal["stalled", "beyond", "cruising"]
    since: int  # due_at
    enabled_at: int
    ended_at: int | None
    threshold: int  # microseconds from enabled to due
    historical: bool
    proof: Proof | None
    text: str


@dataclass(frozen=True, slots=True)
class Journey:
    """One customer's path on one map, judged until a moment."""

    map: str
    map_version: int
    n: int  # ordinal of its opening in history order, from 1
    key: str | None  # the value of journey_per
    state: Literal["open", "completed", "reached", "lost"]
    opened_at: int
    opening: Proof
    reached_at: int | None
    ended_at: int | None
    ending: Proof | None  # the touchpoint that ended it
    position: Position
    route: tuple[RouteStep, ...] | None  # None: ended, or no valid way (blocker says why)
    blocker: str | None
    cost: int
    deviations: tuple[Finding, ...]
    stalls: tuple[Stall, ...]  # every overdue wait, the ended ones too, in order of due time
    stall: Stall | None  # the open one that was due first
    passed: tuple[tuple[str, int], ...]  # the steps done, each with the time of its first match, in order of time
    entered: tuple[tuple[str, int], ...]  # the stages stood in, each with the time since when first, in order of time
    name: str  # the customer's, as far as known
    owner: str  # who looks after the customer, by the map's `owner_from`
    due_at: int | None  # when next to judge: the least open due or boundary time not before judged_until
