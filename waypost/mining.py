"""A first path drawn from what customers did: which events are steps, in which order, how long they take.

Pure: histories in, a plan out. Only the first time that a customer does something places it; doing it again says that
it recurs. Whoever has not come so far yet says nothing about a step: only those who went on count against it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil
from typing import Final, Literal

from shared.times import DAY, HOUR

MOST_EVENTS: Final = 30  # that are looked at
MOST_STEPS: Final = 15
LONGEST: Final = 200  # characters of a name in a map
TOLERANCES: Final = (0.25, 0.15, 0.1, 0.05)  # of the rarer order, from which two steps go side by side
WANDERS: Final = 0.5  # of the steps that all take, from which an event that goes side by side with them has no place
APART: Final = 0.05  # of the rarer step's customers who did both, up to which two exclude each other
FEW: Final = 3  # customers, below which nothing is concluded
LEFT_OUT: Final = 0.15  # of those who went on without it, from which a step is optional
UNREACHED: Final = 0.5  # of those who came before, without the last step, from which it is optional
AGAIN: Final = 0.1  # of those who did it more than once, from which a step recurs
QUANTILES: Final = ((0.95, 59), (0.9, 29), (0.8, 14))  # a bound on the quantile needs so many who did it
NICE: Final = tuple(
    [HOUR * n for n in (1, 2, 3, 4, 6, 8, 12)]
    + [DAY * n for n in (1, 2, 3, 4, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)]
)

Act = tuple[str, int]  # event, microseconds
Kind = Literal["step", "any_order", "choice"]


@dataclass(frozen=True, slots=True)
class Wait:
    """How long a step takes from when it could be done: `limit` is the quantile rounded up; microseconds."""

    quantile: float
    observed: int
    limit: int
    customers: int


@dataclass(frozen=True, slots=True)
class Step:
    """One event as a step. Shares are of 1."""

    event: str
    customers: int
    share: float  # of all journeys
    missed: float | None  # of the journeys that count, without it; None: none counts
    went_on: bool  # those count that went on beyond it; else, at the end of the path, those that came before
    again: float  # of those who did it, more than once
    optional: bool
    wait: Wait | None

    @property
    def recurs(self) -> bool:
        """Say whether doing it again is part of the way."""
        return self.again > AGAIN


@dataclass(frozen=True, slots=True)
class Group:
    """Steps at one place of the path: one, several side by side, or one of several."""

    kind: Kind
    steps: tuple[Step, ...]
    optional: bool = False  # of a choice


@dataclass(frozen=True, slots=True)
class Plan:
    """The path, and what it was drawn from."""

    groups: tuple[Group, ...]
    anytime: tuple[tuple[str, float], ...]  # event, share of the journeys: common, and without a place of its own
    left_out: tuple[tuple[str, float], ...]  # event, share of the journeys
    journeys: int
    touchpoints: int
    since: int
    until: int

    @property
    def steps(self) -> list[Step]:
        """Every step, in the order of the path."""
        return [step for group in self.groups for step in group.steps]


@dataclass
class Behaviour:
    """What all customers did first, and how often."""

    firsts: list[dict[str, int]] = field(default_factory=list)  # of each journey: event -> time, in order
    often: Counter[str] = field(default_factory=Counter)  # journeys that did it more than once
    seen: Counter[str] = field(default_factory=Counter)  # journeys that did it
    touchpoints: int = 0
    since: int = 0
    until: int = 0

    def add(self, acts: Sequence[Act]) -> None:
        """Take in one journey, in order."""
        first: dict[str, int] = {}
        again: set[str] = set()
        for event, at in acts:
            if event in first:
                again.add(event)
            else:
                first[event] = at
        self.firsts.append(first)
        self.seen.update(first.keys())
        self.often.update(again)
        self.touchpoints += len(acts)
        times = [at for _, at in acts]
        self.since = min([self.since or times[0], *times])
        self.until = max([self.until, *times])

    @cached_property
    def done(self) -> Counter[frozenset[str]]:
        """What was done, whenever, and in how many journeys."""
        return Counter(map(frozenset, self.firsts))

    @cached_property
    def journeys(self) -> int:
        """How many there are."""
        return len(self.firsts)


class Order:
    """Which of two events comes first, over all journeys that have both."""

    def __init__(self, behaviour: Behaviour, events: Iterable[str], tolerance: float) -> None:
        """Count; from `tolerance` on the rarer order counts as common too."""
        self._tolerance = tolerance
        wanted = set(events)
        self._before: Counter[tuple[str, str]] = Counter()
        for first in behaviour.firsts:
            names = [event for event in first if event in wanted]
            self._before.update((a, b) for n, a in enumerate(names) for b in names[n + 1 :])
        self._seen = behaviour.seen

    def both(self, one: str, other: str) -> int:
        """Return how many journeys have both."""
        return self._before[one, other] + self._before[other, one]

    def share(self, one: str, other: str) -> float:
        """Return in which share of the journeys that have both one comes before the other."""
        return self._before[one, other] / max(self.both(one, other), 1)

    def parallel(self, one: str, other: str) -> bool:
        """Say whether both orders are common."""
        return self.both(one, other) >= FEW and self._tolerance <= self.share(one, other) <= 1 - self._tolerance

    def exclusive(self, one: str, other: str) -> bool:
        """Say whether a journey has one or the other."""
        least = min(self._seen[one], self._seen[other])
        return least >= FEW and self.both(one, other) <= APART * least

    def ranked(self, events: Sequence[str]) -> list[str]:
        """Return events by typical precedence: how many of the others each comes before."""
        weight = {one: sum(self.share(one, other) - 0.5 for other in events if self.both(one, other)) for one in events}
        return sorted(events, key=lambda event: (-weight[event], -self._seen[event], event))


def plan(behaviour: Behaviour, least_share: float, tolerance: float) -> Plan:
    """Draw a path from what was done; events in fewer journeys than `least_share` are left out.

    `tolerance`: which share of the rarer order lets two steps go side by side.
    """
    shares = {event: count / behaviour.journeys for event, count in behaviour.seen.items()}
    common = sorted(shares, key=lambda event: (-shares[event], event))
    main = [event for event in common if shares[event] >= least_share and writable(event)][:MOST_EVENTS]
    order = Order(behaviour, main, tolerance)
    anytime = wandering(order, placed(behaviour, order, main))
    steps = [event for event in main if event not in anytime][:MOST_STEPS]
    known = {*steps, *anytime}
    return Plan(
        placed(behaviour, order, steps),
        tuple((event, shares[event]) for event in common if event in anytime),
        tuple((event, shares[event]) for event in common if event not in known),
        behaviour.journeys,
        behaviour.touchpoints,
        behaviour.since,
        behaviour.until,
    )


def writable(event: str) -> bool:
    """Say whether a map can name an event."""
    return event.isprintable() and len(event) <= LONGEST and bool(event.strip())


def placed(behaviour: Behaviour, order: Order, events: Sequence[str]) -> tuple[Group, ...]:
    """Return events as a path."""
    groups = grouped(order, order.ranked(events))
    return tuple(_group(behaviour, groups, number) for number in range(len(groups)))


def wandering(order: Order, groups: Iterable[Group]) -> set[str]:
    """Return those that may be left out and come before as well as after most of what all do: they have no place."""
    steps = [step for group in groups if group.kind != "choice" for step in group.steps]
    needed = [step.event for step in steps if not step.optional]
    return {
        step.event
        for step in steps
        if step.optional and sum(order.parallel(step.event, each) for each in needed) >= WANDERS * len(needed) > 0
    }


def grouped(order: Order, ranked: Sequence[str]) -> list[tuple[Kind, list[str]]]:
    """Put neighbours together that go side by side, or of which each journey has one."""
    groups: list[tuple[Kind, list[str]]] = []
    for event in ranked:
        kind, members = groups[-1] if groups else ("step", [])
        if members and kind != "choice" and all(order.parallel(event, each) for each in members):
            groups[-1] = ("any_order", [*members, event])
        elif members and kind != "any_order" and all(order.exclusive(event, each) for each in members):
            groups[-1] = ("choice", [*members, event])
        else:
            groups.append(("step", [event]))
    return groups


def _group(behaviour: Behaviour, groups: list[tuple[Kind, list[str]]], number: int) -> Group:
    kind, members = groups[number]
    earlier = {event for _, events in groups[:number] for event in events}
    later = {event for _, events in groups[number + 1 :] for event in events}
    around = (set(groups[number - 1][1]) if number else set(), later)
    if kind == "choice":
        optional = _may_miss(_missed(behaviour, set(members), around), later)
        return Group(kind, tuple(_step(behaviour, event, around, earlier, alone=False) for event in members), optional)
    return Group(kind, tuple(_step(behaviour, event, around, earlier) for event in members))


def _step(
    behaviour: Behaviour, event: str, around: tuple[set[str], set[str]], earlier: set[str], *, alone: bool = True
) -> Step:
    customers = behaviour.seen[event]
    missed = _missed(behaviour, {event}, around)
    optional = alone and _may_miss(missed, around[1])
    return Step(
        event,
        customers,
        customers / behaviour.journeys,
        missed,
        bool(around[1]),
        behaviour.often[event] / customers,
        optional,
        None if optional else _wait(behaviour, event, earlier),
    )


def _missed(behaviour: Behaviour, wanted: set[str], around: tuple[set[str], set[str]]) -> float | None:
    """Return which share of those who went on (at the end: of those who came before) did none of the wanted."""
    before, later = around
    counted = {done: number for done, number in behaviour.done.items() if not (later or before).isdisjoint(done)}
    without = sum(number for done, number in counted.items() if wanted.isdisjoint(done))
    return without / sum(counted.values()) if counted else None


def _may_miss(missed: float | None, later: set[str]) -> bool:
    return missed is not None and missed > (LEFT_OUT if later else UNREACHED)


def _wait(behaviour: Behaviour, event: str, earlier: set[str]) -> Wait | None:
    """Return how long a step takes since the last of those before it; None: it is the first, or too few did it."""
    waits = []
    for first in behaviour.firsts:
        if event in first:
            before = [at for name, at in first.items() if name in earlier and at <= first[event]]
            waits += [first[event] - max(before)] if before else []
    for quantile, needed in QUANTILES:
        if len(waits) >= needed:
            observed = sorted(waits)[ceil(quantile * len(waits)) - 1]
            return Wait(quantile, observed, next((nice for nice in NICE if nice >= observed), observed), len(waits))
    return None
