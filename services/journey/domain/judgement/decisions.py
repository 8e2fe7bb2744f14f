"""What a person decides about a step by hand: it was done, is waived, is put off, is taken up again."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from services.journey.domain.judgement.kept import Deferral, Taken, Touch
from shared.events import Touchpoint

if TYPE_CHECKING:
    from services.journey.domain.judgement.run import Run

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def decide(run: "Run", touchpoint: Touchpoint, touch: Touch, person: object) -> None:
    """Act on the step that a control event names; of a step unknown or done it says nothing."""
    attributes = msgspec.json.decode(touchpoint.attributes)
    step = attributes.get("step") if isinstance(attributes, dict) else None
    if not isinstance(step, str) or step not in run.version.map.steps:
        return
    put_off = next((one for one in run.deferrals if one.step == step and not one.closed), None)
    match touchpoint.event:
        case "Step Resumed":
            if put_off is not None:
                resume(run, put_off, touch)
        case "Step Done":
            _assert_done(run, step, put_off, touch, person)
        case "Step Waived":
            if put_off is not None:
                put_off.ended = touch
            else:
                _drop(run, step, touch)
        case _:
            _defer(run, step, put_off, touch, _time(attributes.get("until")))


def _assert_done(run: "Run", step: str, put_off: Deferral | None, touch: Touch, person: object) -> None:
    course = run.track.course
    if put_off is not None:
        run.stray(step, touch)
    elif step in course.order and step not in run.moment.first:
        role = course.role_of_steps((step,), frozenset())
        if role is not None:
            run.align(Taken(touch, role, person))


def _defer(run: "Run", step: str, put_off: Deferral | None, touch: Touch, until: int | None) -> None:
    if put_off is not None:
        put_off.until = until
    elif _drop(run, step, touch):
        run.deferrals.append(Deferral(step, touch, until))


def _drop(run: "Run", step: str, touch: Touch) -> bool:
    """Take a step away that is not done; tell whether there was one."""
    first = run.moment.first
    if step not in run.track.course.order or step in first:
        return False
    run.drops = (*run.drops, (step, frozenset(first)))
    run.realign(touch)
    return True


def resume(run: "Run", deferral: Deferral, touch: Touch) -> None:
    """Bring a step back that was put off."""
    deferral.ended = touch
    run.drops = tuple(drop for drop in run.drops if drop[0] != deferral.step)
    run.realign(touch)


def _time(value: object) -> int | None:
    """Return an ISO 8601 time, or microseconds, as microseconds UTC; None where it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        moment = msgspec.convert(value, type=datetime)
    except msgspec.ValidationError:
        return None
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)
