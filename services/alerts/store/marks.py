"""What is remembered of the facts read: of each finding the last one, and which customers were merged."""

import sqlite3
from collections.abc import Iterable
from typing import Any

from services.alerts.domain.alert import Mark, Subject
from shared.events import Fact, decode_fact, encode

_SELECT = (
    "SELECT finding, tenant, customer_no, rule, about, seq, stands, verdict, alert_no, content FROM fact_marks WHERE "
)


def _mark(row: tuple[Any, ...]) -> Mark:
    finding, tenant, customer, rule, about, seq, stands, verdict, alert_no, content = row
    fact = decode_fact(content) if content else None
    return Mark(finding, Subject(tenant, customer, rule, about), seq, bool(stands), verdict, alert_no, fact)


def find(db: sqlite3.Connection, finding: str) -> Mark | None:
    """Return the mark of a finding."""
    row = db.execute(_SELECT + "finding = ?", (finding,)).fetchone()
    return _mark(row) if row else None


def calling(db: sqlite3.Connection, subject: Subject) -> list[Mark]:
    """Return every finding that calls about a subject now."""
    rows = db.execute(
        _SELECT + "tenant = ? AND customer_no = ? AND rule = ? AND about = ? AND verdict = 'calls' ORDER BY finding",
        (subject.tenant, subject.customer, subject.rule, subject.about),
    )
    return [_mark(row) for row in rows.fetchall()]


def of_alert(db: sqlite3.Connection, alert_no: int) -> list[Mark]:
    """Return every finding that an alert covers or covered."""
    rows = db.execute(_SELECT + "alert_no = ? ORDER BY finding", (alert_no,))
    return [_mark(row) for row in rows.fetchall()]


def save(db: sqlite3.Connection, mark: Mark) -> None:
    """Write a mark."""
    subject = mark.subject
    fact: bytes = encode(mark.fact) if isinstance(mark.fact, Fact) else b""
    db.execute(
        "INSERT OR REPLACE INTO fact_marks (finding, tenant, customer_no, rule, about, seq, stands, verdict, alert_no,"
        " content) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            mark.finding,
            subject.tenant,
            subject.customer,
            subject.rule,
            subject.about,
            mark.seq,
            mark.stands,
            mark.verdict,
            mark.alert_no,
            fact,
        ),
    )


def attach(db: sqlite3.Connection, findings: Iterable[str], alert_no: int | None) -> None:
    """Say which alert covers findings."""
    db.executemany("UPDATE fact_marks SET alert_no = ? WHERE finding = ?", [(alert_no, name) for name in findings])


def repoint(db: sqlite3.Connection, alert_no: int, to: int) -> None:
    """Let another alert cover what one covered."""
    db.execute("UPDATE fact_marks SET alert_no = ? WHERE alert_no = ?", (to, alert_no))


def silence(db: sqlite3.Connection, tenant: str, customer: int, seq: int) -> None:
    """Let nothing that was said of a customer up to a seq call: it has become another."""
    db.execute(
        "UPDATE fact_marks SET verdict = 'untrue', content = X'' WHERE tenant = ? AND customer_no = ?"
        " AND seq <= ? AND verdict = 'calls'",
        (tenant, customer, seq),
    )


def supersede(db: sqlite3.Connection, findings: Iterable[str], by: str) -> None:
    """Let findings of another customer call no more: one of this customer is what they were."""
    db.executemany(
        "UPDATE fact_marks SET verdict = 'untrue', content = X'' WHERE finding = ? AND customer_no <>"
        " (SELECT customer_no FROM fact_marks WHERE finding = ?)",
        [(name, by) for name in findings],
    )


def merge(db: sqlite3.Connection, tenant: str, customer: int, into: int, seq: int) -> None:
    """Remember that a customer became another one."""
    db.execute(
        "INSERT INTO merged_customers (customer_no, tenant, into_no, seq) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (customer_no) DO UPDATE SET into_no = excluded.into_no, seq = excluded.seq"
        " WHERE excluded.seq > merged_customers.seq",
        (customer, tenant, into, seq),
    )


def merged_at(db: sqlite3.Connection, customer: int) -> int:
    """Return the seq up to which what was said of a customer is another's now; -1: it was never merged."""
    row = db.execute("SELECT seq FROM merged_customers WHERE customer_no = ?", (customer,)).fetchone()
    return int(row[0]) if row else -1
