"""Outcomes by stage and over time.

A journey *entered* a stage when the first mandatory step that a customer could do was one of that stage, for the first
time. It *left* it when it entered a later stage, or ended without being lost; it was *lost* there if it ended lost
before. Who stands elsewhere and entered no later stage since (one put off let them back, or a late touchpoint placed
them anew) has left as well, nobody knows when. A stage jumped over, or of optional steps alone, is not entered.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np

from services.journey.domain.maps.model import Target
from services.journey.domain.outcomes import HALF, Attained, Cohort, Ends, Stays, attain
from services.journey.domain.survival import LOST, OPEN, REACHED, Quantile, incidence
from shared.times import DAY

Every: TypeAlias = Literal["week", "month"]

PERIODS: Final = 120  # the last ones are shown
EPOCH: Final = date(1970, 1, 1)


class Passage(NamedTuple):
    """One journey with what stages and periods need of it."""

    ends: Ends
    state: str  # open | completed | reached | lost
    entered: tuple[tuple[str, int], ...]
    stands: str | None  # in which stage now; None: nowhere


@dataclass(slots=True)
class StageTally:
    """What is collected of one stage."""

    stays: Stays = field(default_factory=Stays)  # until it was left or lost
    to_value: Stays = field(default_factory=Stays)  # from entering it to the outcome
    gone: int = 0  # left, nobody knows when


class StageOutcome(NamedTuple):
    """How one stage went; `reached_share`: of those who entered, as far as observed. None: nobody entered."""

    stage: str
    entered: int
    left: int
    lost: int
    open: int
    duration: Quantile
    reached_share: float | None


def by_stage(passages: Iterable[Passage], stages: Iterable[str], until: int) -> list[StageOutcome]:
    """Return each stage of a map in order; names that the map does not have are left out."""
    tallies = {name: StageTally() for name in stages}
    order = {name: number for number, name in enumerate(tallies)}
    for passage in passages:
        for place, (name, at) in enumerate(passage.entered):
            if name in order and at <= until:
                tally = tallies[name]
                on = _went_on(passage.entered, place, order)
                if on is None and passage.stands not in (None, name):
                    tally.gone += 1
                else:
                    tally.stays.add(*_stay(passage, on, at, until))
                tally.to_value.add(*passage.ends.stay(at, until))
    return [_stage(name, tally) for name, tally in tallies.items()]


def _went_on(entered: tuple[tuple[str, int], ...], place: int, order: Mapping[str, int]) -> int | None:
    """Return when a later stage was entered after the one at a place; `entered` is in order of time."""
    mine = order[entered[place][0]]
    for name, at in entered[place + 1 :]:
        if order.get(name, -1) > mine:
            return at
    return None


def _stay(passage: Passage, on: int | None, at: int, until: int) -> tuple[int, int]:
    if on is not None and on <= until:
        return on - at, REACHED
    ended = passage.ends.ended_at
    if ended is not None and ended <= until:
        return max(ended - at, 0), LOST if passage.state == "lost" else REACHED
    return until - at, OPEN


def _stage(name: str, tally: StageTally) -> StageOutcome:
    lengths, fates = tally.stays.arrays()
    left, lost, open_ = (int((fates == fate).sum()) for fate in (REACHED, LOST, OPEN))
    # Kaplan and Meier's estimate of how long it lasts: however it ends, it ends
    duration = incidence(lengths, np.where(fates == OPEN, OPEN, REACHED).astype(np.int8))
    value = incidence(*tally.to_value.arrays())
    share = value.by(value.last).share if value.size else None
    return StageOutcome(name, len(fates) + tally.gone, left + tally.gone, lost, open_, duration.quantile(HALF), share)


class Period(NamedTuple):
    """The journeys that opened within a week or month (UTC); `begin` and `end` in microseconds, the end excluded."""

    name: str  # 2026-W40 or 2026-10
    begin: int
    end: int
    attained: Attained
    median: int | None


def by_period(cohort: Cohort, every: Every, target: Target | None) -> list[Period]:
    """Return the last periods in which journeys opened, the oldest first."""
    days = np.unique(cohort.opened // DAY).tolist()
    beginnings = sorted({_beginning(day, every) for day in days})[-PERIODS:]
    return [_period(begin, cohort, every, target) for begin in beginnings]


def _period(begin: date, cohort: Cohort, every: Every, target: Target | None) -> Period:
    start, end = ((each - EPOCH).days * DAY for each in (begin, _following(begin, every)))
    mine = cohort.between(start, end)
    attained = attain(mine, target, complete=end <= cohort.until)
    return Period(_name(begin, every), start, end, attained, mine.estimate.quantile(HALF).length)


def _beginning(day: int, every: Every) -> date:
    at = EPOCH + timedelta(days=day)
    return at - timedelta(days=at.weekday()) if every == "week" else at.replace(day=1)


def _following(begin: date, every: Every) -> date:
    return begin + timedelta(days=7) if every == "week" else (begin + timedelta(days=31)).replace(day=1)


def _name(begin: date, every: Every) -> str:
    return f"{begin:%G-W%V}" if every == "week" else f"{begin:%Y-%m}"


def thinned(count: int, most: int) -> Iterator[int]:
    """Yield the places of at most so many of a row of things, evenly, the first and the last among them."""
    if count <= most:
        yield from range(count)
        return
    for number in range(most):
        yield number * (count - 1) // (most - 1)
