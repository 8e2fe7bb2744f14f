"""The shortest valid way on: fewest steps, then least planned time, then document order; requirements first.

A route completes the path from the position such that done and listed steps together hold everything they require.
"""

from collections.abc import Iterator, Mapping
from heapq import heapify, heappop, heappush
from itertools import islice, product
from typing import NamedTuple

from services.journey.domain.engine.blocks import AGAIN, ROUND, Fork, Loop, Maybe, Node, Parallel, Place, Series
from services.journey.domain.engine.ways import Inner
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.standing import Standing

WAYS_LIMIT = 256  # ways through undecided choices that are compared; beyond it, the first ones in document order
Steps = tuple[int, ...]  # places, in the order of the path


class Route(NamedTuple):
    """The way on, or what blocks it."""

    steps: tuple[tuple[str, str], ...]  # step and why
    catch_ups: tuple[str, ...]  # those that were passed over, or violated and enabled
    blocker: str | None = None


NO_ROUTE = Route((), ())


def find_route(course: Course, standing: Standing, first: Mapping[str, int]) -> Route:
    """Return the shortest way on from a standing, given the steps done."""
    best: tuple[tuple[int, int, list[int]], list[str], list[str]] | None = None
    state = course.graph.state(standing.state)
    for way in islice(_ways(course.tree, state, frozenset()), WAYS_LIMIT):
        found = _close(course, standing, way, first)
        if found is None:
            continue
        places, catch_ups = found
        listed = [*catch_ups, *_ordered(course, places)]
        time = sum(course.within(step) or 0 for step in listed)
        key = (len(listed), time, [course.order[step] for step in listed])
        if best is None or key < best[0]:
            best = (key, listed, catch_ups)
    if best is None:
        return Route((), (), "what the next steps require can no longer be reached")
    return Route(_explained(course, best[1], best[2], standing, first), tuple(best[2]))


def _close(course: Course, standing: Standing, way: Steps, first: Mapping[str, int]) -> tuple[Steps, list[str]] | None:
    """Add what the done and listed steps require: from ahead by going through it, else as a catch-up."""
    names = course.graph.places
    state = course.graph.state(standing.state)
    can_come = {names[place].step for place in course.graph.ahead(standing.state)}
    while True:
        listed = {names[place].step for place in way}
        needed = {need for step in (*first, *listed) for need in course.requires.get(step, ())} - first.keys()
        detour = (needed - listed) & can_come
        if not detour:
            break
        wider = next(_ways(course.tree, state, frozenset(detour | listed)), None)
        if wider is None or set(wider) == set(way):
            return None
        way = wider
    enabled = set(standing.places)
    late = {step for step in needed if step not in listed}
    late |= {
        step
        for step in needed & listed
        if not course.dependents[step].isdisjoint(first) and enabled.intersection(course.places_of[step])
    }
    rest = _unpaid(course, way, standing.credits)
    return tuple(place for place in rest if names[place].step not in late), _by_need(course, late)


def _unpaid(course: Course, way: Steps, credited: frozenset[str]) -> Steps:
    """Leave out what was done too early: one place for each credited step."""
    left = set(credited)
    rest = []
    for place in way:
        step = course.graph.places[place].step
        if step in left:
            left.discard(step)
        else:
            rest.append(place)
    return tuple(rest)


def _by_need(course: Course, steps: set[str]) -> list[str]:
    """Order steps so that each follows what it requires; else document order."""
    ordered: list[str] = []
    left = sorted(steps, key=course.order.__getitem__)
    while left:
        ready = next((step for step in left if course.requires[step].isdisjoint(left)), left[0])
        left.remove(ready)
        ordered.append(ready)
    return ordered


def _ordered(course: Course, places: Steps) -> list[str]:
    """Return the listed steps in the first order that the path and the requirements allow."""
    names = course.graph.places
    waits: dict[int, set[int]] = {place: set() for place in places}
    for late in places:
        for early in places:
            if early != late and (
                _before(course, early, late) or names[early].step in course.requires[names[late].step]
            ):
                waits[late].add(early)
    ready = [place for place in places if not waits[place]]
    heapify(ready)
    ordered: list[str] = []
    while ready:
        place = heappop(ready)
        ordered.append(names[place].step)
        for late, before in waits.items():
            if place in before:
                before.discard(place)
                if not before:
                    heappush(ready, late)
    return ordered if len(ordered) == len(places) else [names[place].step for place in places]


def _before(course: Course, early: int, late: int) -> bool:
    """Tell whether the path itself puts one place before another: they part in a series, or a redo comes first."""
    for (node, one), (_, other) in zip(course.parts[early].frames, course.parts[late].frames, strict=False):
        if one != other:
            return (isinstance(node, Series) and one < other) or (isinstance(node, Loop) and one > other)
    return False


def _ways(node: Node, state: Inner, wanted: frozenset[str]) -> Iterator[Steps]:
    """Return the ways to finish a node that go through every wanted step in it; optional blocks only for these."""
    match node:
        case Place():
            yield (node.index,) if state is None else ()
        case Series(blocks):
            at = state[0] if state is not None else 0
            parts = [
                (blocks[i], state[1][0] if state is not None and i == at else None) for i in range(at, len(blocks))
            ]
            yield from _joined(parts, wanted)
        case Parallel(branches):
            yield from _joined(
                [(branch, state[1][i] if state is not None else None) for i, branch in enumerate(branches)], wanted
            )
        case Fork(branches):
            yield from _branches(branches, state, wanted)
        case Maybe(block):
            if state is None and wanted.isdisjoint(place.step for place in block.inside()):
                yield ()
            else:
                yield from _ways(block, state, wanted)
        case Loop():
            phase, inner = (state[0], state[1][0]) if state is not None else (ROUND, None)
            yield from _joined([(node.redo, inner), (node.do, None)] if phase == AGAIN else [(node.do, inner)], wanted)
        case _:
            yield ()


def _joined(parts: list[tuple[Node, Inner]], wanted: frozenset[str]) -> Iterator[Steps]:
    ways = [list(islice(_ways(node, state, wanted), WAYS_LIMIT)) for node, state in parts]
    for chosen in islice(product(*ways), WAYS_LIMIT):
        yield tuple(place for way in chosen for place in way)


def _branches(branches: tuple[Node, ...], state: Inner, wanted: frozenset[str]) -> Iterator[Steps]:
    if state is not None:
        yield from _ways(branches[state[0]], state[1][0], wanted)
        return
    asked = [branch for branch in branches if not wanted.isdisjoint(place.step for place in branch.inside())]
    for branch in asked or branches:
        yield from _ways(branch, None, wanted)


def _explained(
    course: Course, listed: list[str], catch_ups: list[str], standing: Standing, first: Mapping[str, int]
) -> tuple[tuple[str, str], ...]:
    """Give every step of a route its reason."""
    explained: list[tuple[str, str]] = []
    known = set(first)
    for step in listed:
        needed_by = [late for late in (*first, *listed) if late != step and step in course.requires.get(late, ())]
        if step in catch_ups:
            how = "is still missing" if step in standing.steps else "was passed over"
            why = f"{how}; {course.title(needed_by[0])} needs it" if needed_by else how
        elif step in standing.steps:
            missing = [need for need in course.requires[step] if need not in known]
            why = (
                "next"
                if not missing
                else f"next, once {course.title(min(missing, key=course.order.__getitem__))} is done"
            )
        elif course.parts[course.places_of[step][0]].optional and needed_by:
            why = f"{course.title(needed_by[0])} needs it"
        else:
            why = f"follows {course.title(explained[-1][0])}" if explained else "next"
        explained.append((step, why))
        known.add(step)
    return tuple(explained)
