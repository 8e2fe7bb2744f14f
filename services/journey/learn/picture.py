"""What the pages of a map share, counted in one pass each, so that no two of them disagree on a number."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.journey.domain.maps.model import JourneyMap
from services.journey.domain.outcomes_by import Every
from services.journey.learn.crowd import crowd
from services.journey.learn.outcomes import outcomes_of, passage_of
from services.journey.learn.snapshots import MOST, Key, Snapshots
from services.journey.learn.standing import StandingTally, overview_of
from services.journey.store import maps, offsets, reads
from services.journey.store.charts import Charts
from services.journey.store.deviations import deviating
from shared.clock import Clock

Json = dict[str, Any]
Database = Callable[[], AbstractContextManager[sqlite3.Connection]]


@dataclass(frozen=True, slots=True)
class Picture:
    """Who stands where on a map, at one moment of the database."""

    map: JourneyMap
    as_of: int  # the clock when it was counted
    heard_until: int
    overview: Json


@dataclass(frozen=True, slots=True)
class Results:
    """What came of all journeys of a map, by week and by month, at one moment of the database."""

    map: JourneyMap
    as_of: int
    heard_until: int
    outcomes: Mapping[Every, Json]


Pictures = Snapshots[Picture]
AllResults = Snapshots[Results]


def pictures(database: Database, charts: Charts, clock: Clock) -> Pictures:
    """Return the pictures by tenant, map and version (as text); a version that is not there raises LookupError."""

    def make(key: Key) -> Picture:
        tenant, name, version = key
        with database() as db:
            chart, standing = charts.of(db, tenant, name, int(version)), StandingTally()
            for row in crowd(db, tenant, name):
                standing.add(row)
            now = clock.now()
            overview = overview_of(chart, standing, deviating(db, tenant, name), now)
            return Picture(chart.map, now, offsets.heard_until(db), overview)

    return Snapshots(make)


def results(database: Database, charts: Charts, clock: Clock, lateness: int) -> AllResults:
    """Return the results by tenant, map and version (as text); a version that is not there raises LookupError.

    They cost several times what a picture does, so they are counted apart, when somebody asks.
    """

    def make(key: Key) -> Results:
        tenant, name, version = key
        with database() as db:
            map = charts.of(db, tenant, name, int(version)).map
            passages = [passage_of(row) for row in crowd(db, tenant, name)]
            now, heard_until = clock.now(), offsets.heard_until(db)
        return Results(map, now, heard_until, outcomes_of(map, passages, heard_until - lateness))

    return Snapshots(make)


@dataclass(frozen=True, slots=True)
class Warming:
    """Keeps what the pages ask for at hand: who looks first after a start, or after a while, waits for nothing."""

    database: Database
    pictures: Pictures
    results: AllResults
    of_tenants: tuple[Snapshots[Any], ...]  # what is asked by tenant alone

    def renew(self) -> None:
        """Ask for the newest version of each map and for what concerns all of a tenant's maps, as a page would."""
        with self.database() as db:
            newest = [(row.tenant, row.map, str(row.version)) for row in maps.newest_maps(db)]
        for asked in newest[:MOST]:
            self.pictures.get(*asked)
            self.results.get(*asked)
        for tenant in sorted({tenant for tenant, _, _ in newest}):
            for answers in self.of_tenants:
                answers.get(tenant)


class Counts(NamedTuple):
    """How many customers a tenant has, and how many of them could not be judged."""

    customers: int
    unjudged: int


AllCounts = Snapshots[Counts]


def counts(database: Database) -> AllCounts:
    """Return the counts by tenant."""

    def make(key: Key) -> Counts:
        with database() as db:
            return Counts(reads.customers(db, key[0]), reads.unjudged(db, key[0]))

    return Snapshots(make)
