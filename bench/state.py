"""How much memory the fold of an open journey takes in the hot cache, beyond what all journeys share."""

import gc
import sys
from collections.abc import Iterable
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType

from bench.crowd import MAP, START, crowd, touchpoint
from bench.measure import Measure, scaled
from services.journey.domain.judgement.fold import Atlas, Path, PublishedMap
from services.journey.domain.maps.load import load_map

_COMMON = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)

POINTER = 8  # a journey names the moment it stands at; the moment is shared by all who came the same way


def _reachable(roots: Iterable[object], known: set[int]) -> int:
    """Add everything reachable to `known`; return the bytes of what was not known before."""
    size = 0
    stack = list(roots)
    while stack:
        found = stack.pop()
        if id(found) in known or isinstance(found, _COMMON):
            continue
        known.add(id(found))
        size += sys.getsizeof(found)
        stack += gc.get_referents(found)
    return size


def measure() -> list[Measure]:
    """Fold a crowd up to the middle of its journeys, and weigh the paths of those still under way."""
    sent = crowd(scaled(1000, 100), 1, START).sent
    sent = sent[: len(sent) // 2]
    atlas = Atlas([PublishedMap(load_map(MAP.read_text()), 1, START)])
    paths: dict[str, Path] = {}
    for touch in sent:
        taken = touchpoint(touch)
        paths.setdefault(taken.ids[0][1], Path(atlas)).advance(taken)
    under_way: list[Path] = []
    count = 0
    for path in paths.values():
        if journeys := sum(journey.state == "open" for journey in path.journeys(sent[-1].arrival)):
            under_way.append(path)
            count += journeys
    known: set[int] = set()
    shared = _reachable([atlas], known)
    moments = [run.moment for path in under_way for run in path._story.runs if run.state == "open"]  # noqa: SLF001
    engine = POINTER * len(moments) + _reachable(moments, known)
    each = _reachable(under_way, known)
    return [
        Measure("engine state per open journey in the hot cache, bytes", engine / count, "<= 200"),
        Measure("  its whole fold, with the touchpoints that prove its findings, bytes", (engine + each) / count),
        Measure("  open journeys weighed", count),
        Measure("  shared by all of them, bytes", shared),
    ]
