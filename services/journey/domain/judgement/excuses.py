"""Steps passed while they were dropped: they cost what they cost, and are nobody's fault.

A persona's change leaves such steps as good as done; one put off and taken up again is still owed.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from services.journey.domain.engine.entries import EXTRA, chain
from services.journey.domain.judgement.deviations import deviations
from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.route import Route, find_route
from services.journey.domain.judgement.texts import worded
from services.journey.domain.judgement.waits import Clocks, clocks

if TYPE_CHECKING:
    from services.journey.domain.judgement.run import Run


def excused(run: "Run") -> frozenset[str]:
    """Return the steps that were passed while the then persona dropped them, or while they were put off."""
    places = run.track.course.graph.places
    skipped = (
        (places[place].step, run.touch_at(index).occurred_at)
        for index, entry in enumerate(chain(run.moment.prefix.best), 1)
        if entry.place != EXTRA
        for place in entry.trail
        if place >= 0
    )
    return frozenset(step for step, at in skipped if _was_dropped(run, step, at))


def _was_dropped(run: "Run", step: str, at: int) -> bool:
    then = next((dropped for until, dropped in run.changes if at < until), frozenset())
    return step in then or any(
        one.step == step and one.ended is not None and one.touch.occurred_at <= at < one.ended.occurred_at
        for one in run.deferrals
    )


def _as_good_as_done(run: "Run") -> dict[str, int] | None:
    steps = excused(run) if run.changes else frozenset()
    return {**run.moment.first, **dict.fromkeys(steps, 0)} if steps else None


def drafts_of(run: "Run") -> tuple[Draft, ...]:
    """Return the findings of the alignment."""
    steps = excused(run) if run.changes or run.deferrals else frozenset()
    if not steps:
        return run.moment.drafts
    moment, course = run.moment, run.track.course
    first = {**moment.first, **dict.fromkeys(steps, 0)}
    drafts = (
        replace(draft, kind="optional_skipped") if draft.step in steps and draft.kind == "skipped" else draft
        for draft in deviations(course, moment.prefix, moment.standing, first)
    )
    return tuple(worded(course, draft) for draft in drafts)


def route_of(run: "Run") -> Route:
    """Return the way on."""
    first = _as_good_as_done(run)
    return run.moment.route if first is None else find_route(run.track.course, run.moment.standing, first)


def clocks_of(run: "Run") -> Clocks:
    """Return what is waited for."""
    first = _as_good_as_done(run)
    if first is None:
        return run.moment.clocks
    return clocks(run.track.course, run.moment.standing, route_of(run), first)
