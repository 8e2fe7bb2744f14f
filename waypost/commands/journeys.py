"""Histories of a file judged as the running system would judge them, shown as its API shows them."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from services.journey.domain.facts import View, judged_findings
from services.journey.domain.judgement.fold import Atlas, Path, PublishedMap
from services.journey.domain.judgement.model import Journey
from services.journey.domain.maps.model import JourneyMap
from services.journey.routes.answers import journey_answer
from services.journey.store.charts import chart_of
from services.journey.store.reads import SeenJourney
from services.journey.track.judging import journey_row
from shared.clock import monotonic
from shared.times import microseconds_of
from waypost.commands.histories import History, Past

Customer = tuple[int, History]


class UntilError(ValueError):
    """Raised when a moment is no time."""


def until_of(text: str) -> int:
    """Read the moment until which to judge as microseconds UTC. Raises UntilError."""
    try:
        return microseconds_of(text.strip())
    except ValueError as error:
        message = f"--until: {text!r} is not a time: write 2026-01-31T12:00:00Z"
        raise UntilError(message) from error


def customers_of(past: Past, map: JourneyMap, most: int = 0) -> list[Customer]:
    """Return whom a map is about, by number; `most`: so many at most, spread over all."""
    found = list(enumerate(past.histories(map.subject), 1))
    return found[:: -(-len(found) // most) or 1] if most else found


class Judged:
    """All journeys of customers on one map. `seconds` is the engine's time alone."""

    def __init__(self, map: JourneyMap, customers: Iterable[Customer], until: int) -> None:
        """Judge customers until a moment."""
        self._atlas = Atlas([PublishedMap(map, 1, 0)])
        self._map = map
        self._chart = chart_of(map)
        self.until = until
        self.seconds = 0.0
        self.shown: list[dict[str, Any]] = list(self._judge(customers))

    def _judge(self, customers: Iterable[Customer]) -> Iterator[dict[str, Any]]:
        for number, history in customers:
            began = monotonic()
            path = Path(self._atlas)
            for touchpoint, person in history.acts:
                path.advance(touchpoint, person)
            journeys = path.journeys(self.until)
            self.seconds += monotonic() - began
            ids = [f"{kind}:{value}" for kind, value in history.ids]
            for journey in journeys:
                yield {"ids": ids, **journey_answer(number, self._seen(journey), self._chart)}

    def _seen(self, journey: Journey) -> SeenJourney:
        """Return a journey as the API's answers take it: as it would be stored."""
        row = journey_row(journey)
        findings = {found.slot: found.content() for found in judged_findings(journey, self._chart.legend)}
        return SeenJourney(row, msgspec.json.decode(row.blob, type=View), dict(sorted(findings.items())))
