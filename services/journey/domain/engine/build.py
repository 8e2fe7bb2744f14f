"""From the map as data to the tree the engine walks; places and loops are numbered in document order."""

from collections.abc import Sequence as Items
from functools import partial
from itertools import count

from services.journey.domain.engine.blocks import Fork, Loop, Maybe, Node, Parallel, Place, Series, Silence
from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    Choice,
    Optional,
    Repeat,
    Sequence,
    Stage,
    StepBlock,
)


class _Builder:
    """Numbers places and loops while it walks a path."""

    def __init__(self) -> None:
        self._places = count()
        self._loops = count()

    def node(self, block: Block, stage: int) -> Node:  # noqa: PLR0911  one for each kind of block
        """Return the node of a block that stands in a stage."""
        inner = partial(self.node, stage=stage)
        match block:
            case StepBlock(name):
                return Place(next(self._places), name, stage)
            case Sequence(blocks):
                return Series(tuple(map(inner, blocks)))
            case Choice(branches):
                return Fork(tuple(map(inner, branches)))
            case AnyOrder(branches):
                return Parallel(tuple(map(inner, branches)))
            case Optional(body):
                return Maybe(inner(body))
            case Repeat(do, redo):
                index = next(self._loops)
                return Loop(index, inner(do), inner(redo) if redo is not None else Silence())
            case _:
                return Silence()


def build(stages: Items[Stage]) -> Series:
    """Return the stages as one tree."""
    builder = _Builder()
    return Series(tuple(builder.node(stage.path, index) for index, stage in enumerate(stages)))
