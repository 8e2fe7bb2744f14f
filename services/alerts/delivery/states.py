"""How each channel fares, in alerts.db. A channel that is set to another receiver begins anew."""

import sqlite3
from dataclasses import astuple

from services.alerts.delivery.breaker import Breaker
from services.alerts.delivery.channel import Listener, Outcome


def load(db: sqlite3.Connection, listener: Listener) -> Breaker:
    """Return how a channel fares."""
    row = db.execute(
        "SELECT failures, retry_at, gone, said, delivered_at FROM channel_states WHERE channel = ? AND target = ?",
        (listener.channel, listener.target),
    ).fetchone()
    if row is None:
        return Breaker()
    failures, retry_at, gone, said, delivered_at = row
    return Breaker(failures, retry_at, bool(gone), said, delivered_at)


def record(db: sqlite3.Connection, listener: Listener, outcome: Outcome, now: int) -> None:
    """Write what became of an attempt, in the caller's transaction. One that works again gets all that waits, now."""
    before = load(db, listener)
    save(db, listener, before.after(outcome, now))
    if outcome.result == "delivered" and before.failures:
        hurry(db, listener, now)


def save(db: sqlite3.Connection, listener: Listener, breaker: Breaker) -> None:
    """Write how a channel fares."""
    db.execute(
        "INSERT OR REPLACE INTO channel_states (channel, target, failures, retry_at, gone, said, delivered_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (listener.channel, listener.target, *astuple(breaker)),
    )


def hurry(db: sqlite3.Connection, listener: Listener, now: int, tenant: str | None = None) -> None:
    """Let everything that waits be due: of one tenant or all."""
    db.execute(
        "UPDATE deliveries SET next_try = min(next_try, ?1) WHERE channel = ?2 AND status = 'waiting'"
        " AND (?3 IS NULL OR tenant = ?3)",
        (now, listener.channel, tenant),
    )
