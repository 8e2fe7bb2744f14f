"""The states of a map's path, numbered as they are reached, with the matches that lead from one to the next."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from services.journey.domain.engine.blocks import Node, Place
from services.journey.domain.engine.ways import Exit, Inner, State, Way, shared_steps

START = 0  # the state before the first visible step
Value = TypeVar("Value")


class Target(NamedTuple):
    """A match from a state: where, the state after it, what is gone through before it (see `blocks`)."""

    place: int
    state: int
    trail: tuple[int, ...]
    skips: int
    common: tuple[str, ...]  # the steps skipped in every cheapest way to this state
    laps: int  # repeats begun anew


class Graph:
    """The lazily built state graph of one tree. Grows with what is asked, never by the product of parallel branches."""

    def __init__(self, root: Node) -> None:
        """Begin with the start state alone."""
        self.root = root
        self.places: dict[int, Place] = {place.index: place for place in root.inside()}
        self.steps = frozenset(place.step for place in root.inside())
        self._states: list[Inner] = [None]
        self._numbers: dict[Inner, int] = {None: START}
        self._targets: dict[tuple[int, str], tuple[Target, ...]] = {}
        self._enabled: dict[int, tuple[int, ...]] = {}
        self._ahead: dict[int, frozenset[int]] = {}
        self._leave: dict[int, Exit] = {}

    @property
    def size(self) -> int:
        """The number of states found so far."""
        return len(self._states)

    def state(self, number: int) -> Inner:
        """Return the state that a number stands for."""
        return self._states[number]

    def number(self, state: Inner) -> int:
        """Return the number of a state."""
        known = self._numbers.get(state)
        if known is None:
            known = self._numbers[state] = len(self._states)
            self._states.append(state)
        return known

    def targets(self, number: int, step: str) -> tuple[Target, ...]:
        """Return the cheapest match of a step into each state it can lead to."""
        key = (number, step)
        found = self._targets.get(key)
        if found is None:
            found = self._targets[key] = self._find(number, step)
        return found

    def _find(self, number: int, step: str) -> tuple[Target, ...]:
        best: dict[State, Way] = {}
        for way in self.root.enter(self._states[number], step):
            known = best.get(way.state)
            if known is None or way.skips < known.skips:
                best[way.state] = way
            elif way.skips == known.skips:
                chosen = min(known, way, key=_order)
                best[way.state] = chosen._replace(common=shared_steps(known.common, way.common))
        return tuple(
            Target(way.place, self.number(way.state), way.trail, way.skips, way.common, len(way.trail) - way.skips)
            for way in best.values()
        )

    def enabled(self, number: int) -> tuple[int, ...]:
        """Return the places that can be matched next without a skip, in document order."""
        return _remember(self._enabled, number, lambda: tuple(sorted(set(self.root.enabled(self._states[number])))))

    def ahead(self, number: int) -> frozenset[int]:
        """Return the places still to come in the rounds begun."""
        return _remember(self._ahead, number, lambda: frozenset(self.root.ahead(self._states[number])))

    def leave(self, number: int) -> Exit:
        """Return the cheapest way to the end."""
        return _remember(self._leave, number, lambda: self.root.leave(self._states[number]))


def _order(way: Way) -> tuple[int, int, tuple[int, ...]]:
    """Order ways into one state with as many skips: fewer repeats begun, then document order."""
    return (way.place, len(way.trail) - way.skips, way.trail)


def _remember(memo: dict[int, Value], key: int, find: Callable[[], Value]) -> Value:
    found = memo.get(key)
    if found is None:
        found = memo[key] = find()
    return found
