"""When a wait is due, and what is overdue."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from services.journey.domain.judgement.waits import Awaited, Clocks

if TYPE_CHECKING:
    from services.journey.domain.judgement.kept import Touch
    from services.journey.domain.judgement.run import Run


class Due(NamedTuple):
    """A wait that ends badly unless its step is done in time."""

    at: int
    place: int
    step: str
    started: "Touch"  # the touchpoint that started the clock
    start: int  # when the clock started
    threshold: int


@dataclass(frozen=True)
class Overdue:
    """A wait past its due time."""

    due: Due
    k: int  # the k-th overdue wait of that step
    ended_at: int | None = None

    def end(self, at: int) -> "Overdue":
        """Return the wait as ended."""
        return replace(self, ended_at=at)


def due_times(run: "Run", clocks: Clocks) -> tuple[Due, ...]:
    """Return the due time of each thing a journey waits for, in document order; without a threshold there is none."""
    return tuple([due for one in clocks.awaited if (due := _due(run, clocks, one)) is not None])


def _due(run: "Run", clocks: Clocks, awaited: Awaited) -> Due | None:
    if isinstance(awaited, int):
        return _of_place(run, clocks, awaited)
    latest: Due | None = None
    for branch in awaited.branches:
        due = _earliest(_due(run, clocks, one) for one in branch)
        if due is None:
            return None  # a branch without a threshold has all the time in the world
        if latest is None or due.at > latest.at:
            latest = due
    return latest


def _earliest(dues: "Iterable[Due | None]") -> Due | None:
    return min((due for due in dues if due is not None), key=lambda due: due.at, default=None)


def _of_place(run: "Run", clocks: Clocks, place: int) -> Due | None:
    course = run.track.course
    threshold = course.thresholds[place]
    if threshold is None:
        return None
    started = run.waits.get(place)
    if started is None:
        return None
    if place in clocks.starts:
        index = clocks.starts[place]
        if index is None:
            return None  # blocked: its clock starts with its last requirement
        started = max(started, run.touch_at(index), key=lambda touch: touch.occurred_at)
    start = started.occurred_at
    if run.clocks_from is not None and run.clocks_from.occurred_at > start:
        started, start = run.clocks_from, run.clocks_from.occurred_at
    return Due(start + threshold, place, course.graph.places[place].step, started, start, threshold)
