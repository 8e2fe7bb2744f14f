"""The queue of webhooks: rows of alerts.db, written in the transaction of the change that they tell of.

A webhook's id stays the same over its attempts, so that a receiver can drop what it already has. Of one alert the
earlier change goes first: a later one waits until the earlier is delivered or given up. Times: machine microseconds.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from shared.clock import HOUR, MINUTE, SECOND

DELAYS = (
    5 * SECOND,
    5 * MINUTE,
    30 * MINUTE,
    2 * HOUR,
    5 * HOUR,
    10 * HOUR,
    14 * HOUR,
    20 * HOUR,
    24 * HOUR,
)
LONGEST_WAIT = 24 * HOUR  # of a receiver's Retry-After


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook that is due: the change it tells of and how often it was tried."""

    webhook_id: str
    tenant: str
    attempt: int
    change: str
    at: int
    because: bytes  # JSON
    alert: bytes  # JSON


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: what the receiver said, and when it wants to hear again."""

    result: str  # delivered | refused | busy | unreachable | gone | forbidden
    said: str
    retry_after: int | None = None  # microseconds


def enqueue(db: sqlite3.Connection, tenant: str, trail: tuple[int, int], target: str, now: int) -> None:
    """Queue a change, given as (trail_no, alert_no), for a target; one that is gone gets nothing."""
    if db.execute("SELECT 1 FROM webhook_targets WHERE target = ?", (target,)).fetchone():
        return
    db.execute(
        "INSERT INTO deliveries (webhook_id, tenant, trail_no, alert_no, target, attempt, next_try, status, said,"
        " changed_at) VALUES (?, ?, ?, ?, ?, 0, ?, 'waiting', '', ?)",
        (f"msg_{secrets.token_urlsafe(18)}", tenant, *trail, target, now, now),
    )


def due(db: sqlite3.Connection, now: int) -> Delivery | None:
    """Return the webhook that has waited longest for its turn."""
    row = db.execute(
        "SELECT d.webhook_id, d.tenant, d.attempt, t.change, t.at, t.because, t.content"
        " FROM deliveries d JOIN alert_trail t ON t.trail_no = d.trail_no"
        " WHERE d.status = 'waiting' AND d.next_try <= ? AND NOT EXISTS (SELECT 1 FROM deliveries e"
        " WHERE e.alert_no = d.alert_no AND e.trail_no < d.trail_no AND e.status = 'waiting')"
        " ORDER BY d.next_try, d.trail_no LIMIT 1",
        (now,),
    ).fetchone()
    return Delivery(*row) if row else None


def settle(  # noqa: PLR0913, PLR0917 (what happened, where, when)
    db: sqlite3.Connection,
    delivery: Delivery,
    target: str,
    outcome: Outcome,
    now: int,
    delays: Sequence[int] = DELAYS,
) -> None:
    """Write what became of an attempt, in the caller's transaction."""
    attempt = delivery.attempt + 1
    status, next_try = "waiting", now
    if outcome.result == "delivered":
        status = "delivered"
    elif outcome.result == "gone":
        status = "gone"
    elif attempt > len(delays):
        status = "failed"
    else:
        next_try = now + max(delays[attempt - 1], min(outcome.retry_after or 0, LONGEST_WAIT))
    db.execute(
        "UPDATE deliveries SET status = ?, attempt = ?, next_try = ?, said = ?, target = ?, changed_at = ?"
        " WHERE webhook_id = ?",
        (status, attempt, next_try, outcome.said, target, now, delivery.webhook_id),
    )
    if outcome.result == "gone":
        disable(db, target, outcome.said, now)


def disable(db: sqlite3.Connection, target: str, said: str, now: int) -> None:
    """Send a target nothing more: it answered that it is gone."""
    db.execute(
        "INSERT OR IGNORE INTO webhook_targets (target, disabled_at, said) VALUES (?, ?, ?)", (target, now, said)
    )
    db.execute(
        "UPDATE deliveries SET status = 'gone', said = ?, changed_at = ? WHERE status = 'waiting'",
        (said, now),
    )


def disabled(db: sqlite3.Connection, target: str) -> str:
    """Return why a target gets nothing any more; empty: it does."""
    row = db.execute("SELECT said FROM webhook_targets WHERE target = ?", (target,)).fetchone()
    return str(row[0]) if row else ""


def resume(db: sqlite3.Connection, target: str, tenant: str, now: int) -> int:
    """Send a target again, and what of a tenant was given up; return how many that is."""
    db.execute("DELETE FROM webhook_targets WHERE target = ?", (target,))
    return db.execute(
        "UPDATE deliveries SET status = 'waiting', attempt = 0, next_try = ?, changed_at = ?"
        " WHERE tenant = ? AND status IN ('failed', 'gone')",
        (now, now, tenant),
    ).rowcount


def waiting(db: sqlite3.Connection, tenant: str | None = None) -> int:
    """Return how many webhooks wait, of one tenant or of all."""
    [(count,)] = db.execute(
        "SELECT count(*) FROM deliveries WHERE status = 'waiting' AND (?1 IS NULL OR tenant = ?1)", (tenant,)
    )
    return int(count)
