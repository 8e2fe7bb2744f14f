"""The map as it holds for one customer, ready to be judged on: without what the persona or a decision dropped."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.journey.domain.engine.blocks import Fork, Loop, Maybe, Node, Parallel, Place, Series
from services.journey.domain.engine.entries import Symbol, Weights
from services.journey.domain.engine.frontier import Aligner
from services.journey.domain.engine.graph import Graph
from services.journey.domain.judgement.draft import Draft
from services.journey.domain.judgement.dropping import closure, later
from services.journey.domain.judgement.fates import Fate
from services.journey.domain.maps.model import JourneyMap, Persona, Stage

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


@dataclass(frozen=True, eq=False)
class Role:
    """What a touchpoint is on a course: the steps it can be, and those it stands in for through `replaced_by`."""

    symbol: Symbol
    free: Symbol  # the same where an extra costs nothing
    replaced: frozenset[str]
    all_steps: tuple[str, ...]  # also those that are dropped here


class Course:
    """One effective map. `tree` is the persona's path without what was dropped."""

    def __init__(self, map: JourneyMap, persona: Persona | None, whole: Node, tree: Node | None) -> None:
        """Work out what is asked for on every journey: places, requirements, optional blocks."""
        self.map = map
        self.persona = persona
        self.tree: Node = tree if tree is not None else Series(())
        self.graph = Graph(self.tree)
        own_path = persona is not None and persona.path is not None
        self.stages = (Stage("", persona.path),) if own_path and persona and persona.path else map.stages
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
        self.thresholds = {index: self._within(place.step) for index, place in self.graph.places.items()}
        self.routes: dict[object, object] = {}  # routes found, by standing and steps done
        self.drafts: dict[Draft, Draft] = {}  # findings written, each once
        self._symbols: dict[tuple[str, ...], tuple[Symbol, Symbol]] = {}
        self._roles: dict[tuple[tuple[str, ...], frozenset[str]], Role | None] = {}
        self._roles_of_fates: dict[Fate, Role | None] = {}
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

    def role(self, fate: Fate) -> Role | None:
        """Return what a touchpoint is here, or None where it is no step of this course."""
        if not fate.steps:
            return None
        try:
            return self._roles_of_fates[fate]
        except KeyError:
            role = self._roles_of_fates[fate] = self.role_of_steps(fate.steps, fate.replaced)
            return role

    def role_of_steps(self, steps: tuple[str, ...], replaced: frozenset[str]) -> Role | None:
        """Return the role of a touchpoint that can match these steps, or None where they are all gone."""
        key = (steps, replaced)
        if key not in self._roles:
            here = tuple(sorted((step for step in steps if step in self.order), key=self.order.__getitem__))
            pair = self._symbols.setdefault(here, (Symbol(here), Symbol(here, free=True)))
            self._roles[key] = Role(*pair, replaced, steps) if here else None
        return self._roles[key]

    def _within(self, step: str) -> int | None:
        """Return the time from enabled to done that the persona, or the step, allows."""
        if self.persona is not None and step in self.persona.within:
            return self.persona.within[step]
        return self.map.steps[step].within

    def within(self, step: str) -> int | None:
        """Return the time from enabled to done that is allowed for a step of this course."""
        return self.thresholds[self.places_of[step][0]]

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
