"""The picture of a map that its pages share: made in one pass, so that no two of them disagree on a number."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from services.journey.domain.maps.load import load_map
from services.journey.domain.maps.model import JourneyMap
from services.journey.domain.outcomes_by import Every
from services.journey.learn.crowd import walk
from services.journey.learn.outcomes import OutcomeTally, outcomes_of
from services.journey.learn.snapshots import Key, Snapshots
from services.journey.learn.standing import StandingTally, overview_of
from services.journey.store import maps, offsets
from services.journey.store.deviations import deviating
from shared.clock import Clock

Json = dict[str, Any]
Database = Callable[[], AbstractContextManager[sqlite3.Connection]]


@dataclass(frozen=True, slots=True)
class Picture:
    """All journeys of a map, counted at one moment of the database."""

    map: JourneyMap
    published_at: int
    as_of: int  # the clock when it was counted
    heard_until: int
    overview: Json
    outcomes: Mapping[Every, Json]


Pictures = Snapshots[Picture]


def pictures(database: Database, clock: Clock, lateness: int) -> Pictures:
    """Return the pictures by tenant, map and version (as text); a version that is not there raises LookupError."""

    def make(key: Key) -> Picture:
        tenant, name, version = key
        with database() as db:
            row = maps.version(db, tenant, name, int(version))
            if row is None:
                message = f"map {name} has no version {version}"
                raise LookupError(message)
            map = load_map(row.yaml)
            standing = StandingTally()
            came_of_it = OutcomeTally()
            walk(db, tenant, name, [standing, came_of_it])
            now = clock.now()
            overview = overview_of(map, standing, deviating(db, tenant, name), now)
            heard_until = offsets.heard_until(db)
        outcomes = outcomes_of(map, came_of_it.passages, heard_until - lateness)
        return Picture(map, row.published_at, now, heard_until, overview, outcomes)

    return Snapshots(make)
