"""What the routes ask: ranked lists, one alert's trail, the stream of a tenant, deliveries. Always of one tenant."""

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from services.alerts.domain.alert import LIVE, Alert, Status
from services.alerts.domain.rules import SEVERITIES, Severity, rank_of
from services.alerts.store.alerts import LIVE as LIVE_SQL
from services.alerts.store.alerts import alert_from, select

NOBODY = "-"  # the owner to ask for where none is known
_CURSOR = re.compile(r"(\d{1,2})\.(-?\d{1,18})\.(\d{1,18})")


class Trail(NamedTuple):
    """One change of an alert, with the alert as it was then; `because` and `alert` are JSON."""

    trail_no: int
    alert_no: int
    at: int
    change: str
    because: bytes
    alert: bytes


@dataclass(frozen=True, slots=True)
class Filter:
    """Which alerts are asked for; empty: any."""

    statuses: Sequence[Status] = ()
    owner: str = ""
    customer: str = ""  # its number, or one of its ids as kind:value
    rule: str = ""
    map: str = ""
    severities: Sequence[Severity] = ()


@dataclass(slots=True)
class Summary:
    """How many live alerts there are, by status, and those of the statuses asked for by what they have in common."""

    live: int = 0  # open, acknowledged and snoozed together
    open: int = 0
    acknowledged: int = 0
    snoozed: int = 0
    by_rule: Counter[str] = field(default_factory=Counter)
    by_severity: Counter[str] = field(default_factory=Counter)
    by_owner: Counter[str] = field(default_factory=Counter)
    by_map: Counter[str] = field(default_factory=Counter)


def cursor_of(alert: Alert) -> str:
    """Return the `after` that continues behind an alert."""
    return f"{rank_of(alert.said.severity)}.{alert.said.since}.{alert.number}"


def ranked(db: sqlite3.Connection, tenant: str, wanted: Filter, after: str, limit: int) -> list[Alert]:
    """Return alerts, the loudest and then the longest first. Raises ValueError for an `after` that is no cursor."""
    where, values = _conditions(tenant, wanted)
    place: list[int] = []
    if after:
        found = _CURSOR.fullmatch(after)
        if not found:
            message = f"`{after}` is not a `next` of this list"
            raise ValueError(message)
        where.append("(rank, since, alert_no) > (?, ?, ?)")
        place = [int(part) for part in found.groups()]
    question = select(" AND ".join(where) + " ORDER BY rank, since, alert_no LIMIT ?")
    return [alert_from(row) for row in db.execute(question, (*values, *place, limit)).fetchall()]


def _conditions(tenant: str, wanted: Filter) -> tuple[list[str], list[str | int]]:
    """Return what a filter asks, as SQL and its values."""
    where = ["+tenant = ?" if wanted.customer else "tenant = ?"]  # +: by the customer's index, not by the ranking's
    values: list[str | int] = [tenant]
    for column in ("owner", "rule", "map"):
        if value := getattr(wanted, column):
            where.append(f"{column} = ?")
            values.append("" if (column, value) == ("owner", NOBODY) else value)
    if wanted.severities:
        where.append(f"rank IN ({', '.join('?' * len(wanted.severities))})")
        values += [rank_of(severity) for severity in wanted.severities]
    if wanted.statuses:
        where.append(f"status IN ({', '.join('?' * len(wanted.statuses))})")
        values += wanted.statuses
        if set(wanted.statuses) <= set(LIVE):
            where.append(LIVE_SQL)  # the words of the partial index
    if wanted.customer.isdecimal():
        where.append(
            "alert_no IN (SELECT alert_no FROM alerts INDEXED BY alerts_customer"
            " WHERE tenant = ? AND customer_no = CAST(? AS INTEGER))"
        )
        values += [tenant, wanted.customer]
    elif wanted.customer:
        where.append("alert_no IN (SELECT alert_no FROM alert_ids WHERE tenant = ? AND id = ?)")
        values += [tenant, wanted.customer]
    return where, values


def summary(db: sqlite3.Connection, tenant: str, wanted: Filter) -> Summary:
    """Return how many alerts want attention, now or later, and by what those have in common whose status is wanted."""
    where, values = _conditions(tenant, replace(wanted, statuses=LIVE))
    rows = db.execute(
        f"SELECT status, rule, rank, owner, map FROM alerts WHERE {' AND '.join(where)}",  # noqa: S608 (ours)
        values,
    )
    counts = Counter(rows)  # faster than to let SQLite sort them
    by_status: Counter[str] = Counter()
    for (status, *_), count in counts.items():
        by_status[status] += count
    found = Summary(by_status.total(), by_status["open"], by_status["acknowledged"], by_status["snoozed"])
    for (status, rule, rank, owner, map), count in counts.items():
        if wanted.statuses and status not in wanted.statuses:
            continue
        found.by_rule[rule] += count
        found.by_severity[SEVERITIES[-1 - rank]] += count
        found.by_owner[owner] += count
        found.by_map[map] += count
    return found


def trail(db: sqlite3.Connection, number: int) -> list[Trail]:
    """Return everything that happened to an alert, the oldest first."""
    rows = db.execute(
        "SELECT trail_no, alert_no, at, change, because, content FROM alert_trail WHERE alert_no = ? ORDER BY trail_no",
        (number,),
    )
    return [Trail(*row) for row in rows.fetchall()]


def changes(db: sqlite3.Connection, tenant: str, after: int, limit: int) -> list[Trail]:
    """Return the changes of a tenant's alerts behind a trail_no."""
    rows = db.execute(
        "SELECT trail_no, alert_no, at, change, because, content FROM alert_trail"
        " WHERE tenant = ? AND trail_no > ? ORDER BY trail_no LIMIT ?",
        (tenant, after, limit),
    )
    return [Trail(*row) for row in rows.fetchall()]


def last_change(db: sqlite3.Connection, tenant: str) -> int:
    """Return the number of the tenant's last change; 0: none yet."""
    [(number,)] = db.execute("SELECT coalesce(max(trail_no), 0) FROM alert_trail WHERE tenant = ?", (tenant,))
    return int(number)


def live_counts(db: sqlite3.Connection, tenant: str | None = None) -> dict[tuple[str, str, str], int]:
    """Return how many alerts want attention, by tenant, rule and severity."""
    rows = db.execute(
        f"SELECT tenant, rule, rank, count(*) FROM alerts WHERE {LIVE_SQL}"  # noqa: S608 (a constant)
        " AND (?1 IS NULL OR tenant = ?1) GROUP BY tenant, rule, rank",
        (tenant,),
    )
    return {(name, rule, SEVERITIES[-1 - rank]): count for name, rule, rank, count in rows.fetchall()}


def deliveries(
    db: sqlite3.Connection, tenant: str, status: str, after: tuple[int, str], limit: int
) -> list[dict[str, Any]]:
    """Return deliveries, the newest first, behind a (trail_no, channel); (0, ""): from the newest."""
    rows = db.execute(
        "SELECT webhook_id, trail_no, alert_no, channel, target, attempt, next_try, status, said, changed_at"
        " FROM deliveries WHERE tenant = ?1 AND (?2 = '' OR status = ?2) AND (?3 = 0 OR (trail_no, channel) < (?3, ?4))"
        " ORDER BY trail_no DESC, channel DESC LIMIT ?5",
        (tenant, status, *after, limit),
    )
    names = ("webhook_id", "trail", "alert", "channel", "target", "attempt", "next_try", "status", "said", "changed_at")
    return [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
