"""The canonical explanation told in order: done, skipped, extra, and the optional blocks that went by in each round."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from services.journey.domain.engine.blocks import Loop
from services.journey.domain.engine.entries import EXTRA, Entry, chain
from services.journey.domain.engine.frontier import Prefix
from services.journey.domain.judgement.course import Course, Part
from services.journey.domain.judgement.standing import Standing


class Act(NamedTuple):
    """A move: the touchpoint at which it was made, and for skips and matches the place and its round."""

    at: int
    place: int = EXTRA
    round: int = 1


class Passed(NamedTuple):
    """An optional block that went by without being begun."""

    option: Part
    at: int  # the touchpoint that passed it
    round: int


@dataclass
class Story:
    """The moves of one prefix, by step."""

    skips: dict[str, list[Act]] = field(default_factory=dict)
    extras: dict[str, list[Act]] = field(default_factory=dict)
    matches: dict[str, list[Act]] = field(default_factory=dict)
    passed: list[Passed] = field(default_factory=list)
    not_taken: frozenset[str] = frozenset()  # steps all of whose places stand in branches not taken, gone by

    def moved(self, step: str) -> bool:
        """Tell whether a step has a move of its own."""
        return step in self.skips or step in self.extras


class _Teller:
    """Walks the canonical way once."""

    def __init__(self, course: Course, prefix: Prefix, standing: Standing) -> None:
        self._course = course
        self._standing = standing
        self._entries = chain(prefix.best)
        self._rounds: dict[int, int] = {}
        self._visited: set[int] = set()
        self._under: dict[int, set[int]] = {}
        for place, part in course.parts.items():
            for loop in _loops(part):
                self._under.setdefault(loop.index, set()).add(place)
        self._ahead = course.graph.ahead(standing.state)
        self.story = Story()

    def tell(self) -> Story:
        for index, entry in enumerate(self._entries, 1):
            self._skip(entry, index)
            if entry.place != EXTRA:
                self._add(self.story.matches, entry.step, Act(index, entry.place, self._round(entry.place)))
                self._visited.add(entry.place)
            elif not entry.free:
                self._add(self.story.extras, entry.step, Act(index))
        self._visited |= self._standing.credited
        self.story.passed = [one for one in self.story.passed if self._ahead.isdisjoint(one.option.places)]
        for option in self._course.options:
            if self._ahead.isdisjoint(option.places) and self._was_due(option):
                self._pass(option, self._when_passed(option))
        self.story.not_taken = frozenset(
            step for step in self.story.extras if step in self._course.places_of and self._left_out(step)
        )
        return self.story

    def _skip(self, entry: Entry, index: int) -> None:
        for item in entry.trail:
            if item >= 0:
                self._add(self.story.skips, self._course.graph.places[item].step, Act(index, item, self._round(item)))
                self._visited.add(item)
            else:
                self._lap(~item, index)

    def _lap(self, loop: int, index: int) -> None:
        """Close a round: optional blocks not begun in it have gone by."""
        under = self._under[loop]
        for option in self._course.options:
            if option.places <= under and self._was_due(option):
                self._pass(option, index)
        self._visited -= under
        self._rounds[loop] = self._rounds.get(loop, 0) + 1

    def _was_due(self, option: Part) -> bool:
        """Tell whether a block was left out though its branch was taken and the optional block around it begun."""
        if not self._visited.isdisjoint(option.places):
            return False
        around = (
            outer.places for outer in self._course.options if outer is not option and option.places <= outer.places
        )
        if any(self._visited.isdisjoint(places) and places != option.places for places in around):
            return False
        return all(not self._visited.isdisjoint(branch) for branch in option.branches())

    def _pass(self, option: Part, index: int) -> None:
        loop = option.round_of
        self.story.passed.append(Passed(option, index, 1 + (self._rounds.get(loop, 0) if loop is not None else 0)))

    def _when_passed(self, option: Part) -> int:
        """Return the touchpoint after which the block no longer lay ahead."""
        ahead = self._course.graph.ahead
        at = len(self._entries)
        while at > 1 and ahead(self._entries[at - 2].state).isdisjoint(option.places):
            at -= 1
        return at

    def _left_out(self, step: str) -> bool:
        """Tell whether every place of a step has gone by in a branch that was not taken in this round."""
        for place in self._course.places_of[step]:
            part = self._course.parts[place]
            if place in self._ahead or place in self._visited or part.redone:
                return False
            if all(not self._visited.isdisjoint(branch) for branch in part.branches()):
                return False
        return True

    def _round(self, place: int) -> int:
        loop = self._course.parts[place].round_of
        return 1 + (self._rounds.get(loop, 0) if loop is not None else 0)

    @staticmethod
    def _add(acts: dict[str, list[Act]], step: str, act: Act) -> None:
        acts.setdefault(step, []).append(act)


def _loops(part: Part) -> Iterator[Loop]:
    return (node for node, _ in part.frames if isinstance(node, Loop))


def tell(course: Course, prefix: Prefix, standing: Standing) -> Story:
    """Return the story of a prefix's canonical explanation."""
    return _Teller(course, prefix, standing).tell()
