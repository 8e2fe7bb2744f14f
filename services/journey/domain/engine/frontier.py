"""The optimal alignments of a prefix: for each state the least cost, the canonical way in, the moves of all ways.

Exact by construction: a prefix keeps *every* state that costs no more than its bound, and when a touchpoint leaves
none, the bound of the whole prefix is raised. So a customer on the map carries the states of cost zero, and pruning
can never lose an alignment.

Tie rules (docs/judgement.md, "Aligning a path with the map"): least cost; fewest extras of a step not seen before; then
from the left, touchpoint by touchpoint, fewer skips, match before extra, document order; then fewer repeats begun;
then fewer steps enabled.
"""

from collections.abc import Iterable

from services.journey.domain.engine.entries import (
    EMPTY,
    Entry,
    Moves,
    Symbol,
    Weights,
    common_moves,
    with_moves,
)
from services.journey.domain.engine.graph import START, Graph, Target

SMALL = 64  # states of a frontier that may be kept beyond need
LIMIT = 1_000  # states of a frontier that are kept at all while customers wait

History = tuple[int, int, int, int]  # rank so far, skips, extra?, place
Option = tuple[int, History, int, Entry, Target | None, str]  # fresh, history, laps, parent, match, step


class Aligner:
    """One graph with its weights: the starting point of every prefix."""

    def __init__(
        self,
        graph: Graph,
        weights: Weights,
        ambiguous: frozenset[str] = frozenset(),
        *,
        sure: bool = True,
        limit: int = LIMIT,
    ) -> None:
        """Align on a graph; `ambiguous` steps share a touchpoint with another; `sure`: tell which moves are certain.

        Beyond `limit` states the costliest are let go: the alignment is then the best found, and nothing is certain.
        """
        self.limit = limit
        self.graph = graph
        self.sure = sure
        self.weights = weights
        self.ambiguous = ambiguous
        self.start = Prefix(self, None, None)


class Prefix:
    """The touchpoints so far, aligned."""

    __slots__ = ("_best", "_entries", "aligner", "bound", "depth", "exact", "overflow", "parent", "seen", "symbol")

    def __init__(self, aligner: Aligner, parent: "Prefix | None", symbol: Symbol | None) -> None:
        """Extend a prefix by a touchpoint; nothing is computed before it is asked for."""
        self.aligner = aligner
        self.parent = parent
        self.symbol = symbol
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.seen: frozenset[str] = frozenset()
        if parent is not None and symbol is not None:
            self.seen = parent.seen if parent.seen.issuperset(symbol.steps) else parent.seen.union(symbol.steps)
        self.bound = 0 if parent is None else -1
        self.overflow = 0
        self.exact = True  # no state was let go
        self._entries: list[Entry] = [Entry(START)] if parent is None else []
        self._best: Entry | None = None

    def child(self, symbol: Symbol) -> "Prefix":
        """Return this prefix with one touchpoint more."""
        return Prefix(self.aligner, self, symbol)

    @property
    def best(self) -> Entry:
        """The canonical explanation's last entry."""
        if self._best is None:
            entries = self.within(max(self.parent.bound, 0) if self.parent is not None else 0)
            while not entries:
                entries = self.within(self._raised())
            self._best = self._choose(entries)
        return self._best

    @property
    def size(self) -> int:
        """The number of states that are kept."""
        return len(self._entries)

    @property
    def cost(self) -> int:
        """The optimal cost of the prefix."""
        return self.best.cost

    def within(self, bound: int) -> list[Entry]:
        """Return every state that costs at most `bound`, raising the bound of the prefix where needed."""
        if self.parent is None or self.bound >= bound:
            return self._entries
        stale: list[Prefix] = [self]
        while stale[-1].parent is not None and stale[-1].parent.bound < bound:
            stale.append(stale[-1].parent)
        for prefix in reversed(stale):
            prefix.extend(bound)
        return self._entries

    def _raised(self) -> int:
        """Return the next bound: the least that helps, or half as much again where that costs little to keep.

        So a step repeated a thousand times does not raise the bound of a thousand touchpoints a thousand times.
        """
        small = self.parent is None or len(self.parent._entries) <= SMALL  # noqa: SLF001  its own class
        return max(self.overflow, self.bound + self.bound // 2) if small else self.overflow

    def extend(self, bound: int) -> None:
        """Work out the entries up to a bound that the prefix before already has."""
        if self.parent is not None and self.symbol is not None:
            step = _Step(self.aligner, self.symbol, bound, first=self.parent.seen.isdisjoint(self.symbol.steps))
            self._entries = step.take(self.parent._entries)  # noqa: SLF001  its own class
            self.overflow = step.overflow
            self.exact = self.parent.exact and not step.cut
        self.bound = bound
        self._best = None

    def certain(self) -> Moves:
        """Return the moves that every optimal alignment of the prefix makes."""
        cost = self.best.cost
        common: Moves | None = None
        for entry in self._entries:
            if entry.cost == cost:
                common = entry.certain if common is None else common_moves(common, entry.certain)
        return common if common is not None else EMPTY

    def finished(self) -> tuple[Entry, int]:
        """Return the canonical entry and cost when the journey is over: what is left of the path is skipped."""
        leave, weight = self.aligner.graph.leave, self.aligner.weights.map_only
        least = min(entry.cost + leave(entry.state).skips * weight for entry in (self.best, *self._entries))
        entries = self.within(least)
        least = min(entry.cost + leave(entry.state).skips * weight for entry in entries)
        final = [entry for entry in entries if entry.cost + leave(entry.state).skips * weight == least]
        return min(final, key=self._order), least

    def _choose(self, entries: list[Entry]) -> Entry:
        least = min(entry.cost for entry in entries)
        return min((entry for entry in entries if entry.cost == least), key=self._order)

    def _order(self, entry: Entry) -> tuple[int, int, int, int, tuple[int, ...]]:
        enabled = self.aligner.graph.enabled(entry.state)
        return (entry.fresh, entry.rank, entry.laps, len(enabled), enabled)


class _Step:
    """One touchpoint of the frontier."""

    def __init__(self, aligner: Aligner, symbol: Symbol, bound: int, *, first: bool) -> None:
        self._aligner = aligner
        self._symbol = symbol
        self._bound = bound
        self._extra = 0 if symbol.free else aligner.weights.customer_only
        self._fresh = 1 if first and not symbol.free else 0
        self._options: dict[tuple[int, frozenset[str]], tuple[int, list[Option]]] = {}
        self.overflow = 1 << 60  # the least cost beyond the bound
        self.cut = False  # states were let go

    def take(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries after the touchpoint."""
        graph, weight = self._aligner.graph, self._aligner.weights.map_only
        for entry in entries:
            stands_for = self._stands_for(entry)
            option = (entry.fresh + self._fresh, (entry.rank, 0, 1, 0), entry.laps, entry, None, stands_for)
            self._offer(entry.state, self._done(entry, stands_for), entry.cost + self._extra, option)
            for step in self._symbol.steps:
                for target in graph.targets(entry.state, step):
                    history = (entry.rank, target.skips, 0, target.place)
                    option_ = (entry.fresh, history, entry.laps + target.laps, entry, target, step)
                    self._offer(target.state, self._done(entry, step), entry.cost + target.skips * weight, option_)
        return self._settle()

    def _stands_for(self, entry: Entry) -> str:
        """Return the step that the touchpoint stands for as an extra: the first not done, or the first."""
        steps = self._symbol.steps
        return next((step for step in steps if step not in entry.done), steps[0]) if len(steps) > 1 else steps[0]

    def _done(self, entry: Entry, step: str) -> frozenset[str]:
        return entry.done | {step} if step in self._aligner.ambiguous else entry.done

    def _offer(self, state: int, done: frozenset[str], cost: int, option: Option) -> None:
        if cost > self._bound:
            self.overflow = min(self.overflow, cost)
            return
        known = self._options.get((state, done))
        if known is None or cost < known[0]:
            self._options[(state, done)] = (cost, [option])
        elif cost == known[0]:
            known[1].append(option)

    def _settle(self) -> list[Entry]:
        chosen = []
        if len(self._options) > self._aligner.limit:
            self._cut()
        for (state, done), (cost, options) in self._options.items():
            best = options[0] if len(options) == 1 else min(options, key=lambda option: option[:3])
            entry = self._entry(state, cost, best)
            entry.done = done
            if cost and self._aligner.sure:
                entry.certain = self._common(options)
            chosen.append((best[1], entry))
        ranks = {history: rank for rank, history in enumerate(sorted({history for history, _ in chosen}))}
        for history, entry in chosen:
            entry.rank = ranks[history]
        return [entry for _, entry in chosen]

    def _cut(self) -> None:
        """Keep the states that cost least; of as costly ones those that the tie rules prefer."""
        ordered = sorted(self._options.items(), key=lambda item: (item[1][0], min(option[:3] for option in item[1][1])))
        self._options = dict(ordered[: self._aligner.limit])
        self.cut = True

    def _entry(self, state: int, cost: int, option: Option) -> Entry:
        entry = Entry(state)
        entry.cost = cost
        entry.fresh, _, entry.laps, parent, target, entry.step = option
        entry.parent, entry.depth = parent, parent.depth + 1
        if target is not None:
            entry.place, entry.trail = target.place, target.trail
        else:
            entry.free = self._symbol.free
        return entry

    def _common(self, options: list[Option]) -> Moves:
        common: Moves | None = None
        for _, _, _, parent, target, step in options:
            moves = parent.certain
            if target is not None:
                moves = with_moves(moves, "-", target.common)
            elif not self._symbol.free:
                moves = with_moves(moves, "+", (step,))
            common = moves if common is None else common_moves(common, moves)
        return common if common is not None else EMPTY
