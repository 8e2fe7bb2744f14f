"""Where a customer stands: the canonical state moved on through credited steps, and what is enabled there."""

from typing import NamedTuple

from services.journey.domain.judgement.course import Course


class Standing(NamedTuple):
    """A position in the path, times aside."""

    state: int
    places: tuple[int, ...]  # enabled, in document order
    steps: tuple[str, ...]  # their names, each once
    complete: bool  # no mandatory step remains
    credited: frozenset[int]  # places gone through on credit
    credits: frozenset[str]  # steps done too early that still lie ahead


def stand(course: Course, state: int, early: frozenset[str]) -> Standing:
    """Advance from the canonical state through enabled steps done too early; one credit a step, no new round."""
    graph = course.graph
    left = set(early)
    credited = []
    moved = bool(left)
    while moved:
        moved = False
        for place in graph.enabled(state):
            step = graph.places[place].step
            if step not in left:
                continue
            ways = [way for way in graph.targets(state, step) if way.place == place and not way.trail]
            if ways:
                state, moved = ways[0].state, True
                left.discard(step)
                credited.append(place)
                break
    places = graph.enabled(state)
    steps = tuple(dict.fromkeys(graph.places[place].step for place in places))
    return Standing(state, places, steps, graph.leave(state).skips == 0, frozenset(credited), frozenset(left))
