"""A journey after its n-th aligned touchpoint, as far as the touchpoints alone decide: shared by all who came this way.

Moments form a tree by symbol. Times, proofs and texts belong to the customer and are filled in by the fold.
"""

from typing import NamedTuple

from services.journey.domain.engine.frontier import EXTRA, Entry, Prefix, Symbol, chain
from services.journey.domain.judgement.course import Course
from services.journey.domain.judgement.deviations import Draft, deviations
from services.journey.domain.judgement.route import Route, find_route
from services.journey.domain.judgement.standing import Standing, stand
from services.journey.domain.judgement.waits import Clocks, clocks


class Ledger(NamedTuple):
    """What happened on the canonical way, so far."""

    first: dict[str, int]  # a step done -> the touchpoint that did it first
    extras: frozenset[str]
    used: frozenset[str]  # steps matched or skipped
    after: str | None  # the last matched step


START = Ledger({}, frozenset(), frozenset(), None)


def ledger_of(entry: Entry, course: Course) -> Ledger:
    """Return the ledger of an entry; each entry works it out once."""
    missing: list[Entry] = []
    at: Entry | None = entry
    while at is not None and at.ledger is None and at.parent is not None:
        missing.append(at)
        at = at.parent
    if missing:
        index = len(chain(missing[-1]))
        for late in reversed(missing):
            late.ledger = _extended(late, index, course)
            index += 1
    return entry.ledger if isinstance(entry.ledger, Ledger) else START


def _extended(entry: Entry, index: int, course: Course) -> Ledger:
    before = entry.parent.ledger if entry.parent is not None else None
    ledger = before if isinstance(before, Ledger) else START
    first = ledger.first if entry.step in ledger.first else {**ledger.first, entry.step: index}
    if entry.place == EXTRA:
        return Ledger(first, ledger.extras | {entry.step}, ledger.used, ledger.after)
    skipped = (course.graph.places[place].step for place in entry.trail if place >= 0)
    return Ledger(first, ledger.extras, ledger.used.union(skipped, (entry.step,)), entry.step)


class Moment:
    """One node of the tree; everything is worked out when first asked for."""

    __slots__ = ("_clocks", "_drafts", "_ledger", "_route", "_standing", "children", "course", "parent", "prefix")

    def __init__(self, course: Course, parent: "Moment | None", symbol: Symbol | None) -> None:
        """Begin a tree, or go on from a moment by one touchpoint."""
        self.course = course
        self.parent = parent
        self.prefix: Prefix = (
            parent.prefix.child(symbol) if parent is not None and symbol is not None else course.aligner.start
        )
        self.children: dict[Symbol, Moment] = {}
        self._ledger: Ledger | None = None
        self._standing: Standing | None = None
        self._route: Route | None = None
        self._clocks: Clocks | None = None
        self._drafts: tuple[Draft, ...] | None = None

    @property
    def index(self) -> int:
        """The number of aligned touchpoints so far."""
        return self.prefix.depth

    @property
    def ledger(self) -> Ledger:
        """What happened on the canonical way."""
        if self._ledger is None:
            self._ledger = ledger_of(self.prefix.best, self.course)
        return self._ledger

    @property
    def standing(self) -> Standing:
        """Where the customer stands, credits included."""
        if self._standing is None:
            ledger = self.ledger
            self._standing = stand(self.course, self.prefix.best.state, ledger.extras - ledger.used)
        return self._standing

    @property
    def route(self) -> Route:
        """The shortest way on."""
        if self._route is None:
            self._route = find_route(self.course, self.standing, self.ledger.first)
        return self._route

    @property
    def clocks(self) -> Clocks:
        """Which places are waited for."""
        if self._clocks is None:
            self._clocks = clocks(self.course, self.standing, self.route, self.ledger.first)
        return self._clocks

    @property
    def drafts(self) -> tuple[Draft, ...]:
        """The findings, with the touchpoints that prove them as numbers."""
        if self._drafts is None:
            self._drafts = deviations(self.course, self.prefix, self.standing, self.ledger.first)
        return self._drafts
