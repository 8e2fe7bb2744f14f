"""How many journeys of a map deviate, by kind and by what the deviation is about: counted in an index of its own."""

import sqlite3
from collections import defaultdict
from typing import NamedTuple

NO_DEVIATION = (
    "kind NOT IN ('opened', 'position', 'reached', 'completed', 'lost', 'stalled', 'beyond', 'cruising')"  # the index's
)
STANDING = f"FROM findings WHERE tenant = ? AND map = ? AND stands AND {NO_DEVIATION}"
COUNTED = f"SELECT kind, slot, count(*) {STANDING} GROUP BY kind, slot"


class Deviating(NamedTuple):
    """How many journeys have a kind of deviation about a step or an event."""

    kind: str
    about: str
    journeys: int


def deviating(db: sqlite3.Connection, tenant: str, map: str) -> list[Deviating]:
    """Return the deviations that stand on a map, the commonest first; a journey counts once for each."""
    slots: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for kind, slot, count in db.execute(COUNTED, (tenant, map)):
        slots[kind, _about(slot)].append((slot, count))
    found = [
        Deviating(kind, about, several[0][1] if len(several) == 1 else _distinct(db, tenant, map, kind, several))
        for (kind, about), several in slots.items()
    ]
    return sorted(found, key=lambda each: (-each.journeys, each.kind, each.about))


def _about(slot: str) -> str:
    """Return what a finding is about from its slot, `path:kickoff:1`."""
    return slot.partition(":")[2].rpartition(":")[0]


def _distinct(db: sqlite3.Connection, tenant: str, map: str, kind: str, slots: list[tuple[str, int]]) -> int:
    """Count the journeys of several slots: the second round of a repeat may have what the first one had too."""
    journeys: set[tuple[int, int]] = set()
    for slot, _ in slots:
        journeys.update(
            db.execute(
                f"SELECT customer_no, n {STANDING} AND kind = ? AND slot = ?",
                (tenant, map, kind, slot),
            ).fetchall()
        )
    return len(journeys)
