"""What was attained, against the target: counts, shares with intervals, a verdict. Rules: docs/outcomes.md.

All is judged until one moment, the watermark: what happened after it counts as not yet known, for until then, and no
further, everything has been heard.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from services.journey.domain.maps.model import Target
from services.journey.domain.survival import EPSILON, LOST, OPEN, REACHED, Fates, Incidence, Lengths, Share, incidence

Integers: TypeAlias = "array[int]"
Verdict: TypeAlias = Literal["met", "missed", "on track", "too early", "not measurable"]
HALF: Final = 0.5


class Ends(NamedTuple):
    """When a journey opened, reached its outcome and ended, as far as it did; microseconds UTC."""

    opened_at: int
    reached_at: int | None
    ended_at: int | None

    def stay(self, since: int, until: int) -> tuple[int, int]:
        """Return the length from a moment on, and how it ended by the watermark: reached, lost (or over), or open.

        A journey that was lost after it had reached its outcome has reached it.
        """
        if self.reached_at is not None and self.reached_at <= until:
            return max(self.reached_at - since, 0), REACHED
        if self.ended_at is not None and self.ended_at <= until:
            return max(self.ended_at - since, 0), LOST
        return until - since, OPEN


@dataclass(slots=True)
class Stays:
    """Stays of any kind, collected."""

    lengths: Integers = field(default_factory=lambda: array("q"))
    fates: Integers = field(default_factory=lambda: array("b"))

    def add(self, length: int, fate: int) -> None:
        """Collect one more."""
        self.lengths.append(length)
        self.fates.append(fate)

    def count(self, fate: int) -> int:
        """Return how many ended so."""
        return self.fates.count(fate)

    def arrays(self) -> tuple[Lengths, Fates]:
        """Return lengths and fates as the estimators take them."""
        return np.array(self.lengths, dtype=np.int64), np.array(self.fates, dtype=np.int8)


@dataclass(frozen=True)
class Cohort:
    """Journeys that are judged together, each from its opening on."""

    until: int
    lengths: Lengths
    fates: Fates
    opened: Lengths  # when each opened

    @classmethod
    def of(cls, journeys: Iterable[Ends], until: int) -> "Cohort":
        """Gather journeys; those that opened after the watermark are left out."""
        stays, opened = Stays(), array("q")
        for ends in journeys:
            if ends.opened_at <= until:
                stays.add(*ends.stay(ends.opened_at, until))
                opened.append(ends.opened_at)
        return cls(until, *stays.arrays(), np.array(opened, dtype=np.int64))

    def between(self, begin: int, end: int) -> "Cohort":
        """Return those that opened from a time on and before another."""
        which = (self.opened >= begin) & (self.opened < end)
        return Cohort(self.until, self.lengths[which], self.fates[which], self.opened[which])

    @property
    def size(self) -> int:
        """How many journeys there are."""
        return len(self.opened)

    def count(self, fate: int) -> int:
        """Return how many ended so."""
        return int((self.fates == fate).sum())

    @cached_property
    def estimate(self) -> Incidence:
        """By when which share reached."""
        return incidence(self.lengths, self.fates)


class Tallied(NamedTuple):
    """How the journeys of a cohort stand to a target's time."""

    matured: int  # followed for the whole of it
    matured_reached: int  # of those, reached within it
    reached: int  # of all, reached within it
    undecided: int  # open, and not followed for the whole of it


def tally(cohort: Cohort, within: int) -> Tallied:
    """Count a cohort against a time from the opening."""
    matured = cohort.until - cohort.opened >= within
    reached = (cohort.fates == REACHED) & (cohort.lengths <= within)
    undecided = (cohort.fates == OPEN) & (cohort.lengths < within)
    return Tallied(*(int(each.sum()) for each in (matured, matured & reached, reached, undecided)))


@dataclass(frozen=True, slots=True)
class Attained:
    """What a cohort attained, beside its target."""

    journeys: int
    reached: int
    lost: int
    open: int
    share: Share | None  # within the target's time; without a target, within what was observed; None: nobody was yet
    verdict: Verdict
    target: Target | None
    tallied: Tallied | None  # None: no target

    @property
    def gap(self) -> float | None:
        """How far the share is above the target; negative: below."""
        return self.share.share - self.target.share if self.share is not None and self.target is not None else None


def attain(cohort: Cohort, target: Target | None, *, complete: bool | None = None) -> Attained:
    """Hold a cohort against a target.

    `complete`: of a cohort by time, whether no journey can join it any more; its verdict then waits until it cannot
    change. None: the journeys stand for all that are to come, and the interval decides.
    """
    tallied = tally(cohort, target.within) if target is not None else None
    return Attained(
        journeys=cohort.size,
        reached=cohort.count(REACHED),
        lost=cohort.count(LOST),
        open=cohort.count(OPEN),
        share=_share(cohort, target, tallied),
        verdict=_verdict(cohort, target, tallied, complete=complete),
        target=target,
        tallied=tallied,
    )


def _share(cohort: Cohort, target: Target | None, tallied: Tallied | None) -> Share | None:
    if not cohort.size:
        return None
    if target is None or tallied is None:
        return cohort.estimate.by(cohort.estimate.last)
    observed = cohort.estimate.last >= target.within or not tallied.undecided
    return cohort.estimate.by(target.within) if observed else None


def _verdict(cohort: Cohort, target: Target | None, tallied: Tallied | None, *, complete: bool | None) -> Verdict:
    if target is None or tallied is None or not cohort.size:
        return "not measurable"
    share = _share(cohort, target, tallied)
    if complete is False:
        return "too early"
    wanted = (target.share - EPSILON) * cohort.size
    if tallied.reached >= wanted or tallied.reached + tallied.undecided < wanted:  # whatever becomes of the undecided
        return "met" if tallied.reached >= wanted else "missed"
    return "too early" if complete or share is None else _likely(share, target)


def _likely(share: Share, target: Target) -> Verdict:
    """Tell by the interval, while not all is decided."""
    if share.low >= target.share:
        return "met"
    if share.high < target.share:
        return "missed"
    return "on track" if share.share >= target.share - EPSILON else "too early"
