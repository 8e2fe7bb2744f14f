"""Where steps stand in a path, and in what order two of them can come: what lint asks of the block structure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

from services.journey.domain.maps.model import AnyOrder, Block, Choice, Optional, Repeat, Sequence, StepBlock

Path: TypeAlias = tuple[int, ...]  # the numbers of the blocks going inwards from a path's outermost one
Order: TypeAlias = Literal["", "s", "t", "st", "ts"]  # which of two steps a run holds, and whose first time came first

_NEITHER: frozenset[Order] = frozenset(("",))


@dataclass(frozen=True, slots=True)
class StepPlace:
    """One place of a step."""

    name: str
    stage: int
    path: Path
    skippable: bool  # within an optional or a redo
    chosen: bool  # within a choice


def children(block: Block) -> "tuple[Block, ...]":
    """Return the blocks directly within a block, numbered as places number them."""
    match block:
        case Sequence(blocks):
            return blocks
        case Choice(branches) | AnyOrder(branches):
            return branches
        case Optional(inner):
            return (inner,)
        case Repeat(do, redo):
            return (do,) if redo is None else (do, redo)
        case _:
            return ()


def blocks_of(block: Block, path: Path = ()) -> "Iterator[tuple[Path, Block]]":
    """Walk a block and everything within it, in document order."""
    yield path, block
    for number, child in enumerate(children(block)):
        yield from blocks_of(child, (*path, number))


def places_of(root: Block) -> list[StepPlace]:
    """Return the places of all steps of a path whose outermost block is the sequence of its stages."""
    return list(_places(root, (), skippable=False, chosen=False))


def _places(block: Block, path: Path, *, skippable: bool, chosen: bool) -> Iterator[StepPlace]:
    if isinstance(block, StepBlock):
        yield StepPlace(block.name, path[0] if path else 0, path, skippable, chosen)
        return
    for number, child in enumerate(children(block)):
        left_out = skippable or isinstance(block, Optional) or (isinstance(block, Repeat) and number == 1)
        branch = chosen or isinstance(block, Choice)
        yield from _places(child, (*path, number), skippable=left_out, chosen=branch)


def meeting(root: Block, one: Path, other: Path) -> Block:
    """Return the innermost block that holds both places."""
    block = root
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        block = children(block)[left]
    return block


def is_after(root: Block, later: Path, earlier: Path) -> bool:
    """Tell whether the path puts one place after another."""
    return isinstance(meeting(root, later, earlier), Sequence) and later > earlier


def orders(block: Block, s: "tuple[Path, ...]", t: "tuple[Path, ...]") -> frozenset[Order]:
    """Return the orders in which a run of the block can hold two steps, given their places in it. Exact."""
    if isinstance(block, StepBlock):
        return frozenset(("s",)) if s else frozenset(("t",)) if t else _NEITHER
    inner = _inner_orders(block, s, t)
    found = _NEITHER
    match block:
        case Sequence():
            for each in inner:
                found = _then(found, each)
        case AnyOrder():
            for each in inner:
                found = _beside(found, each)
        case Choice():
            found = frozenset().union(*inner)
        case Optional():
            found = inner[0] | _NEITHER
        case _:  # a repeat: nothing else holds steps
            found = _rounds(inner[0], inner[1] if len(inner) > 1 else _NEITHER)
    return found


def _inner_orders(block: Block, s: "tuple[Path, ...]", t: "tuple[Path, ...]") -> list[frozenset[Order]]:
    within: dict[int, tuple[list[Path], list[Path]]] = {}
    for which, paths in enumerate((s, t)):
        for path in paths:
            within.setdefault(path[0], ([], []))[which].append(path[1:])
    return [
        orders(child, *map(tuple, within[number])) if number in within else _NEITHER
        for number, child in enumerate(children(block))
    ]


def _then(first: frozenset[Order], second: frozenset[Order]) -> frozenset[Order]:
    return frozenset(_joined(a, b) for a, b in product(first, second))


def _joined(a: Order, b: Order) -> Order:
    if not a or a in ("st", "ts"):
        return a or b
    if a == "s":
        return "s" if b in ("", "s") else "st"
    return "t" if b in ("", "t") else "ts"


def _beside(one: frozenset[Order], other: frozenset[Order]) -> frozenset[Order]:
    """Interleave: where both steps are there, the first may be the first of either branch."""
    return _then(one, other) | _then(other, one)


def _rounds(do: frozenset[Order], redo: frozenset[Order]) -> frozenset[Order]:
    found = do
    while True:
        more = found | _then(_then(found, redo), do)
        if more == found:
            return found
        found = more
