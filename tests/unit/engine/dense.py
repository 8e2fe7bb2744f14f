"""The everyday oracle: optimal alignments by Dijkstra over residual paths. Slow, and shares no idea with the engine."""

from collections import Counter
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, TypeAlias

from services.journey.domain.maps.model import AnyOrder, Block, Choice, Optional, Repeat, StepBlock
from services.journey.domain.maps.model import Sequence as Series

Residual: TypeAlias = Any  # what is left of a path, as nested tuples; () is nothing
OVER: Residual = ()


def residual(block: Block) -> Residual:  # noqa: PLR0911  one for each kind of block
    """Return a whole block as what is left of it."""
    match block:
        case StepBlock(name):
            return ("step", name)
        case Series(blocks):
            return ("series", *(residual(inner) for inner in blocks))
        case Choice(branches):
            return ("choice", *(residual(inner) for inner in branches))
        case AnyOrder(branches):
            return ("parallel", *(residual(inner) for inner in branches))
        case Optional(body):
            return ("choice", residual(body), OVER)
        case Repeat(do, redo):
            again = residual(redo) if redo is not None else OVER
            return ("series", residual(do), ("again", again, residual(do)))
        case _:
            return OVER


def moves(left: Residual) -> Iterator[tuple[str | None, Residual]]:
    """Return the next moves of a residual: a visible step or None, and what is left after it."""
    if left == OVER:
        return
    kind, parts = left[0], left[1:]
    if kind == "step":
        yield str(parts[0]), OVER
    elif kind == "choice":
        yield from ((None, part) for part in parts)
    elif kind == "again":
        redo, do = parts
        yield None, OVER
        yield None, ("series", redo, do, left)
    elif kind == "series":
        yield from _series(parts)
    else:
        yield from _parallel(parts)


def _series(parts: Sequence[Residual]) -> Iterator[tuple[str | None, Residual]]:
    if not parts:
        yield None, OVER
    elif parts[0] == OVER:
        yield None, ("series", *parts[1:])
    elif len(parts) == 1:
        yield from moves(parts[0])
    else:
        yield from ((label, ("series", rest, *parts[1:])) for label, rest in moves(parts[0]))


def _parallel(parts: Sequence[Residual]) -> Iterator[tuple[str | None, Residual]]:
    if all(part == OVER for part in parts):
        yield None, OVER
    for index, part in enumerate(parts):
        for label, rest in moves(part):
            yield label, ("parallel", *parts[:index], rest, *parts[index + 1 :])


def costs(block: Block, trace: Sequence[frozenset[str]], extra: int, skip: int) -> tuple[list[int], int]:
    """Return the optimal cost after each touchpoint (a set of steps) and the complete cost."""
    begin = (0, residual(block))
    best: dict[tuple[int, Residual], int] = {begin: 0}
    queue: list[tuple[int, int, str, Residual]] = [(0, 0, "", begin[1])]
    while queue:
        cost, at, _, left = heappop(queue)
        if cost > best[(at, left)]:
            continue
        options = [(cost + extra, at + 1, left)] if at < len(trace) else []
        for label, rest in moves(left):
            options.append((cost + (skip if label is not None else 0), at, rest))
            if label is not None and at < len(trace) and label in trace[at]:
                options.append((cost, at + 1, rest))
        for option, place, rest in options:
            if option < best.get((place, rest), 1 << 60):
                best[(place, rest)] = option
                heappush(queue, (option, place, repr(rest), rest))
    prefixes = [min(cost for (at, _), cost in best.items() if at == length) for length in range(1, len(trace) + 1)]
    return prefixes, min(cost for (at, left), cost in best.items() if at == len(trace) and left == OVER)


Moves = frozenset[tuple[str, str, int]]  # a multiset of moves: ("+" or "-", step, 1st, 2nd, … time)


def _more(moves_so_far: Moves, sign: str, step: str) -> Moves:
    often = 1 + sum(move[:2] == (sign, step) for move in moves_so_far)
    return moves_so_far | {(sign, step, often)}


def common_moves(block: Block, trace: Sequence[str], extra: int, skip: int) -> dict[tuple[str, str], int]:
    """Return how often every optimal alignment of the trace as a prefix makes each move, by enumerating them all."""
    begin = (0, residual(block))
    ways: dict[tuple[int, Residual], tuple[int, set[Moves]]] = {begin: (0, {frozenset()})}
    changed = {begin}
    while changed:
        at, left = state = changed.pop()
        cost, multisets = ways[state]
        for price, sign, step, after in _options(at, left, trace, extra, skip):
            more = {_more(one, sign, step) if sign else one for one in multisets}
            known = ways.get(after)
            if known is None or cost + price < known[0]:
                ways[after] = (cost + price, more)
                changed.add(after)
            elif cost + price == known[0] and not more <= known[1]:
                known[1].update(more)
                changed.add(after)
    ends = [way for (at, _), way in ways.items() if at == len(trace)]
    least = min(cost for cost, _ in ends)
    common = frozenset.intersection(*(one for cost, multisets in ends if cost == least for one in multisets))
    return Counter((sign, step) for sign, step, _ in common)


def _options(
    at: int, left: Residual, trace: Sequence[str], extra: int, skip: int
) -> Iterator[tuple[int, str, str, tuple[int, Residual]]]:
    if at < len(trace):
        yield extra, "+", trace[at], (at + 1, left)
    for label, rest in moves(left):
        yield (skip if label is not None else 0), "-" if label is not None else "", label or "", (at, rest)
        if label is not None and at < len(trace) and label == trace[at]:
            yield 0, "", "", (at + 1, rest)
