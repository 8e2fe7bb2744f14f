"""Findings, stalls and waits in the words of those who read them: past tense, one clause, a full stop."""

from collections.abc import Callable
from dataclasses import replace

from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.draft import Draft
from shared.times import span_in_words

ORDINALS = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _skipped(course: Course, draft: Draft) -> str:
    if draft.alternatives:
        others = _and([course.title(step) for step in draft.alternatives])
        return f"Had neither {course.title(draft.step)} nor {others}."
    return f"Never had {course.title(draft.step)}."


def _prerequisite_skipped(course: Course, draft: Draft) -> str:
    came = course.title(draft.needed_by[0]) if draft.needed_by else "the next step"
    blocked = dict(draft.numbers).get("blocks", 0)
    text = f"Came to {came} without {course.title(draft.step)}."
    if not isinstance(blocked, int) or blocked == 0:
        return text
    return f"{text[:-1]}; {blocked} later {'step is' if blocked == 1 else 'steps are'} blocked."


def _optional_skipped(course: Course, draft: Draft) -> str:
    if draft.cost:
        return f"Passed {course.title(draft.step)} while it was not on this path."
    return f"Skipped {course.title(draft.step)}; nothing depends on it."


def _deferred(course: Course, draft: Draft) -> str:
    needed = f"; needed before {course.title(draft.needed_by[0])}" if draft.needed_by else ""
    return f"Put {course.title(draft.step)} off{needed}."


def _out_of_order(course: Course, draft: Draft) -> str:
    if draft.needed_by:
        return f"{course.title(draft.step)} came after {course.title(draft.needed_by[0])}, which needs it."
    if not draft.other:
        how = "early" if draft.came == "early" else "out of order"
        return f"{course.title(draft.step)} came {how}; no step was blocked."
    word = "before" if draft.came == "early" else "after"
    return f"{course.title(draft.step)} came {word} {course.title(draft.other)}; no step was blocked."


def _repeat(course: Course, draft: Draft) -> str:
    attempts = dict(draft.numbers).get("attempts", 2)
    if isinstance(attempts, int) and attempts < len(ORDINALS):
        return f"Made a {ORDINALS[attempts]} attempt at {course.title(draft.step)}."
    return f"Made {attempts} attempts at {course.title(draft.step)}."


def _regression(course: Course, draft: Draft) -> str:
    stage = course.stages[course.stage_of[draft.step]].name if draft.step in course.stage_of else ""
    return f"Went back to {course.title(draft.step)}{f' in {stage}' if stage else ''} from a later stage."


def _ad_hoc(course: Course, draft: Draft) -> str:
    if draft.cost:
        return f"Did {course.title(draft.step)}, of a way not taken."
    if draft.step in course.map.steps:
        return f"Did {course.title(draft.step)}, which was not planned."
    return f"Had {draft.step}, which is welcome at any time."


def _unmapped(course: Course, draft: Draft) -> str:
    count = dict(draft.numbers).get("count", 1)
    return f"Did {draft.step}{_times(count)}, which the map {course.map.title or course.map.name} lacks."


def _replaced(course: Course, draft: Draft) -> str:
    by = dict(draft.numbers).get("by", "something else")
    return f"{by} took the place of {course.title(draft.step)}."


def _failed(course: Course, draft: Draft) -> str:
    count = dict(draft.numbers).get("attempts", 1)
    return f"{course.title(draft.step)} failed{_times(count)}."


def _times(count: int | str) -> str:
    return "" if count == 1 else " twice" if count == 2 else f" {count} times"


def _tangle(_course: Course, draft: Draft) -> str:
    numbers = dict(draft.numbers)
    return f"Made {numbers.get('moves')} moves in {draft.step} where {numbers.get('suffice')} suffice."


def _channel_switch(_course: Course, draft: Draft) -> str:
    channels = str(dict(draft.numbers).get("channels", "")).split(", ")
    return f"Brought up the same issue by {_and(channels)}."


def _hand_off_break(course: Course, draft: Draft) -> str:
    within = course.map.handoff_within or 0
    owner = dict(draft.numbers).get("owner", "the new owner")
    return f"Had no contact from the new owner, {owner}, for more than {span_in_words(within)}."


_TEXTS: dict[str, Callable[[Course, Draft], str]] = {
    "skipped": _skipped,
    "prerequisite_skipped": _prerequisite_skipped,
    "optional_skipped": _optional_skipped,
    "deferred": _deferred,
    "out_of_order": _out_of_order,
    "repeat": _repeat,
    "regression": _regression,
    "ad_hoc": _ad_hoc,
    "unmapped": _unmapped,
    "replaced": _replaced,
    "failed": _failed,
    "tangle": _tangle,
    "hand_off_break": _hand_off_break,
    "channel_switch": _channel_switch,
}


def worded(course: Course, draft: Draft) -> Draft:
    """Return a finding with what a CSM reads of it."""
    text = _TEXTS[draft.kind](course, draft)
    return replace(draft, text=text[:1].upper() + text[1:])


def describe_stall(course: Course, step: str, threshold: int, *, ended: bool, endangers: bool) -> str:
    """Return what a CSM reads of an overdue wait; `endangers`: it is beyond its boundary, the outcome not reached."""
    if ended:
        return f"Waited for {course.title(step)} longer than the {span_in_words(threshold)} planned."
    said = f"Has waited for {course.title(step)} longer than the {span_in_words(threshold)} planned."
    return f"{said} The outcome may be out of reach." if endangers else said
