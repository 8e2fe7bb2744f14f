"""What the frontier is made of: symbols, weights, and entries that link back to the beginning."""

from collections.abc import Mapping
from dataclasses import dataclass

Moves = Mapping[tuple[str, str], int]  # ("+" extra or "-" skip, step): how often
EXTRA = -1  # the place of a touchpoint that matches nothing
EMPTY: Moves = {}


@dataclass(frozen=True, eq=False)
class Symbol:
    """What a touchpoint is to the alignment: the steps it can be, in document order; `free`: an extra costs nothing.

    Compared by identity: make each once.
    """

    steps: tuple[str, ...]
    free: bool = False


@dataclass(frozen=True)
class Weights:
    """The integer costs of a move."""

    customer_only: int = 1
    map_only: int = 1


class Entry:
    """The best way into one state after one touchpoint: a link to the entry before it, and the moves between."""

    __slots__ = (
        "certain",
        "cost",
        "depth",
        "done",
        "free",
        "fresh",
        "laps",
        "ledger",
        "parent",
        "place",
        "rank",
        "state",
        "step",
        "trail",
    )

    def __init__(self, state: int) -> None:
        """Begin at a state, before any touchpoint."""
        self.state = state
        self.cost = self.fresh = self.laps = self.rank = 0
        self.parent: Entry | None = None
        self.place = EXTRA
        self.step = ""
        self.free = False
        self.trail: tuple[int, ...] = ()
        self.done: frozenset[str] = frozenset()
        self.certain = EMPTY
        self.depth = 0  # touchpoints so far
        self.ledger: object = None  # room for what the judgement works out once for each entry


def with_moves(moves: Moves, sign: str, steps: tuple[str, ...]) -> Moves:
    """Add moves to a multiset."""
    if not steps:
        return moves
    more = dict(moves)
    for step in steps:
        more[sign, step] = more.get((sign, step), 0) + 1
    return more


def common_moves(one: Moves, other: Moves) -> Moves:
    """Return what two multisets share."""
    if one is other:
        return one
    return {move: min(often, other[move]) for move, often in one.items() if move in other}


def chain(entry: Entry) -> list[Entry]:
    """Return the entries from the first touchpoint to this one."""
    entries = []
    at: Entry | None = entry
    while at is not None and at.parent is not None:
        entries.append(at)
        at = at.parent
    entries.reverse()
    return entries
