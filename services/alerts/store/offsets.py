"""How far the facts are read, partition by partition: written in the transaction of what they changed."""

import sqlite3
from dataclasses import dataclass

from shared.log.event_log import LogMismatchError


class FencedError(Exception):
    """Raised when another consumer moved the offset: this one must read it again before it goes on."""


@dataclass(frozen=True, slots=True)
class Place:
    """A partition's next offset, and how far absence is judged in it."""

    next: int
    log_id: str
    heard_until: int = 0
    judged_until: int = 0


def load(db: sqlite3.Connection, topic: str) -> dict[int, Place]:
    """Return the place in each partition that was ever read."""
    rows = db.execute(
        "SELECT part, next, log_id, heard_until, judged_until FROM offsets WHERE topic = ?", (topic,)
    ).fetchall()
    return {part: Place(*rest) for part, *rest in rows}


def start(db: sqlite3.Connection, topic: str, part: int, place: Place) -> None:
    """Begin a partition."""
    db.execute(
        "INSERT INTO offsets (topic, part, next, log_id, heard_until, judged_until) VALUES (?, ?, ?, ?, ?, ?)",
        (topic, part, place.next, place.log_id, place.heard_until, place.judged_until),
    )


def advance(db: sqlite3.Connection, topic: str, part: int, expected: int, place: Place) -> None:
    """Move on. Raises FencedError where the place is no longer the expected one."""
    moved = db.execute(
        "UPDATE offsets SET next = ?, heard_until = max(heard_until, ?), judged_until = max(judged_until, ?)"
        " WHERE topic = ? AND part = ? AND next = ? AND log_id = ?",
        (place.next, place.heard_until, place.judged_until, topic, part, expected, place.log_id),
    ).rowcount
    if moved != 1:
        message = f"{topic}/{part} is no longer at {expected}: another consumer reads it"
        raise FencedError(message)


def check(place: Place, log_id: str, topic: str, part: int) -> None:
    """Raise LogMismatchError where a place is of another log."""
    if place.log_id != log_id:
        message = (
            f"{topic}/{part}: alerts.db was read from log {place.log_id}, and journey.db now holds log {log_id}. "
            "Restore the journey.db that belongs to it, or move both away to judge everything again from the log."
        )
        raise LogMismatchError(message)
