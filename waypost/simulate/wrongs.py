"""Where something can go wrong on a way so that there is one explanation for it, and only one.

A step left out: mandatory, its touchpoints clear, in no choice, with clear steps before it and after it, so
many that "they came too early" would explain it worse. A stall: the same kind of step, with time given by the map.
"""

from dataclasses import dataclass

from services.journey.domain.maps.model import JourneyMap
from shared.clock import DAY
from waypost.simulate.plan import Plan
from waypost.simulate.shapes import Shapes

LATER = 2  # touchpoints behind a step left out, at least


@dataclass(frozen=True, slots=True)
class Candidates:
    """The visits of a plan that can be left out, and those that can be overdue."""

    skips: tuple[int, ...]
    stalls: tuple[int, ...]


def candidates(map: JourneyMap, shapes: Shapes, plan: Plan) -> Candidates:
    """Return where a plan can go wrong; nowhere when any touchpoint of it might be taken for something else."""
    visits = plan.visits
    names = [visit.step for visit in visits]
    if len(set(names)) < len(names) or not all(shapes.steps[name].clear for name in names):
        return Candidates((), ())
    fit = [n for n, v in enumerate(visits) if v.after and v.after == v.counted and not (v.side or v.branch)]
    fit = [n for n in fit if not map.steps[visits[n].step].recurs and not _over(shapes, plan, n)]
    return Candidates(
        skips=tuple(n for n in fit if len(surely_after(plan, n)) >= needed(map)),
        stalls=tuple(n for n in fit if map.steps[visits[n].step].within),
    )


def _over(shapes: Shapes, plan: Plan, number: int) -> bool:
    """Tell whether the journey may have ended at a visit or before it, by an outcome that a step brings."""
    before = [n for n in range(len(plan.visits)) if n == number or n not in plan.followers(number)]
    return any(may_end(shapes, plan, n) for n in before)


def may_end(shapes: Shapes, plan: Plan, number: int) -> bool:
    """Tell whether a visit may end the journey: by a loss, or by a success after which nothing has to come."""
    return any(
        kind == "lost" or ends or (ends is None and not surely_after(plan, number))
        for kind, ends in shapes.steps[plan.visits[number].step].outcomes
    )


def needed(map: JourneyMap) -> int:
    """Return how many touchpoints must follow a step left out: so many that calling them extras costs more."""
    return max(LATER, map.map_only // map.customer_only + 1)


def telling(map: JourneyMap) -> int:
    """Return by which touchpoint behind a step left out that is the best explanation: the first, at equal costs."""
    return -(-map.map_only // map.customer_only)


def surely_after(plan: Plan, number: int) -> list[int]:
    """Return the mandatory visits that come after one."""
    return sorted(n for n in plan.followers(number) if not (plan.visits[n].side or plan.visits[n].branch))


def wanted_later(map: JourneyMap, plan: Plan, number: int) -> bool:
    """Tell whether a later visit requires one, by name or as a milestone: left out, it is owed and its clock runs."""
    step = map.steps[plan.visits[number].step]
    later = {plan.visits[n].step for n in plan.followers(number)}
    return step.milestone or any(step.name in map.steps[name].requires for name in later)


def overdue(within: int, lateness: int, *, spare: float) -> int:
    """Return by how much a stalled visit is late, from its due time; `spare` in [0, 1).

    More than a day by the watermark, not by the clock: it lags by the lateness, and a stall that was over before
    anybody could know of it raises no warning. Another day, so that a machine that is busy for a second may be.
    """
    return 2 * DAY + lateness + int(spare * within) // 1000 * 1000
