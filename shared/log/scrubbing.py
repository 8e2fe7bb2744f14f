"""Erasing the content of records in the SQL log: the segment is packed anew, its place and its records' offsets stay.

A reader sees a segment as it was or as it is, never between: its read is one snapshot of the database.
"""

import sqlite3

from shared.log.event_log import Change, NewRecord
from shared.log.segments import pack, unpack

SCRUB_SEGMENTS = 2000  # looked at in one go, and at most so many bytes of them
SCRUB_BYTES = 8 * 1024 * 1024

_SOME = (
    "SELECT first, count, machine_at, body FROM log_segments WHERE topic = ? AND part = ? AND first >= ?"
    " ORDER BY first LIMIT ?"
)
_ONE = "SELECT first, machine_at, body FROM log_segments WHERE topic = ? AND part = ? AND first = ?"


def find(connection: sqlite3.Connection, place: tuple[str, int, int], change: Change) -> tuple[list[int], int]:
    """Return the segments from a place (topic, part, offset) on that hold what shall change, and where to go on.

    The offset is the first of a segment. Looks at a bounded number; goes on from the end when all was seen.
    """
    topic, part, start = place
    found: list[int] = []
    size, next_ = 0, start
    cursor = connection.execute(_SOME, (topic, part, start, SCRUB_SEGMENTS))
    try:
        for first, count, machine_at, body in cursor:
            next_ = first + count
            records = unpack(topic, part, (first, machine_at, body), first, count)
            if any(change(record) is not None for record in records):
                found.append(first)
            size += len(body)
            if size >= SCRUB_BYTES:
                break
    finally:
        cursor.close()  # ends a read transaction
    return found, next_


def replace(connection: sqlite3.Connection, place: tuple[str, int, int], change: Change) -> None:
    """Pack one segment anew, in the caller's write transaction; one that was trimmed away stays away."""
    topic, part, _ = place
    row = connection.execute(_ONE, place).fetchone()
    if row is None:
        return
    records = unpack(topic, part, row, row[0], 1 << 31)
    fresh = [change(record) or NewRecord(record.key, record.value, record.headers) for record in records]
    connection.execute(
        "UPDATE log_segments SET body = ? WHERE topic = ? AND part = ? AND first = ?", (pack(fresh), *place)
    )


def scrub_in(connection: sqlite3.Connection, place: tuple[str, int, int], change: Change) -> int:
    """Scrub a bounded number of records inside the caller's write transaction; return the offset to go on from."""
    topic, part, _ = place
    found, next_ = find(connection, place, change)
    for first in found:
        replace(connection, (topic, part, first), change)
    return next_
