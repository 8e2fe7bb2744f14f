"""The way that one customer took, folded anew when somebody asks: nothing of it is stored, so nothing can disagree."""

import sqlite3
import threading
from typing import NamedTuple

from services.journey.domain.judgement.fold import Path
from services.journey.domain.judgement.moves import Move, ways_of
from services.journey.store import offsets
from services.journey.store.atlases import Atlases
from services.journey.store.identities import Identities
from services.journey.store.reads import Named
from services.journey.store.touchpoints import history_of
from shared.events import Touchpoint

MOST_TOUCHPOINTS = 20_000  # of a history that is folded while somebody waits


class TooLongError(Exception):
    """Raised when a history is too long to be folded while somebody waits; the text says what shows it."""


class JourneyWay(NamedTuple):
    """The moves of one journey in history order."""

    map: str
    n: int
    version: int
    state: str
    moves: list[Move]


class Ways:
    """Folds histories on maps of its own, one at a time: what the maps remember belongs to one thread."""

    def __init__(self, historical_after: int, lateness: int, *, most: int = MOST_TOUCHPOINTS) -> None:
        """Judge as the consumer does, both in microseconds; `most`: touchpoints of a history that is folded."""
        self._lock = threading.Lock()
        self._atlases = Atlases(historical_after)
        self._lateness = lateness
        self._most = most

    def of(
        self, db: sqlite3.Connection, tenant: str, customer: Named, map: str | None
    ) -> tuple[list[JourneyWay], list[Touchpoint]]:
        """Return the journeys of a customer, of one map or of all, and the touchpoints that are of none of them.

        Raises TooLongError.
        """
        identities = Identities(db)
        history = history_of(db, identities, customer.number, customer.subject)
        if len(history) > self._most:
            message = (
                f"this customer has {len(history):,} touchpoints: more than {self._most:,} are not explained one by"
                " one; the timeline shows them"
            )
            raise TooLongError(message)
        judged_until = offsets.heard_until(db) - self._lateness
        touchpoints = [stored.touchpoint for stored in history]
        ways: list[JourneyWay] = []
        homeless = {id(touchpoint) for touchpoint in touchpoints}
        with self._lock:
            self._atlases.refresh(db)
            for name, atlas in sorted(self._atlases.of(tenant, customer.subject).items()):
                if map is not None and name != map:
                    continue
                path = Path(atlas)
                for stored in history:
                    path.advance(stored.touchpoint, identities.customer(stored.id_no))
                path.journeys(judged_until)  # steps that were put off until then come back
                found, others = ways_of(path, touchpoints)
                homeless &= {id(touchpoint) for touchpoint in others}
                ways += [JourneyWay(name, way.run.n, way.run.version.number, way.run.state, way.moves) for way in found]
        return ways, [touchpoint for touchpoint in touchpoints if id(touchpoint) in homeless]
