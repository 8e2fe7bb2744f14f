"""The map as it holds for one customer, ready to be judged on: without what the persona or a decision dropped."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from services.journey.domain.engine.blocks import Fork, Loop, Maybe, Node, Parallel, Place, Series
from services.journey.domain.engine.frontier import Aligner, Symbol, Weights
from services.journey.domain.engine.graph import Graph
from services.journey.domain.judgement.dropping import closure, later
from services.journey.domain.judgement.fates import Fate
from services.journey.domain.maps.model import JourneyMap, Persona

Frames = tuple[tuple[Node, int], ...]  # from the root: a node and which of its parts
DO, REDO = 0, 1


@dataclass(frozen=True, eq=False)
class Part:
    """A place or optional block with the nodes around it."""

    node: Node
    frames: Frames
    places: frozenset[int] = field(default_factory=frozenset)

    @property
    def round_of(self) -> int | None:
        """The innermost repeat around it."""
        return next((node.index for node, _ in reversed(self.frames) if isinstance(node, Loop)), None)

    def branches(self) -> Iterator[frozenset[int]]:
        """Return the places of every branch and redo that it stands in: none of them visited, and it was not taken."""
        for node, index in self.frames:
            if isinstance(node, Fork):
                yield _places(node.branches[index])
            elif isinstance(node, Loop) and index == REDO:
                yield _places(node.redo)

    @property
    def optional(self) -> bool:
        """Tell whether it stands in an optional block."""
        return any(isinstance(node, Maybe) for node, _ in self.frames)

    @property
    def redone(self) -> bool:
        """Tell whether it stands in a redo."""
        return any(isinstance(node, Loop) and index == REDO for node, index in self.frames)


class Spot(NamedTuple):
    """A place as the judgement needs it."""

    step: str
    stage: int
    order: int


class Course:
    """One effective map. `tree` is the persona's path without what was dropped."""

    def __init__(self, map: JourneyMap, persona: Persona | None, whole: Node, tree: Node | None) -> None:
        """Work out what is asked for on every journey: places, requirements, optional blocks."""
        self.map = map
        self.persona = persona
        self.tree: Node = tree if tree is not None else Series(())
        self.graph = Graph(self.tree)
        self.parts: dict[int, Part] = {}
        self.options: list[Part] = []
        self._index(self.tree, ())
        places = self.tree.inside()
        self.places_of: dict[str, list[int]] = {}
        for place in places:
            self.places_of.setdefault(place.step, []).append(place.index)
        self.order = {step: order for order, step in enumerate(dict.fromkeys(place.step for place in places))}
        self.gone = frozenset(place.step for place in whole.inside()) - self.order.keys()
        self.stage_of = {step: self.graph.places[indices[0]].stage for step, indices in self.places_of.items()}
        self.requires = closure(self._edges())
        self.dependents: dict[str, frozenset[str]] = {
            step: frozenset(late for late, needs in self.requires.items() if step in needs) for step in self.order
        }
        self.constrained = any(self.requires.values())
        self._symbols: dict[tuple[tuple[str, ...], bool], Symbol] = {}
        self.aligner = Aligner(self.graph, Weights(map.customer_only, map.map_only), self._ambiguous())

    def _index(self, node: Node, frames: Frames) -> None:
        match node:
            case Place():
                self.parts[node.index] = Part(node, frames, frozenset({node.index}))
            case Series(parts) | Parallel(parts) | Fork(parts):
                for index, part in enumerate(parts):
                    self._index(part, (*frames, (node, index)))
            case Maybe(block):
                self.options.append(Part(node, frames, _places(block)))
                self._index(block, (*frames, (node, 0)))
            case Loop():
                self._index(node.do, (*frames, (node, DO)))
                self._index(node.redo, (*frames, (node, REDO)))
            case _:
                pass

    def _edges(self) -> dict[str, frozenset[str]]:
        milestones = {step for step in self.order if self.map.steps[step].milestone}
        edges = {step: set(self.map.steps[step].requires) & self.order.keys() for step in self.order}
        for early, late in later(self.tree):
            if early in milestones and early != late:
                edges[late].add(early)
        return {step: frozenset(needs) for step, needs in edges.items()}

    def _ambiguous(self) -> frozenset[str]:
        """Return the steps that may share a touchpoint with another: their matchers name one event, or any."""
        users: dict[str, set[str]] = {}
        for name in self.order:
            step = self.map.steps[name]
            for matcher in (*step.match, *step.replaced_by):
                users.setdefault(matcher.event, set()).add(name)
            if not step.match:
                users.setdefault(step.name, set()).add(name)
        if users.get(""):
            return frozenset(self.order)
        return frozenset(name for names in users.values() if len(names) > 1 for name in names)

    def steps_of(self, fate: Fate) -> tuple[str, ...]:
        """Return the steps of this course that a touchpoint can match."""
        return tuple(step for step in fate.steps if step in self.order)

    def symbol(self, steps: tuple[str, ...], *, free: bool) -> Symbol:
        """Return the one symbol for these steps."""
        key = (steps, free)
        known = self._symbols.get(key)
        if known is None:
            ordered = tuple(sorted(steps, key=self.order.__getitem__))
            known = self._symbols[key] = self._symbols.setdefault((ordered, free), Symbol(ordered, free))
        return known

    def within(self, step: str) -> int | None:
        """Return the time from enabled to done that the persona, or the step, allows."""
        if self.persona is not None and step in self.persona.within:
            return self.persona.within[step]
        return self.map.steps[step].within

    def boundary(self, step: str) -> int | None:
        """Return how long after its due time a stalled step is beyond hope."""
        own = self.map.steps[step].decision_boundary
        return own if own is not None else self.map.decision_boundary

    def title(self, step: str) -> str:
        """Return what people call a step."""
        known = self.map.steps.get(step)
        return known.title or known.name if known is not None else step

    def mandatory_follows(self, place: int) -> bool:
        """Tell whether a mandatory step lies after a place."""
        return any(
            not block.free(None)
            for node, index in self.parts[place].frames
            if isinstance(node, Series)
            for block in node.blocks[index + 1 :]
        )


def _places(node: Node) -> frozenset[int]:
    return frozenset(place.index for place in node.inside())
