"""When the visits of a plan happen: each within the time that the map gives it, parallel branches at their own pace."""

from dataclasses import dataclass

from services.journey.domain.maps.model import JourneyMap
from shared.clock import DAY, SECOND
from waypost.simulate.dice import Dice
from waypost.simulate.plan import Plan

USUAL = 2 * DAY  # for a step that the map gives no time
SOONEST, LATEST = 0.1, 0.6  # share of its time that a visit takes
AT_MOST = 0.85  # share of its time, measured from where its clock runs, that no healthy visit exceeds
ASIDE = (0.02, 0.06)  # share of the shortest time of the map that a visit beside the main way takes


@dataclass(frozen=True, slots=True)
class Walk:
    """The visits that happen, with their times in microseconds after the opening; and how long the clocks ran."""

    plan: Plan
    at: dict[int, int]
    enabled: dict[int, int]  # when a visit's clock began, also for those that never happen


@dataclass(frozen=True, slots=True)
class Wrong:
    """What goes wrong on a walk: one visit left out, or one overdue by so much (None: it never happens)."""

    visit: int
    skipped: bool
    over: int | None = None


def shortest(map: JourneyMap) -> int:
    """Return the shortest time that the map gives any step."""
    return min((step.within for step in map.steps.values() if step.within), default=USUAL)


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody walks."""

    wrong: Wrong | None = None
    opened: bool = False  # by the first visit itself
    hurry: bool = False  # every visit soon after the one before


def walk(map: JourneyMap, plan: Plan, chance: Dice, manner: Manner) -> Walk | None:
    """Give every visit its time; None where the times of this throw do not fit the map: throw again."""
    return _Walker(map, plan, chance, manner).walk()


class _Walker:
    def __init__(self, map: JourneyMap, plan: Plan, chance: Dice, manner: Manner) -> None:
        self._map, self._plan, self._chance, self._manner = map, plan, chance, manner
        self._wrong = manner.wrong
        self._unit = shortest(map)
        self._at: dict[int, int] = {}
        self._enabled: dict[int, int] = {}
        self._open: set[int] = set()

    def walk(self) -> Walk | None:
        never = self._never()
        for number in range(len(self._plan.visits)):
            if number not in never and self._time(number) is None:
                return None
        if not self._in_time(never):
            return None
        skipped = {self._wrong.visit} if self._wrong and self._wrong.skipped else set()
        happened = {n: at for n, at in self._at.items() if n not in never | skipped}
        if len(set(happened.values())) < len(happened):
            return None
        return Walk(self._plan, happened, self._enabled)

    def _never(self) -> set[int]:
        wrong = self._wrong
        if wrong is None or wrong.skipped or wrong.over is not None:
            return set()
        self._time_before(wrong.visit)
        return {wrong.visit, *self._plan.followers(wrong.visit)}

    def _time_before(self, number: int) -> int | None:
        """Note when the clock of a visit begins and return the earliest moment for it."""
        visit = self._plan.visits[number]
        if number in self._open:
            return None  # requirements in a circle
        self._open.add(number)
        times = {n: self._time(n) for n in {*visit.after, *visit.counted}}
        self._open.discard(number)
        if any(time is None for time in times.values()):
            return None
        self._enabled[number] = max((times[n] or 0 for n in visit.counted), default=0)
        return max((time or 0 for time in times.values()), default=0)

    def _time(self, number: int) -> int | None:
        if number not in self._at:
            earliest = self._time_before(number)
            if earliest is None:
                return None
            self._at[number] = earliest + self._dwell(number)
        return self._at[number]

    def _dwell(self, number: int) -> int:
        visit, wrong = self._plan.visits[number], self._wrong
        within = self._map.steps[visit.step].within
        if wrong and wrong.visit == number:
            if wrong.skipped:
                return SECOND
            return (within or 0) + (wrong.over or 0)
        if self._manner.opened and not visit.after:
            return 0
        if visit.side or self._manner.hurry:
            return self._share(*ASIDE, self._unit)
        if wrong and wrong.skipped and wrong.visit in visit.after:
            patience = self._map.steps[self._plan.visits[wrong.visit].step].within
            within = min(within or USUAL, patience or USUAL)
        return self._share(SOONEST, LATEST, within or USUAL)

    def _share(self, least: float, most: float, whole: int) -> int:
        milliseconds = int(self._chance.uniform(least, most) * whole) // 1000
        return max(milliseconds * 1000, SECOND)

    def _in_time(self, never: set[int]) -> bool:
        """Tell whether every visit but the wrong one comes well before its due time."""
        for number, at in self._at.items():
            within = self._map.steps[self._plan.visits[number].step].within
            wrong = self._wrong is not None and self._wrong.visit == number
            if within and number not in never and not wrong and at > self._enabled[number] + AT_MOST * within:
                return False
        return True
