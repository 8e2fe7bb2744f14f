"""What became of each touchpoint: the way that a customer took, move by move, as the canonical explanation tells it.

The alignment's moves are its own: matched, customer only, map only (process mining: synchronous, log and model moves).
A touchpoint that was not aligned says why: the map ignores it, lacks it, welcomes it, or reads it as a failure.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from services.journey.domain.engine.entries import EXTRA, chain
from services.journey.domain.judgement.fates import ALIGNED_TYPES, CONTROL
from services.journey.domain.judgement.fold import Path
from services.journey.domain.judgement.kept import Touch, touch_of
from services.journey.domain.judgement.run import Run
from shared.events import Touchpoint

Kind: TypeAlias = Literal[
    "matched",
    "replaced",  # done in another way that the map accepts
    "customer_only",  # a step's touchpoint that finds no place here: an extra
    "map_only",  # a step that never came
    "failed",
    "decided",  # put off, taken up again, waived
    "anytime",  # welcome anywhere, or of a step that this customer need not do
    "noted",  # an outcome, an opening or a sign of life that is no step
    "unmapped",
    "ignored",
    "identity",  # says who somebody is
    "after_end",
]
Key: TypeAlias = tuple[str, str, int]  # source, event id, time: of a touchpoint


class Move(NamedTuple):
    """One move; `touchpoint` is None where the map alone moved."""

    kind: Kind
    step: str
    touchpoint: Touchpoint | None


class Way(NamedTuple):
    """The moves of one journey in history order."""

    run: Run
    moves: list[Move]


def ways_of(path: Path, history: Iterable[Touchpoint]) -> tuple[list[Way], list[Touchpoint]]:
    """Return the moves of each journey of a fold, and the touchpoints of none; `history` is what the fold took."""
    runs = path.runs()
    aligned = [_aligned(run) for run in runs]
    ways = [Way(run, []) for run in runs]
    others: list[Touchpoint] = []
    opened = {_key(run.opening): number for number, run in enumerate(runs)}
    on: dict[str | None, int] = {}  # the journey that opened last, by what keeps journeys apart
    last: int | None = None
    over: set[int] = set()
    for touchpoint in history:
        number = opened.get(_key(touchpoint))
        if number is not None:
            on[runs[number].key] = last = number
        else:
            known, key = path.belongs(touchpoint)
            number = on.get(key) if known else last if touchpoint.type not in ALIGNED_TYPES else None
        if number is None:
            others.append(touchpoint)
            continue
        found = aligned[number].get(_key(touchpoint))
        if found is None:
            ways[number].moves.append(_unaligned(runs[number], touchpoint, over=number in over))
        else:
            skipped, kind, step = found
            ways[number].moves.extend(Move("map_only", one, None) for one in skipped)
            ways[number].moves.append(Move(kind, step, touchpoint))
        if runs[number].ending == touch_of(touchpoint):
            over.add(number)
    return ways, others


def _key(touchpoint: Touchpoint | Touch) -> Key:
    return touchpoint.source, touchpoint.event_id, touchpoint.occurred_at


def _aligned(run: Run) -> dict[Key, tuple[list[str], Kind, str]]:
    """Return, by touchpoint, the steps that the map alone moved before it, and its own move."""
    places = run.track.course.graph.places
    found: dict[Key, tuple[list[str], Kind, str]] = {}
    for taken, entry in zip(run.taken, chain(run.moment.prefix.best), strict=True):
        skipped = [places[item].step for item in entry.trail if item >= 0]
        kind: Kind = "customer_only" if entry.place == EXTRA else "matched"
        step = entry.step or taken.role.symbol.steps[0]
        if kind == "matched" and step in taken.role.replaced:
            kind = "replaced"
        found[_key(taken.touch)] = (skipped, kind, step)
    return found


def _unaligned(run: Run, touchpoint: Touchpoint, *, over: bool) -> Move:
    if touchpoint.type not in ALIGNED_TYPES:
        return Move("identity", "", touchpoint)
    fate = run.version.fates.of(touchpoint)
    step = next(iter((*fate.failed, *fate.steps)), "")
    kinds: tuple[tuple[bool, Kind], ...] = (
        (touchpoint.event in CONTROL, "decided"),
        (fate.ignored, "ignored"),
        (over, "after_end"),
        (bool(fate.failed), "failed"),
        (bool(fate.steps) or fate.anytime, "anytime"),
        (fate.known, "noted"),
    )
    return Move(next((kind for holds, kind in kinds if holds), "unmapped"), step, touchpoint)
