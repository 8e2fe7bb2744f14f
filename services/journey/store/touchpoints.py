"""Stored touchpoints: each counts once, by (id, original time, hash of source and event id).

Everything here runs inside the caller's transaction.
"""

import sqlite3
from collections.abc import Iterable
from typing import Literal, NamedTuple

from services.journey.domain.identity import Key
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


def history_of_person(db: sqlite3.Connection, id_nos: Iterable[int]) -> list[Stored]:
    """Return all touchpoints of some ids, in history order."""
    found = []
    for id_no in id_nos:
        rows = db.execute("SELECT body FROM touchpoints WHERE id_no = ?", (id_no,))
        found += [Stored(decode_touchpoint(body), id_no) for (body,) in rows]
    return sorted(found, key=_order)


def history_of_account(
    db: sqlite3.Connection,
    account: int,
    members: Iterable[tuple[list[int], Key]],
) -> list[Stored]:
    """Return the touchpoints that name an account, and those of its members since they joined that name none."""
    rows = db.execute("SELECT body, id_no FROM touchpoints WHERE account_no = ?", (account,))
    found = [Stored(decode_touchpoint(body), id_no) for body, id_no in rows]
    for id_nos, since in members:
        for id_no in id_nos:
            rows = db.execute(
                "SELECT body FROM touchpoints WHERE id_no = ? AND account_no IS NULL AND occurred_at >= ?",
                (id_no, since[0]),
            )
            theirs = [Stored(decode_touchpoint(body), id_no) for (body,) in rows]
            found += [stored for stored in theirs if history_key(stored.touchpoint) >= since]
    return sorted(found, key=_order)


def _order(stored: Stored) -> tuple[object, ...]:
    return (*history_key(stored.touchpoint), stored.id_no)
