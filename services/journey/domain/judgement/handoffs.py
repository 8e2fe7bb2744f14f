"""Hand-offs: the next step belongs to another team than the last, and somebody of that team should speak up in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.journey.domain.engine.entries import EXTRA, Entry
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.fates import MISSING, Fields
from services.journey.domain.judgement.kept import Touch
from shared.events import Touchpoint

if TYPE_CHECKING:
    from services.journey.domain.judgement.run import Run


@dataclass(eq=False, slots=True)
class HandOff:
    """A change of owner on the way."""

    step: str  # the first enabled step of the new owner
    owner: str
    since: Touch  # the last match, of the former owner's step
    due: int
    met: bool = False  # the new owner spoke up in time
    ended: Touch | None = None  # the next contact, or step, after the due time


def owner_of(course: Course, step: str) -> str:
    """Return the team that owns a step: its own, else its stage's, else none."""
    return course.map.steps[step].owner or course.stages[course.stage_of[step]].owner


def hear(run: "Run", touchpoint: Touchpoint, touch: Touch) -> None:
    """Take a touchpoint as a contact, where it is one of the new owner's staff."""
    open_one = run.hand_off
    if open_one is None or open_one.met or touchpoint.actor != "staff":
        return
    if Fields(touchpoint).get("attributes.owner") not in {MISSING, open_one.owner}:
        return
    if touch.occurred_at > open_one.due:
        open_one.ended = touch
        run.broken.append(open_one)
    open_one.met = True


def watch(run: "Run", touch: Touch) -> None:
    """See whether a touchpoint changed whose turn it is."""
    last, now = run.hand_off, _hand_off(run)
    if last is not None and now is not None and (last.owner, last.since) == (now.owner, now.since):
        return
    if last is not None and not last.met and last.due < touch.occurred_at:
        last.ended = touch
        run.broken.append(last)
    run.hand_off = now


def _hand_off(run: "Run") -> HandOff | None:
    course, within = run.track.course, run.version.map.handoff_within
    entry: Entry | None = run.moment.prefix.best
    while entry is not None and entry.place == EXTRA:
        entry = entry.parent
    if entry is None or within is None:
        return None
    former = owner_of(course, entry.step)
    owners = {step: owner_of(course, step) for step in run.moment.standing.steps}
    named = [step for step, owner in owners.items() if owner]
    if not former or not named or former in owners.values():
        return None
    since = run.touch_at(entry.depth)
    return HandOff(named[0], owners[named[0]], since, since.occurred_at + within)


def broken_hand_offs(run: "Run", judged_until: int) -> Iterator[tuple[Draft, list[Touch], bool]]:
    """Return the hand-offs in which nobody spoke up in time."""
    broken = list(run.broken)
    last = run.hand_off
    if last is not None and run.ending is None and not last.met and last.due < judged_until:
        broken.append(last)
    for k, one in enumerate(broken, 1):
        numbers = (("owner", one.owner),)
        draft = Draft("handoff", "hand_off_break", one.step, 0, certain=True, proof=(), k=k, numbers=numbers)
        yield draft, [one.since] if one.ended is None else [one.since, one.ended], one.ended is not None
