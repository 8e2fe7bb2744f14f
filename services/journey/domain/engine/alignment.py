"""Alignment of plain traces with a map, for process-mining logs: costs after every touchpoint, complete cost, moves.

A trace is a list of event names; opening, end, personas and free extras do not exist here. An event that matches no
step costs `customer_only` where the map counts what it does not know (`unmapped: count`, which the field's reference
computations assume), else nothing; it is then no move either.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.journey.domain.engine.build import build
from services.journey.domain.engine.entries import EXTRA, Entry, Symbol, Weights, chain
from services.journey.domain.engine.frontier import Aligner, Prefix
from services.journey.domain.engine.graph import Graph
from services.journey.domain.maps.model import JourneyMap, Step

Move = dict[str, str]  # {"matched": step} | {"customer_only": event} | {"map_only": step}
MEMO_LIMIT = 200_000  # prefixes kept for traces to come


@dataclass(frozen=True)
class Aligned:
    """One trace against the map."""

    prefix_costs: tuple[int, ...]  # the optimal cost after each touchpoint
    complete_cost: int  # the optimal cost of the trace as a finished journey
    moves: tuple[Move, ...]  # the canonical explanation of the finished journey; empty unless asked for


class TraceAligner:
    """A map ready to align traces; traces that begin alike share their work."""

    def __init__(self, map: JourneyMap) -> None:
        """Prepare a map. Matchers count by event name alone: a trace has nothing else."""
        self._weights = Weights(map.customer_only, map.map_only)
        self._graph = Graph(build(map.stages))
        self._symbols = _symbols(map, self._graph)
        self._ignored = _known_otherwise(map) - self._symbols.keys()
        self._unknown = self._weights.customer_only if map.unmapped == "count" else 0
        shared = (symbol.steps for symbol in self._symbols.values() if len(symbol.steps) > 1)
        self._aligner = Aligner(
            self._graph, self._weights, frozenset(step for steps in shared for step in steps), sure=False, limit=1 << 30
        )
        self._children: dict[tuple[int, Symbol], Prefix] = {}

    def align(self, trace: Sequence[str], *, explain: bool = False) -> Aligned:
        """Return the exact costs of a trace and, where asked, its canonical explanation."""
        if len(self._children) > MEMO_LIMIT:
            self._children.clear()
        prefix, unknown = self._aligner.start, 0
        costs = []
        for event in trace:
            symbol = self._symbols.get(event)
            if symbol is None:
                unknown += 0 if event in self._ignored else self._unknown
            else:
                prefix = self._child(prefix, symbol)
            costs.append(prefix.cost + unknown)
        last, complete = prefix.finished()
        return Aligned(tuple(costs), complete + unknown, self._moves(trace, last) if explain else ())

    def _child(self, prefix: Prefix, symbol: Symbol) -> Prefix:
        key = (id(prefix), symbol)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = prefix.child(symbol)
        return child

    def _moves(self, trace: Sequence[str], last: Entry) -> tuple[Move, ...]:
        entries = iter(chain(last))
        moves: list[Move] = []
        for event in trace:
            entry = next(entries) if event in self._symbols else None
            if entry is None:
                moves += [{"customer_only": event}] if self._unknown and event not in self._ignored else []
            elif entry.place == EXTRA:
                moves.append({"customer_only": event})
            else:
                moves += self._skipped(entry.trail)
                moves.append({"matched": entry.step})
        return (*moves, *self._skipped(self._graph.leave(last.state).trail))

    def _skipped(self, trail: tuple[int, ...]) -> list[Move]:
        return [{"map_only": self._graph.places[place].step} for place in trail if place >= 0]


def _symbols(map: JourneyMap, graph: Graph) -> dict[str, Symbol]:
    """Return the symbol of every event name that can match a step of the path."""
    steps: dict[str, list[str]] = {}
    for name, step in map.steps.items():
        for event in _events(step) if name in graph.steps else ():
            if name not in steps.setdefault(event, []):
                steps[event].append(name)
    return {event: Symbol(tuple(names)) for event, names in steps.items()}


def _known_otherwise(map: JourneyMap) -> frozenset[str]:
    """Return the events that the map knows without a step of their own: they are never extras."""
    failures = (matcher for step in map.steps.values() for matcher in step.failed_by)
    outcomes = (outcome.matcher for outcome in map.outcomes)
    signs = map.healthy.match if map.healthy is not None else ()
    known = (*map.ignore, *map.anytime, *map.opens_on, *failures, *outcomes, *signs)
    return frozenset(matcher.event for matcher in known)


def _events(step: Step) -> list[str]:
    return [matcher.event for matcher in (*step.match, *step.replaced_by) if matcher.event] or [step.name]
