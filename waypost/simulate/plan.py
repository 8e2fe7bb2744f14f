"""One legal way through a map: choices made, optional blocks taken or not, rounds counted.

What is left is a partial order of visits. A visit's clock runs from the last of its `counted` visits; the blocks that
one may leave out lie between, and are no reason to be later.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    Choice,
    JourneyMap,
    Optional,
    Repeat,
    Sequence,
    Silent,
    StepBlock,
)
from waypost.simulate.dice import Dice

MOST_ROUNDS = 3
TAKES_OPTIONAL = 0.5
AGAIN = 0.3

Front: TypeAlias = tuple[tuple[int, ...], tuple[int, ...]]  # visits to follow, visits from which clocks run


@dataclass(frozen=True, slots=True)
class Visit:
    """A step on the way, in document order."""

    step: str
    after: tuple[int, ...]
    counted: tuple[int, ...]
    aside: int  # number of the optional block, or of the further round, that it is within; 0: on the main way
    branch: bool  # within a choice
    loop: bool  # within a repeat

    @property
    def side(self) -> bool:
        """Tell whether it is beside the main way."""
        return self.aside > 0


@dataclass(frozen=True, slots=True)
class Plan:
    """The visits of one way; numbers are places in `visits`."""

    visits: tuple[Visit, ...]
    behind: tuple[frozenset[int], ...]  # for each visit, those that have to come after it

    def followers(self, number: int) -> frozenset[int]:
        """Return every visit that has to come after one."""
        return self.behind[number]


def _behind(visits: list[Visit]) -> tuple[frozenset[int], ...]:
    following: list[list[int]] = [[] for _ in visits]
    for number, visit in enumerate(visits):
        for before in visit.after:
            following[before].append(number)
    return tuple(_reach(following, number) for number in range(len(visits)))


def _reach(following: list[list[int]], start: int) -> frozenset[int]:
    found: set[int] = set()
    fresh = list(following[start])
    while fresh:
        number = fresh.pop()
        if number not in found:
            found.add(number)
            fresh += following[number]
    return frozenset(found)


class _Grower:
    def __init__(self, chance: Dice, *, detours: bool) -> None:
        self.visits: list[Visit] = []
        self._chance = chance
        self._blocks = 0
        self._detours = detours  # whether blocks that one may leave out are taken at times

    def grow(self, block: Block, front: Front, mould: Visit) -> Front:  # noqa: PLR0911 (one way for each block)
        """Append the visits of a block and return the front behind it."""
        match block:
            case StepBlock(name):
                self.visits.append(replace(mould, step=name, after=front[0], counted=front[1]))
                return (len(self.visits) - 1,), (len(self.visits) - 1,)
            case Sequence(blocks):
                for inner in blocks:
                    front = self.grow(inner, front, mould)
                return front
            case Choice(branches):
                return self._choice(branches, front, replace(mould, branch=True))
            case AnyOrder(branches):
                fronts = [self.grow(branch, front, mould) for branch in branches]
                return _joined(f[0] for f in fronts), _joined(f[1] for f in fronts)
            case Optional(inner):
                if not self._detours or self._chance.random() > TAKES_OPTIONAL:
                    return front
                return self.grow(inner, front, self._aside(mould))[0], front[1]
            case Repeat(do, redo):
                return self._rounds(do, redo, front, mould)
            case Silent():
                return front

    def _choice(self, branches: tuple[Block, ...], front: Front, mould: Visit) -> Front:
        branch = self._chance.choice(branches)
        if any(_may_be_empty(one) for one in branches):  # an optional by another name
            return self.grow(branch, front, self._aside(mould))[0], front[1]
        return self.grow(branch, front, mould)

    def _aside(self, mould: Visit) -> Visit:
        if mould.side:
            return mould
        self._blocks += 1
        return replace(mould, aside=self._blocks)

    def _rounds(self, do: Block, redo: "Block | None", front: Front, mould: Visit) -> Front:
        rounds = 1
        while self._detours and rounds < MOST_ROUNDS and self._chance.random() < AGAIN:
            rounds += 1
        front = self.grow(do, front, replace(mould, loop=True))
        further = front
        for _ in range(rounds - 1):
            again = self._aside(replace(mould, loop=True))
            if redo is not None:
                further = self.grow(redo, further, again)
            further = self.grow(do, further, again)
        return further[0], front[1]


def _may_be_empty(block: Block) -> bool:
    match block:
        case Silent() | Optional():
            return True
        case Sequence(blocks) | AnyOrder(blocks):
            return all(_may_be_empty(inner) for inner in blocks)
        case Choice(branches):
            return any(_may_be_empty(inner) for inner in branches)
        case Repeat(do):
            return _may_be_empty(do)
        case _:
            return False


def _joined(fronts: Iterable[tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(sorted({number for front in fronts for number in front}))


def draw_plan(map: JourneyMap, chance: Dice, *, detours: bool) -> Plan | None:
    """Draw one way through a map; None when it leaves out a step that another one requires: draw again."""
    grower = _Grower(chance, detours=detours)
    front: Front = ((), ())
    for stage in map.stages:
        front = grower.grow(stage.path, front, Visit("", (), (), aside=0, branch=False, loop=False))
    return _with_requirements(map, grower.visits)


def _with_requirements(map: JourneyMap, visits: list[Visit]) -> Plan | None:
    first: dict[str, int] = {}
    for number, visit in enumerate(visits):
        first.setdefault(visit.step, number)
    bound: list[Visit] = []
    for number, visit in enumerate(visits):
        wanted = map.steps[visit.step].requires if first[visit.step] == number else ()
        if any(step not in first for step in wanted):
            return None
        more = tuple(first[step] for step in wanted)
        bound.append(replace(visit, after=_joined([visit.after, more]), counted=_joined([visit.counted, more])))
    return Plan(tuple(bound), _behind(bound))
