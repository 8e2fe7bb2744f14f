"""Ways through a part of the path: a match with the skips before it, or the cheapest way to finish.

A state names where a customer is inside a node of the path; `None` is "not begun". A *trail* lists what is gone through
before a match, in order: places skipped (>= 0) and repeats begun anew (`~repeat`, < 0).
"""

from typing import NamedTuple, TypeAlias

State: TypeAlias = "tuple[int, tuple[Inner, ...]]"
Inner: TypeAlias = "State | None"


class Exit(NamedTuple):
    """The cheapest way to finish a node: `common` are the steps skipped in every cheapest way, as a sorted multiset."""

    trail: tuple[int, ...]
    skips: int
    common: tuple[str, ...]


class Way(NamedTuple):
    """A match of one step: where, the state after it, and the skips before it."""

    place: int
    state: State
    trail: tuple[int, ...]
    skips: int
    common: tuple[str, ...]


NOTHING = Exit((), 0, ())


def both(one: Exit, two: Exit) -> Exit:
    """Return one exit after the other."""
    return Exit(one.trail + two.trail, one.skips + two.skips, tuple(sorted(one.common + two.common)))


def shared_steps(one: tuple[str, ...], two: tuple[str, ...]) -> tuple[str, ...]:
    """Return the multiset intersection of two sorted multisets of steps."""
    left = list(two)
    kept = []
    for step in one:
        if step in left:
            left.remove(step)
            kept.append(step)
    return tuple(kept)


def after(prefix: Exit, way: Way, state: State, laps: tuple[int, ...] = ()) -> Way:
    """Return the way with a prefix before it, as seen from the node around it."""
    return Way(
        way.place,
        state,
        prefix.trail + laps + way.trail,
        prefix.skips + way.skips,
        tuple(sorted(prefix.common + way.common)),
    )
