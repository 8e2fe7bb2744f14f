"""Customers on no map: what they did is told nowhere else, and a misnamed event is the commonest reason."""

from collections import Counter
from typing import NamedTuple

import msgspec

from services.journey.learn.picture import Database
from services.journey.learn.snapshots import Key, Snapshots
from services.journey.store import maps
from services.journey.store.charts import Charts
from shared.events import decode_touchpoint

LOOKED_AT = 500  # of these customers, the newest
MOST_TOUCHPOINTS = 100  # of each of them
MOST_EVENTS = 20

ON_NO_MAP = (
    "WITH nobody AS MATERIALIZED (SELECT c.customer_no FROM customers c WHERE c.tenant = ? AND c.merged_into IS NULL"
    " AND c.subject IN (SELECT value FROM json_each(?))"
    " AND NOT EXISTS (SELECT 1 FROM journeys j WHERE j.customer_no = c.customer_no))"
    " SELECT customer_no, (SELECT count(*) FROM nobody) FROM nobody ORDER BY customer_no DESC LIMIT ?"
)


class OnNoMap(NamedTuple):
    """How many customers have no journey on any map, and what those that came last did, the commonest event first."""

    customers: int
    events: list[tuple[str, int]]  # with how many of the customers did it


AllOnNoMap = Snapshots[OnNoMap]


def on_no_map(database: Database, charts: Charts) -> AllOnNoMap:
    """Return by tenant who is on no map: persons where a map is of persons, accounts where one is of accounts.

    A customer who only told who they are counts as well: with no event.
    """

    def make(key: Key) -> OnNoMap:
        [tenant] = key
        with database() as db:
            newest_maps = maps.newest_maps(db, tenant)
            subjects = {charts.of(db, tenant, row.map, row.version).map.subject for row in newest_maps}
            asked = (tenant, msgspec.json.encode(subjects).decode(), LOOKED_AT)
            newest = db.execute(ON_NO_MAP, asked).fetchall()
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
