"""The designed map as the console draws it: read from the text that the journey service publishes.

That service has checked the text; here a map with words that this console lacks, or too large to draw, is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import yaml

from services.console.domain.counted import began
from services.console.domain.words import planned

MOST_PLACES = 600  # beyond this a drawing helps nobody

Block: TypeAlias = "Place | Row | Fork | Around | Again | Nothing"
Mark: TypeAlias = Literal["", "outcome", "truth"]


class CannotDrawError(Exception):
    """Raised when a map's text holds something that this console does not know, or too much. The text says what."""


@dataclass(frozen=True, slots=True)
class Place:
    """A step in its place."""

    name: str


@dataclass(frozen=True, slots=True)
class Row:
    """Blocks one after the other."""

    blocks: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Fork:
    """Branches: one of them (choice), or all (any_order)."""

    kind: Literal["choice", "any_order"]
    branches: "tuple[Block, ...]"


@dataclass(frozen=True, slots=True)
class Around:
    """A block that one may go around."""

    block: "Block"


@dataclass(frozen=True, slots=True)
class Again:
    """A block with a way back."""

    do: "Block"
    redo: "Block | None"


@dataclass(frozen=True, slots=True)
class Nothing:
    """A branch without a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the map says of a step."""

    name: str
    title: str
    need: str = ""
    owner: str = ""
    within: str = ""
    mark: Mark = ""
    theirs: bool = False  # the customer decides it


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the map; a bare path is one stage without a name."""

    name: str
    phase: str
    owner: str
    path: Block


@dataclass(frozen=True, slots=True)
class Tree:
    """A whole map."""

    title: str
    stages: tuple[Stage, ...]
    steps: dict[str, Step]
    lists_unmapped: bool = True

    def title_of(self, step: str) -> str:
        """Return what the map calls a step; one that it no longer has keeps its own name."""
        known = self.steps.get(step)
        return known.title if known else step


def worded(name: str) -> str:
    """Return an id as people write it: `first-report` → `First report`."""
    words = name.replace("-", " ").replace("_", " ").strip()
    return began(words)


@lru_cache(maxsize=64)
def read_tree(text: str) -> Tree:
    """Read the text of a map; those read last are remembered. Raises CannotDrawError."""
    try:
        root = yaml.safe_load(text)
    except yaml.YAMLError as error:
        message = "its text is no YAML"
        raise CannotDrawError(message) from error
    if not isinstance(root, dict):
        message = "its text is no table"
        raise CannotDrawError(message)
    reader = _Reader(_events_of(root.get("outcomes")))
    given = root.get("stages") or [{"stage": "", "path": root.get("path")}]
    stages = tuple(reader.stage(stage) for stage in given)
    steps = {name: reader.defined.get(name, Step(name, name)) for name in reader.order}
    lists_unmapped = root.get("unmapped", "list") == "list"
    return Tree(str(root.get("title") or root.get("map")), stages, steps, lists_unmapped)


def places(block: Block) -> Iterator[str]:
    """Yield the steps of a block in document order."""
    match block:
        case Place(name):
            yield name
        case Row(blocks) | Fork(_, blocks):
            for inner in blocks:
                yield from places(inner)
        case Around(inner):
            yield from places(inner)
        case Again(do, redo):
            yield from places(do)
            if redo is not None:
                yield from places(redo)
        case Nothing():
            return


def _events_of(outcomes: object) -> set[str]:
    """Return the events by which a journey succeeds."""
    reached = outcomes.get("reached", []) if isinstance(outcomes, dict) else []
    found = {
        m.get("event") if isinstance(m, dict) else m for m in (reached if isinstance(reached, list) else [reached])
    }
    return {event for event in found if isinstance(event, str)}


class _Reader:
    def __init__(self, reached: set[str]) -> None:
        self.defined: dict[str, Step] = {}
        self.order: dict[str, None] = {}
        self._reached = reached
        self._places = 0
        self._owner = ""  # of the stage being read

    def stage(self, given: dict[str, Any]) -> Stage:
        name, phase, owner = (str(given.get(key) or "") for key in ("stage", "phase", "owner"))
        self._owner = owner
        return Stage(name, phase, owner, self.block(given.get("path")))

    def block(self, given: object) -> Block:  # noqa: PLR0911 (one way for each block)
        match given:
            case str(name):
                return self._place(name)
            case {"step": str(name), **more}:
                self.defined[name] = self._step(name, more)
                return self._place(name)
            case [*blocks] | {"sequence": [*blocks]}:
                return Row(tuple(self.block(b) for b in blocks))
            case {"choice": [*blocks]}:
                return Fork("choice", tuple(self.block(b) for b in blocks))
            case {"any_order": [*blocks]}:
                return Fork("any_order", tuple(self.block(b) for b in blocks))
            case {"optional": inner}:
                return Around(self.block(inner))
            case {"repeat": {"do": do, **parts}}:
                return Again(self.block(do), self.block(parts["redo"]) if "redo" in parts else None)
            case {"loop": [do, *redo]}:
                return Again(self.block(do), self.block(redo[0]) if redo else None)
            case {"silent": _}:
                return Nothing()
            case _:
                message = f"it holds a block that this console does not know: {str(given)[:80]}"
                raise CannotDrawError(message)

    def _place(self, name: str) -> Place:
        self._places += 1
        if self._places > MOST_PLACES:
            message = f"it has more than {MOST_PLACES} places"
            raise CannotDrawError(message)
        self.order.setdefault(name)
        return Place(name)

    def _step(self, name: str, given: Mapping[Any, Any]) -> Step:
        match = given.get("match", name)
        events = {m.get("event") if isinstance(m, dict) else m for m in (match if isinstance(match, list) else [match])}
        mark: Mark = "outcome" if events & self._reached else "truth" if given.get("moment_of_truth") else ""
        need, owner, within = (str(given.get(key) or "") for key in ("need", "owner", "within"))
        theirs = given.get("decided_by") == "customer"
        return Step(name, str(given.get("title") or name), need, owner or self._owner, planned(within), mark, theirs)
