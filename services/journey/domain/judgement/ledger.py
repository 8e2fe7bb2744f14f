"""What happened on the canonical way, in short: kept with each entry of the frontier; a touchpoint adds only itself."""

from typing import NamedTuple

from services.journey.domain.engine.entries import EXTRA, Entry
from services.journey.domain.judgement.course import Course


class Ledger(NamedTuple):
    """The canonical way so far."""

    first: dict[str, int]  # a step done -> the touchpoint that did it first
    extras: frozenset[str]
    used: frozenset[str]  # steps matched or skipped
    after: str | None  # the last matched step


START = Ledger({}, frozenset(), frozenset(), None)


def ledger_of(entry: Entry, course: Course) -> Ledger:
    """Return the ledger of an entry; each entry works it out once."""
    missing: list[Entry] = []
    at: Entry | None = entry
    while at is not None and at.ledger is None and at.parent is not None:
        missing.append(at)
        at = at.parent
    if missing:
        for late in reversed(missing):
            late.ledger = _extended(late, course)
    return entry.ledger if isinstance(entry.ledger, Ledger) else START


def _extended(entry: Entry, course: Course) -> Ledger:
    before = entry.parent.ledger if entry.parent is not None else None
    ledger = before if isinstance(before, Ledger) else START
    first = ledger.first if entry.step in ledger.first else {**ledger.first, entry.step: entry.depth}
    if entry.place == EXTRA:
        return Ledger(first, ledger.extras | {entry.step}, ledger.used, ledger.after)
    skipped = (course.graph.places[place].step for place in entry.trail if place >= 0)
    return Ledger(first, ledger.extras, ledger.used.union(skipped, (entry.step,)), entry.step)
