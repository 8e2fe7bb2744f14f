"""Which keys of the language a map makes use of."""

from collections.abc import Iterator
from dataclasses import MISSING, fields

from services.journey.domain.maps.model import JourneyMap, Step
from services.journey.domain.maps.reading import COST_KEYS, Lines

NOT_KEYS = frozenset({"name", "stages", "steps", *COST_KEYS})


def used_keys(map: JourneyMap, lines: Lines) -> Iterator[tuple[str, int]]:
    """Yield (key, line) for each key of the head and of the steps that says something other than its default."""
    for part in fields(JourneyMap):
        if part.name not in NOT_KEYS and getattr(map, part.name) != part.default:
            yield part.name, lines.head.get(part.name, 0)
    if (map.customer_only, map.map_only) != (1, 1):
        yield "costs", lines.head.get("costs", 0)
    for step in map.steps.values():
        for part in fields(Step):
            if part.default is not MISSING and getattr(step, part.name) != part.default and part.name != "match":
                yield part.name, lines.step_keys.get((step.name, part.name), lines.steps.get(step.name, 0))
