"""Forgetting in the alerts: a customer with all that hangs on it, and what is old. In the caller's transaction."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import TypeAlias

from services.alerts.store import marks
from shared.log.event_log import DEAD_LETTERS, NOTHING, NewRecord, Record
from shared.log.scrubbing import scrub_in

Forget: TypeAlias = Callable[[sqlite3.Connection, int, int], int]  # what is older than, at most so many: how many
HANGING = ("deliveries", "alert_trail", "alert_ids", "alerts")  # the tables with a column `alert_no`


def forget_alerts(db: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Delete alerts with their trail, ids and deliveries."""
    each = [(number,) for number in numbers]
    for table in HANGING:
        db.executemany(f"DELETE FROM {table} WHERE alert_no = ?", each)  # noqa: S608 (constants)


def forget_customer(db: sqlite3.Connection, tenant: str, customer: int, seq: int) -> None:
    """Delete everything about a customer; what was said of it up to a seq calls nobody, even if it is read again."""
    found = db.execute("SELECT alert_no FROM alerts WHERE tenant = ? AND customer_no = ?", (tenant, customer))
    forget_alerts(db, [row[0] for row in found.fetchall()])
    db.execute(
        "DELETE FROM fact_marks WHERE finding >= ? AND finding < ? AND tenant = ?",  # a finding is `customer/…`
        (f"{customer}/", f"{customer}0", tenant),
    )
    marks.merge(db, tenant, customer, 0, seq)
    _scrub_letters(db, f"{tenant}\0{customer}".encode())


def _scrub_letters(db: sqlite3.Connection, key: bytes) -> None:
    """Blot out the dead letters of a customer; there are few, so all of them are looked at."""

    def gone(record: Record) -> NewRecord | None:
        return NOTHING if record.key == key else None

    start, reached = -1, 0
    while reached > start:
        start = reached
        reached = scrub_in(db, (DEAD_LETTERS, 0, start), gone)


def forget_closed(db: sqlite3.Connection, before: int, limit: int) -> int:
    """Delete alerts that were closed before a time; one whose finding still stands keeps others from calling again."""
    rows = db.execute(
        "SELECT alert_no FROM alerts a WHERE status IN ('resolved', 'ended', 'withdrawn') AND changed_at < ?"
        " AND NOT EXISTS (SELECT 1 FROM fact_marks m WHERE m.alert_no = a.alert_no AND m.verdict = 'calls') LIMIT ?",
        (before, limit),
    )
    numbers = [row[0] for row in rows.fetchall()]
    db.executemany("UPDATE fact_marks SET alert_no = NULL WHERE alert_no = ?", [(number,) for number in numbers])
    forget_alerts(db, numbers)
    return len(numbers)


def forget_delivered(db: sqlite3.Connection, before: int, limit: int) -> int:
    """Delete deliveries that were sent or given up before a time."""
    return db.execute(
        "DELETE FROM deliveries WHERE rowid IN"
        " (SELECT rowid FROM deliveries WHERE status <> 'waiting' AND changed_at < ? LIMIT ?)",
        (before, limit),
    ).rowcount
