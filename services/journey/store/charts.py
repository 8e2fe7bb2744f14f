"""Published maps as answers need them: titles and owners by step. A version never changes, so each is read once."""

import sqlite3
from typing import NamedTuple

from services.journey.domain.facts import Legend
from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap
from services.journey.store import maps

MOST = 200


class Chart(NamedTuple):
    """A map with the owners of its steps."""

    map: JourneyMap
    legend: Legend

    def title(self, step: str) -> str:
        """Return how people call a step: its title, or else its name."""
        known = self.map.steps.get(step)
        return (known.title if known else "") or step


def chart_of(map: JourneyMap) -> Chart:
    """Return the chart of a map."""
    return Chart(map, Legend.of(map))


class Charts:
    """The charts of every tenant that were asked for; safe to ask from many threads."""

    def __init__(self) -> None:
        """Begin with none."""
        self._charts: dict[tuple[str, str, int], Chart] = {}

    def of(self, db: sqlite3.Connection, tenant: str, map: str, version: int) -> Chart:
        """Return a version of a map. Raises LookupError when it is not there."""
        key = (tenant, map, version)
        known = self._charts.get(key)
        if known is not None:
            return known
        row = maps.version(db, tenant, map, version)
        if row is None:
            message = f"map {map} has no version {version}"
            raise LookupError(message)
        if len(self._charts) >= MOST:
            self._charts.clear()
        found = self._charts[key] = chart_of(load_map(row.yaml))
        return found
