"""Random maps and traces for the properties of the engine."""

from collections.abc import Iterator
from itertools import count

from hypothesis import strategies as st

from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    Choice,
    JourneyMap,
    Matcher,
    Optional,
    Repeat,
    Sequence,
    Silent,
    Stage,
    Step,
    StepBlock,
)

WEIGHTS = st.integers(min_value=1, max_value=3)


def _grow(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inner, min_size=1, max_size=4).map(tuple)
    return st.one_of(
        several.map(Sequence),
        several.map(Choice),
        st.lists(inner, min_size=1, max_size=3).map(tuple).map(AnyOrder),
        inner.map(Optional),
        st.builds(Repeat, inner, st.one_of(st.none(), inner)),
    )


def blocks(names: st.SearchStrategy[str]) -> st.SearchStrategy[Block]:
    """Return paths whose steps bear the given names, the same one perhaps in several places."""
    leaf: st.SearchStrategy[Block] = st.one_of(names.map(StepBlock), names.map(StepBlock), st.just(Silent()))
    return st.recursive(leaf, _grow, max_leaves=8)


def _named(block: Block, numbers: Iterator[int]) -> Block:  # noqa: PLR0911  one for each kind of block
    """Give every place a step of its own."""
    match block:
        case StepBlock():
            return StepBlock(f"s{next(numbers)}")
        case Sequence(parts):
            return Sequence(tuple(_named(part, numbers) for part in parts))
        case Choice(parts):
            return Choice(tuple(_named(part, numbers) for part in parts))
        case AnyOrder(parts):
            return AnyOrder(tuple(_named(part, numbers) for part in parts))
        case Optional(body):
            return Optional(_named(body, numbers))
        case Repeat(do, redo):
            return Repeat(_named(do, numbers), None if redo is None else _named(redo, numbers))
        case _:
            return block


def distinct(block: Block) -> Block:
    """Return the path with a step of its own in every place."""
    return _named(block, count())


def steps_of(block: Block) -> list[str]:
    """Return the names of a path's steps in document order, each once."""
    match block:
        case StepBlock(name):
            return [name]
        case Sequence(parts) | Choice(parts) | AnyOrder(parts):
            return list(dict.fromkeys(name for part in parts for name in steps_of(part)))
        case Optional(body):
            return steps_of(body)
        case Repeat(do, redo):
            return list(dict.fromkeys([*steps_of(do), *(steps_of(redo) if redo is not None else [])]))
        case _:
            return []


def map_of(block: Block, extra: int = 1, skip: int = 1, shared: tuple[str, ...] = ()) -> JourneyMap:
    """Return a map with this path; the steps in `shared` are also matched by the event AB."""
    steps = {
        name: Step(name, match=(Matcher(name), *((Matcher("AB"),) if name in shared else ())))
        for name in steps_of(block)
    }
    return JourneyMap("random", (Stage("", block),), steps, unmapped="count", customer_only=extra, map_only=skip)
