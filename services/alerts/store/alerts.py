"""The rows of alerts and of their trail. Writing is one transaction of the caller's."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from services.alerts.domain.alert import Alert, Change, Content, Said, Subject
from services.alerts.domain.rules import rank_of
from services.alerts.domain.shown import shown

COLUMNS = (
    "alert_no, tenant, customer_no, rule, about, status, severity, since, owner, finding, content, opened_at,"
    " changed_at, snoozed_until, acknowledged_by"
)
LIVE = "status IN ('open', 'acknowledged', 'snoozed')"  # the words of the partial index
_content = msgspec.json.Decoder(Content)


def select(where: str) -> str:
    """Return the question for alerts, in the columns of `alert_from`; `where` is made of constants only."""
    return f"SELECT {COLUMNS} FROM alerts WHERE {where}"  # noqa: S608 (constants)


def alert_from(row: tuple[Any, ...]) -> Alert:
    """Return the alert of a row of COLUMNS."""
    number, tenant, customer, rule, about, status, severity, since, owner, finding, content, *more = row
    subject = Subject(tenant, customer, rule, about)
    return Alert(number, subject, status, Said(finding, severity, since, owner, _content.decode(content)), *more)


def find(db: sqlite3.Connection, number: int) -> Alert | None:
    """Return an alert by its number."""
    row = db.execute(select("alert_no = ?"), (number,)).fetchone()
    return alert_from(row) if row else None


def find_all(db: sqlite3.Connection, numbers: Iterable[int]) -> dict[int, Alert]:
    """Return alerts by their numbers."""
    found = (find(db, number) for number in numbers)
    return {alert.number: alert for alert in found if alert}


def live_of(db: sqlite3.Connection, subject: Subject) -> Alert | None:
    """Return the one live alert about a subject."""
    row = db.execute(
        select("tenant = ? AND customer_no = ? AND rule = ? AND about = ? AND " + LIVE),
        (subject.tenant, subject.customer, subject.rule, subject.about),
    ).fetchone()
    return alert_from(row) if row else None


def live_of_customer(db: sqlite3.Connection, tenant: str, customer: int) -> list[Alert]:
    """Return every live alert about a customer."""
    rows = db.execute(
        select(f"tenant = ? AND customer_no = ? AND {LIVE} ORDER BY alert_no"),
        (tenant, customer),
    )
    return [alert_from(row) for row in rows.fetchall()]


def due_to_wake(db: sqlite3.Connection, now: int, limit: int) -> list[Alert]:
    """Return the snoozed alerts whose time has come, the earliest first."""
    rows = db.execute(select("status = 'snoozed' AND snoozed_until <= ? ORDER BY snoozed_until LIMIT ?"), (now, limit))
    return [alert_from(row) for row in rows.fetchall()]


def save(db: sqlite3.Connection, alert: Alert) -> Alert:
    """Write an alert and return it with its number. Raises sqlite3.IntegrityError for a second live one."""
    subject, said = alert.subject, alert.said
    values = (
        subject.tenant,
        subject.customer,
        subject.rule,
        subject.about,
        alert.status,
        said.severity,
        rank_of(said.severity),
        said.since,
        said.owner,
        said.finding,
        msgspec.json.encode(said.content),
        alert.opened_at,
        alert.changed_at,
        alert.snoozed_until,
        alert.acknowledged_by,
        said.content.map,
    )
    if alert.number:
        db.execute(
            "UPDATE alerts SET tenant = ?, customer_no = ?, rule = ?, about = ?, status = ?, severity = ?, rank = ?,"
            " since = ?, owner = ?, finding = ?, content = ?, opened_at = ?, changed_at = ?, snoozed_until = ?,"
            " acknowledged_by = ?, map = ? WHERE alert_no = ?",
            (*values, alert.number),
        )
        _save_ids(db, alert)
        return alert
    number = db.execute(
        "INSERT INTO alerts (tenant, customer_no, rule, about, status, severity, rank, since, owner, finding, content,"
        " opened_at, changed_at, snoozed_until, acknowledged_by, map)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    ).lastrowid
    saved = replace(alert, number=number or 0)
    _save_ids(db, saved)
    return saved


def _save_ids(db: sqlite3.Connection, alert: Alert) -> None:
    """Let an alert be found by the ids of its customer, as they are now."""
    known = {name for (name,) in db.execute("SELECT id FROM alert_ids WHERE alert_no = ?", (alert.number,))}
    wanted = set(alert.said.content.ids)
    if known == wanted:
        return
    db.execute("DELETE FROM alert_ids WHERE alert_no = ?", (alert.number,))
    rows = [(alert.subject.tenant, name, alert.number) for name in wanted]
    db.executemany("INSERT INTO alert_ids (tenant, id, alert_no) VALUES (?, ?, ?)", rows)


def add_trail(db: sqlite3.Connection, alert: Alert, change: Change, because: dict[str, Any], at: int) -> int:
    """Write what changed, with the alert as it is now; return the row's number."""
    number = db.execute(
        "INSERT INTO alert_trail (tenant, alert_no, at, change, because, content) VALUES (?, ?, ?, ?, ?, ?)",
        (
            alert.subject.tenant,
            alert.number,
            at,
            change,
            msgspec.json.encode(because),
            msgspec.json.encode(shown(alert)),
        ),
    ).lastrowid
    return number or 0


def last_because(db: sqlite3.Connection, number: int, change: Change) -> dict[str, Any]:
    """Return why an alert last changed in one way; empty: it never did."""
    row = db.execute(
        "SELECT because FROM alert_trail WHERE alert_no = ? AND change = ? ORDER BY trail_no DESC LIMIT 1",
        (number, change),
    ).fetchone()
    because: dict[str, Any] = msgspec.json.decode(row[0]) if row else {}
    return because
