"""A map as lines of text: its stages and steps in order, how they branch, how long they may take and whose they are.

With the answer of the running system beside it, also how many stand where and how many of them wait too long.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.journey.domain.maps.model import (
    AnyOrder,
    Block,
    Choice,
    JourneyMap,
    Optional,
    Repeat,
    Sequence,
    Silent,
    Stage,
    Step,
    StepBlock,
)
from shared.times import SECOND, duration_text, span
from shared.words import counted

WIDE: Final = 44  # characters of the step's column
NAMED: Final = 4  # events that are named beside a step
LONGEST: Final = 200  # characters of a text that strangers wrote

Here = Mapping[str, Mapping[str, Any]]  # by step, as /v1/maps/{map}/overview has it


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what stands there, how deep, and what is known of it."""

    depth: int
    text: str
    details: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The line as it is printed."""
        left = "  " * self.depth + self.text
        return f"{left:<{WIDE}}  {' · '.join(self.details)}".rstrip() if self.details else left


def map_lines(map: JourneyMap, here: Here | None = None) -> Iterator[str]:
    """Yield a map as lines, with how many stand where if that is known."""
    title = f"{map.title} ({map.name})" if map.title else map.name
    yield clean(f"{title}, {'one journey for each ' + map.subject}")
    for stage in map.stages:
        depth = 0
        if stage.name:
            yield Line(0, clean(stage.name), tuple(filter(None, (stage.phase, _owner(stage.owner))))).shown
            depth = 1
        for line in _lines(map, stage, stage.path, depth, here):
            yield line.shown


def _lines(map: JourneyMap, stage: Stage, block: Block, depth: int, here: Here | None) -> Iterator[Line]:
    match block:
        case StepBlock(name):
            step = map.steps[name]
            details = _known(step, stage) + (_standing(here.get(name, {})) if here is not None else ())
            yield Line(depth, clean(step.title or name), details)
        case Sequence(blocks):
            for each in blocks:
                yield from _lines(map, stage, each, depth, here)
        case Choice(branches) | AnyOrder(branches):
            yield Line(depth, "one of:" if isinstance(block, Choice) else "in any order:")
            for each in branches:
                yield from _branch(map, stage, each, depth + 1, here)
        case Optional(inner):
            yield from _headed("may be left out:", _lines(map, stage, inner, depth + 1, here), depth, "(optional)")
        case Repeat(do, redo):
            yield from _headed("any number of times:", _lines(map, stage, do, depth + 1, here), depth, "(repeated)")
            if redo is not None:
                yield Line(depth, "and between two times:")
                yield from _lines(map, stage, redo, depth + 1, here)
        case Silent():
            yield Line(depth, "nothing")


def _branch(map: JourneyMap, stage: Stage, block: Block, depth: int, here: Here | None) -> Iterator[Line]:
    """Yield a branch; one of several steps gets a head, or its steps would look like branches of their own."""
    if isinstance(block, Sequence) and len(block.blocks) > 1:
        yield Line(depth, "one after the other:")
        depth += 1
    yield from _lines(map, stage, block, depth, here)


def _headed(head: str, inner: Iterator[Line], depth: int, mark: str) -> Iterator[Line]:
    """Yield a block under a head; a single line gets a mark instead."""
    lines = list(inner)
    if len(lines) == 1:
        yield Line(depth, f"{lines[0].text} {mark}", lines[0].details)
        return
    yield Line(depth, head)
    yield from lines


def _known(step: Step, stage: Stage) -> tuple[str, ...]:
    """Return what the design says of a step."""
    events = [matcher.event for matcher in step.match if matcher.event and matcher.event != (step.title or step.name)]
    more = " …" if len(events) > NAMED else ""
    words = [
        f"on {', '.join(events[:NAMED])}{more}" if events else "",
        f"within {duration_text(step.within)}" if step.within else "",
        _owner(step.owner if step.owner != stage.owner else ""),
        "milestone" if step.milestone else "",
        "moment of truth" if step.moment_of_truth else "",
        "assumed" if not step.evidence else "",
    ]
    return tuple(clean(word) for word in words if word)


def _owner(owner: str) -> str:
    return f"owner {clean(owner)}" if owner else ""


def _standing(here: Mapping[str, Any]) -> tuple[str, ...]:
    """Return how many stand at a step, how many of them wait too long, and how long they wait."""
    late = int(here.get("stalled", 0))
    words = [f"{int(here.get('here', 0)):,} here"]
    gone = int(here.get("stalled_elsewhere", 0))
    words += (
        [f"{counted(late, 'waits', 'wait')} too long{f' ({gone:,} elsewhere by now)' if gone else ''}"] if late else []
    )
    median = here.get("waited_median_s")
    words += [f"half of them for {span(median * SECOND)} or more"] if median else []
    return tuple(words)


def clean(text: str) -> str:
    """Return a text of strangers as one line that changes no terminal."""
    return "".join(each if each.isprintable() else " " for each in text)[:LONGEST]
