"""Which persona a customer was, when: traits over time, with a first known value held back to the beginning."""

from typing import Any

import msgspec

from services.journey.domain.judgement.fates import MISSING, dig, holds
from services.journey.domain.maps.model import Condition, JourneyMap, Persona
from shared.events import EMPTY, Touchpoint


class Traits:
    """What is known of the subject."""

    def __init__(self) -> None:
        """Know nothing."""
        self._news: list[tuple[int, dict[str, Any]]] = []  # in order of time

    def learn(self, map: JourneyMap, touchpoint: Touchpoint) -> bool:
        """Take in a touchpoint; tell whether it said anything of the map's subject."""
        kind = "group" if map.subject == "account" else "identify"
        if touchpoint.type != kind or touchpoint.traits == EMPTY:
            return False
        traits = msgspec.json.decode(touchpoint.traits)
        if not isinstance(traits, dict) or not traits:
            return False
        self._news.append((touchpoint.occurred_at, traits))
        return True

    def persona(self, map: JourneyMap, at: int) -> Persona | None:
        """Return the persona at a time, as known today: the first of the map's whose test the traits pass."""
        if not map.personas:
            return None
        return next((one for one in map.personas if all(self._holds(test, at) for test in one.when.where)), None)

    def changes(self, map: JourneyMap) -> list[tuple[int, Persona | None]]:
        """Return the times at which news arrived, with the persona since then."""
        return [(at, self.persona(map, at)) for at, _ in self._news] if map.personas else []

    def _holds(self, test: Condition, at: int) -> bool:
        value: object = MISSING
        for time, traits in self._news:
            found = dig(traits, test.path.removeprefix("traits."))
            if found is MISSING:
                continue
            if value is MISSING or time <= at:
                value = found
        return holds(test, value)
