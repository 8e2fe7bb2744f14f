"""Stored touchpoints: each counts once, by (id, original time, hash of source and event id).

Everything here runs inside the caller's transaction.
"""

import sqlite3
from typing import Literal, NamedTuple

from services.journey.store.identities import Identities
from shared.events import Touchpoint, decode_touchpoint, event_hash, history_key, signed64

Fate = Literal["new", "duplicate", "conflict"]


class Stored(NamedTuple):
    """A touchpoint of a history, with the number of the id that it belongs to."""

    touchpoint: Touchpoint
    id_no: int


def insert(db: sqlite3.Connection, id_no: int, account_no: int | None, touchpoint: Touchpoint, body: bytes) -> Fate:
    """Store a touchpoint unless it is there. A conflict has the same key as a stored one and other content."""
    hashed = event_hash(touchpoint.source, touchpoint.event_id)
    digest = signed64(touchpoint.digest)
    cursor = db.execute(
        "INSERT INTO touchpoints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            id_no,
            touchpoint.original_at,
            hashed,
            touchpoint.tenant,
            account_no,
            touchpoint.occurred_at,
            touchpoint.ordinal,
            touchpoint.received_at,
            touchpoint.event_id,
            touchpoint.source,
            digest,
            body,
        ),
    )
    if cursor.rowcount:
        return "new"
    known = db.execute(
        "SELECT digest, event_id, source FROM touchpoints WHERE id_no = ? AND original_at = ? AND event_hash = ?",
        (id_no, touchpoint.original_at, hashed),
    ).fetchone()
    return "duplicate" if known == (digest, touchpoint.event_id, touchpoint.source) else "conflict"


def history_of(db: sqlite3.Connection, identities: Identities, customer: int, subject: str) -> list[Stored]:
    """Return a customer's touchpoints in history order.

    An account's are those that name it, and those of its members since they joined that name none.
    """
    numbers = [number for number, _, _ in identities.ids_of(customer)]
    if subject == "person":
        found = [stored for number in numbers for stored in _of_id(db, number)]
    else:
        rows = db.execute("SELECT body, id_no FROM touchpoints WHERE account_no = ?", (customer,))
        found = [Stored(decode_touchpoint(body), id_no) for body, id_no in rows]
        for person, since in identities.members(customer):
            for number, _, _ in identities.ids_of(person):
                theirs = _of_id(db, number, " AND account_no IS NULL")
                found += [stored for stored in theirs if history_key(stored.touchpoint) >= since]
    return sorted(found, key=_order)


def _of_id(db: sqlite3.Connection, id_no: int, only: str = "") -> list[Stored]:
    rows = db.execute(f"SELECT body FROM touchpoints WHERE id_no = ?{only}", (id_no,))  # noqa: S608 (constants)
    return [Stored(decode_touchpoint(body), id_no) for (body,) in rows]


def _order(stored: Stored) -> tuple[object, ...]:
    return (*history_key(stored.touchpoint), stored.id_no)
