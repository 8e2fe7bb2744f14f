"""The queues of the channels: rows of alerts.db, written in the transaction of the change that they tell of.

A delivery's id stays the same over its attempts, so that a receiver can drop what it already has. On each channel the
earlier change of an alert goes first: a later one waits until the earlier is delivered or given up. Times: machine
microseconds.
"""

import json
import secrets
import sqlite3
from collections.abc import Sequence

from services.alerts.delivery import states
from services.alerts.delivery.channel import Delivery, Listener, Outcome
from services.alerts.domain.alert import OF_STATUS, Alert, Change
from services.alerts.domain.rules import SEVERITIES
from services.alerts.domain.telling import telling
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


def enqueue(db: sqlite3.Connection, listener: Listener, change: tuple[int, Change], alert: Alert, now: int) -> None:
    """Queue a change, given as (trail_no, what changed), for a channel that wants it; one that is gone gets nothing."""
    if not _wants(db, listener, change, alert) or states.load(db, listener).gone:
        return
    db.execute(
        "INSERT INTO deliveries (webhook_id, tenant, trail_no, alert_no, channel, target, attempt, next_try, status,"
        " said, changed_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, 'waiting', '', ?)",
        (
            f"msg_{secrets.token_urlsafe(18)}",
            alert.subject.tenant,
            change[0],
            alert.number,
            listener.channel,
            listener.target,
            now + listener.hold,
            now,
        ),
    )


def _wants(db: sqlite3.Connection, listener: Listener, change: tuple[int, Change], alert: Alert) -> bool:
    """Whether a channel hears of a change: programs of every change of status, people of what concerns them."""
    trail_no, what = change
    if listener.least is None:
        return what in OF_STATUS
    when = telling(alert, what, listener.least)
    if when in {"always", "never"}:
        return when == "always"
    if when == "unless loud before":
        loud = SEVERITIES[SEVERITIES.index(listener.least) :]
        return not db.execute(
            "SELECT 1 FROM alert_trail WHERE alert_no = ? AND trail_no < ?"
            " AND json_extract(CAST(content AS TEXT), '$.severity') IN (SELECT value FROM json_each(?)) LIMIT 1",
            (alert.number, trail_no, json.dumps(loud)),
        ).fetchone()
    told = db.execute(
        "SELECT 1 FROM deliveries WHERE alert_no = ? AND channel = ? AND status IN ('waiting', 'delivered')",
        (alert.number, listener.channel),
    ).fetchone()
    before = db.execute(
        "SELECT change FROM alert_trail WHERE alert_no = ? AND trail_no < ? AND change NOT IN ('updated', 'moved')"
        " ORDER BY trail_no DESC LIMIT 1",
        (alert.number, trail_no),
    ).fetchone()
    return bool(told) and before != ("snoozed",)  # what ends while it is snoozed ends in silence


def due(db: sqlite3.Connection, channel: str, now: int, limit: int = 1) -> list[Delivery]:
    """Return what has waited longest for its turn on a channel."""
    rows = db.execute(
        "SELECT d.webhook_id, d.tenant, d.attempt, t.change, t.at, t.because, t.content, a.status, EXISTS (SELECT 1"
        " FROM deliveries e WHERE e.alert_no = d.alert_no AND e.channel = d.channel AND e.trail_no < d.trail_no"
        " AND e.status = 'delivered')"
        " FROM deliveries d JOIN alert_trail t ON t.trail_no = d.trail_no LEFT JOIN alerts a ON a.alert_no = d.alert_no"
        " WHERE d.channel = ? AND d.status = 'waiting' AND d.next_try <= ? AND NOT EXISTS (SELECT 1 FROM deliveries e"
        " WHERE e.alert_no = d.alert_no AND e.channel = d.channel AND e.trail_no < d.trail_no"
        " AND e.status = 'waiting')"
        " ORDER BY d.next_try, d.trail_no LIMIT ?",
        (channel, now, limit),
    )
    return [Delivery(*row) for row in rows.fetchall()]


def settle(
    db: sqlite3.Connection,
    batch: Sequence[Delivery],
    outcome: Outcome,
    now: int,
    delays: Sequence[int] = DELAYS,
) -> None:
    """Write what became of an attempt to deliver a batch, in the caller's transaction."""
    for delivery in batch:
        attempt = delivery.attempt + 1
        status, next_try = "waiting", now
        if outcome.result in {"delivered", "gone"}:
            status = outcome.result
        elif attempt > len(delays):
            status = "failed"
        else:
            next_try = now + max(delays[attempt - 1], min(outcome.retry_after or 0, LONGEST_WAIT))
        db.execute(
            "UPDATE deliveries SET status = ?, attempt = ?, next_try = ?, said = ?, changed_at = ?"
            " WHERE webhook_id = ?",
            (status, attempt, next_try, outcome.said, now, delivery.webhook_id),
        )


def skip(db: sqlite3.Connection, batch: Sequence[Delivery], now: int) -> None:
    """Let go what is no news any more, in the caller's transaction."""
    db.executemany(
        "UPDATE deliveries SET status = 'skipped', said = 'no news any more', changed_at = ? WHERE webhook_id = ?",
        [(now, delivery.webhook_id) for delivery in batch],
    )


def give_up(db: sqlite3.Connection, channel: str, said: str, now: int) -> None:
    """Let go everything that waits on a channel whose receiver is gone."""
    db.execute(
        "UPDATE deliveries SET status = 'gone', said = ?, changed_at = ? WHERE channel = ? AND status = 'waiting'",
        (said, now, channel),
    )


def resume(db: sqlite3.Connection, listeners: Sequence[Listener], tenant: str, now: int) -> int:
    """Let channels try once more, and send what of a tenant was given up on them; return how many deliveries that is.

    The receiver is everybody's, so what waits of other tenants keeps its time until that one attempt has worked.
    """
    count = 0
    for listener in listeners:
        states.save(db, listener, states.load(db, listener).resumed(now))
        states.hurry(db, listener, now, tenant)
        count += db.execute(
            "UPDATE deliveries SET status = 'waiting', attempt = 0, next_try = ?, changed_at = ?"
            " WHERE tenant = ? AND channel = ? AND status IN ('failed', 'gone')",
            (now, now, tenant, listener.channel),
        ).rowcount
    return count


def waiting(db: sqlite3.Connection, channel: str = "", tenant: str | None = None) -> int:
    """Return how many deliveries wait: of one channel or all, of one tenant or all."""
    [(count,)] = db.execute(
        "SELECT count(*) FROM deliveries WHERE status = 'waiting' AND (?1 = '' OR channel = ?1)"
        " AND (?2 IS NULL OR tenant = ?2)",
        (channel, tenant),
    )
    return int(count)
