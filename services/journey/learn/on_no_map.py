"""Customers on no map: what they did is told nowhere else, and a misnamed event is the commonest reason."""

import sqlite3
from collections import Counter
from typing import NamedTuple

from services.journey.learn.picture import Database
from services.journey.learn.snapshots import Key, Snapshots
from services.journey.store import lists, maps
from services.journey.store.charts import Charts
from services.journey.store.lists import as_json
from shared.events import decode_touchpoint

LOOKED_AT = 500  # of these customers, the newest
MOST_TOUCHPOINTS = 100  # of each of them
MOST_EVENTS = 20

NOBODY = (
    "WITH nobody AS MATERIALIZED (SELECT c.customer_no FROM customers c"
    " WHERE c.tenant = ? AND c.merged_into IS NULL{condition})"
    " SELECT customer_no, (SELECT count(*) FROM nobody) FROM nobody ORDER BY customer_no DESC LIMIT ?"
)


class OnNoMap(NamedTuple):
    """How many customers have no journey on any map, and what those that came last did, the commonest event first."""

    customers: int
    events: list[tuple[str, int]]  # with how many of the customers did it


AllOnNoMap = Snapshots[OnNoMap]


def on_no_map(database: Database, charts: Charts) -> AllOnNoMap:
    """Return by tenant who is on no map: persons where a map is of persons, accounts where one is of accounts.

    Who belongs to an account with a journey, or did something for it, is on its map.
    A customer who only told who they are counts as well: with no event.
    """

    def make(key: Key) -> OnNoMap:
        [tenant] = key
        with database() as db:
            subjects = subjects_of(db, charts, tenant)
            question = NOBODY.format(condition=lists.on_no_map(subjects))
            newest = db.execute(question, (tenant, as_json(subjects), LOOKED_AT)).fetchall()
            did: Counter[str] = Counter()
            for number, _ in newest:
                rows = db.execute(
                    "SELECT body FROM touchpoints WHERE id_no IN (SELECT id_no FROM ids WHERE customer_no = ?) LIMIT ?",
                    (number, MOST_TOUCHPOINTS),
                )
                touchpoints = (decode_touchpoint(body) for (body,) in rows)
                did.update({each.event for each in touchpoints if each.event})
        return OnNoMap(newest[0][1] if newest else 0, did.most_common(MOST_EVENTS))

    return Snapshots(make)


def subjects_of(db: sqlite3.Connection, charts: Charts, tenant: str) -> set[str]:
    """Return whom a tenant's maps are of: persons, accounts."""
    return {charts.of(db, tenant, row.map, row.version).map.subject for row in maps.newest_maps(db, tenant)}
