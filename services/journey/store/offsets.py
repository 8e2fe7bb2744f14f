"""How far the log is consumed and heard, in the same database and transaction as what was made of it."""

import sqlite3

from shared.log.event_log import TOUCHPOINTS, LogMismatchError


class FencedError(Exception):
    """Raised when somebody else moved the offset: roll back, drop the caches, read the offset again."""


def load(db: sqlite3.Connection, log_id: str, parts: int) -> dict[int, int]:
    """Return the next offset of each partition, writing those that are new. Inside a transaction.

    Raises LogMismatchError when the stored offsets are of another log.
    """
    for part in range(parts):
        db.execute("INSERT INTO offsets VALUES (?, ?, 0, 0, ?) ON CONFLICT DO NOTHING", (TOUCHPOINTS, part, log_id))
    rows = db.execute("SELECT part, next, log_id FROM offsets WHERE topic = ?", (TOUCHPOINTS,)).fetchall()
    if others := {row[2] for row in rows} - {log_id}:
        message = (
            f"journey.db was fed from log {', '.join(sorted(others))}, but log.db is {log_id}: put the matching log.db"
            " back, or move journey.db and alerts.db away to start anew from this log"
        )
        raise LogMismatchError(message)
    return {row[0]: row[1] for row in rows}


def advance(db: sqlite3.Connection, part: int, expected: int, next_: int, heard_until: int) -> None:
    """Move a partition's offset and what was heard of it. Raises FencedError when it is not where we left it."""
    cursor = db.execute(
        "UPDATE offsets SET next = ?, heard_until = max(heard_until, ?) WHERE topic = ? AND part = ? AND next = ?",
        (next_, heard_until, TOUCHPOINTS, part, expected),
    )
    if cursor.rowcount != 1:
        message = f"partition {part} is no longer at offset {expected}"
        raise FencedError(message)


def heard_until(db: sqlite3.Connection) -> int:
    """Return the time up to which every partition has been heard; 0 before the first."""
    found: int = db.execute(
        "SELECT coalesce(min(heard_until), 0) FROM offsets WHERE topic = ?", (TOUCHPOINTS,)
    ).fetchone()[0]
    return found


def consumed(db: sqlite3.Connection) -> dict[int, int]:
    """Return the next offset of each partition."""
    return dict(db.execute("SELECT part, next FROM offsets WHERE topic = ?", (TOUCHPOINTS,)).fetchall())
