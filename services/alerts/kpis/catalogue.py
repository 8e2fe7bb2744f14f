"""The KPI catalogue of a tenant: which figures it steers by, what kind each is, what heads its report, its goals.

The keys of its text stand in docs/kpis.md; reading.py reads it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, NamedTuple, TypeAlias

from shared.goals import Quantity

Class: TypeAlias = Literal["activity", "output", "outcome", "business result", "perception"]

CLASSES: Final = ("activity", "output", "outcome", "business result", "perception")
OURS: Final = frozenset({"activity", "output"})  # what we did and made; the others are what came of it


class Measure(NamedTuple):
    """What Waypost measures a KPI by: a map's share attained, or time to value."""

    map: str
    of: str


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure that is steered by."""

    name: str
    title: str
    kind: Class
    owner: str = ""
    prominence: int = 1  # how much it is looked at, 1 to 10
    measure: Measure | None = None
    target: Quantity | None = None


class Milestone(NamedTuple):
    """Where a goal is to be on the way."""

    on: date
    value: Quantity


@dataclass(frozen=True, slots=True)
class Goal:
    """Something to be reached, as far as it says what; whether that is SMART is for `smart` to say."""

    name: str
    metric: str = ""
    segment: str = ""
    baseline: Quantity | None = None
    target: Quantity | None = None
    past_changes: tuple[float, float] | None = None
    outcome: str = ""
    by: date | None = None
    milestones: tuple[Milestone, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All of it."""

    kpis: tuple[Kpi, ...] = ()
    headline: tuple[str, ...] = ()
    goals: tuple[Goal, ...] = ()

    def kpi(self, name: str) -> Kpi | None:
        """Return a KPI by name."""
        return next((kpi for kpi in self.kpis if kpi.name == name), None)
