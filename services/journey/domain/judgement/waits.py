"""Which places a customer's clock runs for, and which of them decides: absence, as far as it follows from the path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from services.journey.domain.engine.blocks import AGAIN, ROUND, Fork, Loop, Maybe, Node, Parallel, Place, Series
from services.journey.domain.engine.ways import Inner
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.route import Route
from services.journey.domain.judgement.standing import Standing

Awaited: TypeAlias = "int | Latest"  # a place, or the branches of an undecided choice


@dataclass(frozen=True)
class Latest:
    """An undecided choice: overdue when the branch with the most time is; within a branch the earliest counts."""

    branches: "tuple[tuple[Awaited, ...], ...]"


class Clocks(NamedTuple):
    """What a moment waits for."""

    watched: frozenset[int]  # enabled places, and catch-ups that keep their clock
    awaited: tuple[Awaited, ...]  # any of them may be overdue: those that have a time to be overdue at
    starts: dict[
        int, int | None
    ]  # of a blocked place: the touchpoint that did its last requirement; None: it is blocked
    stage: str | None  # that of the first enabled mandatory step


def clocks(course: Course, standing: Standing, route: Route, first: Mapping[str, int]) -> Clocks:
    """Return what is waited for in a standing."""
    awaited = tuple(_awaited(course.tree, course.graph.state(standing.state)))
    mandatory = sorted(place for one in awaited for place in leaves(one))
    catch_ups = tuple(
        place
        for step in route.catch_ups
        for place in course.places_of[step]
        if place not in standing.places and not course.parts[place].optional
    )
    watched = frozenset(standing.places) | frozenset(catch_ups)
    starts: dict[int, int | None] = {}
    for place in watched if course.constrained else ():
        needs = course.requires[course.graph.places[place].step]
        if needs:
            starts[place] = max(first[step] for step in needs) if needs <= first.keys() else None
    stage = course.stages[course.graph.places[mandatory[0]].stage].name if mandatory else ""
    timed = tuple(one for one in (*awaited, *catch_ups) if _timed(course, one))
    return Clocks(watched, timed, starts, stage or None)


def _timed(course: Course, awaited: Awaited) -> bool:
    """Tell whether there is a time at which it is overdue; a branch without one has all the time in the world."""
    if isinstance(awaited, int):
        return course.thresholds[awaited] is not None
    return all(any(_timed(course, one) for one in branch) for branch in awaited.branches)


def leaves(awaited: Awaited) -> Iterator[int]:
    """Return the places in what is awaited."""
    if isinstance(awaited, int):
        yield awaited
    else:
        for branch in awaited.branches:
            for one in branch:
                yield from leaves(one)


def _awaited(node: Node, state: Inner) -> Iterator[Awaited]:  # noqa: C901  one case for each kind of node
    match node:
        case Place():
            if state is None:
                yield node.index
        case Series(blocks):
            at = state[0] if state is not None else 0
            for index in range(at, len(blocks)):
                inner = state[1][0] if state is not None and index == at else None
                yield from _awaited(blocks[index], inner)
                if not blocks[index].free(inner):
                    return
        case Parallel(branches):
            for index, branch in enumerate(branches):
                yield from _awaited(branch, state[1][index] if state is not None else None)
        case Fork(branches):
            yield from _choice(node, branches, state)
        case Maybe(block):
            if state is not None:
                yield from _awaited(block, state)
        case Loop():
            yield from _round(node, state)
        case _:
            pass


def _choice(node: Fork, branches: tuple[Node, ...], state: Inner) -> Iterator[Awaited]:
    if state is not None:
        yield from _awaited(branches[state[0]], state[1][0])
    elif not node.free(None):
        yield Latest(tuple(tuple(_awaited(branch, None)) for branch in branches))


def _round(node: Loop, state: Inner) -> Iterator[Awaited]:
    phase, inner = (state[0], state[1][0]) if state is not None else (ROUND, None)
    if phase == AGAIN:
        yield from _awaited(node.redo, inner)
        if not node.redo.free(inner):
            return
        inner = None
    yield from _awaited(node.do, inner)
