"""Customers with their journeys and findings: loaded whole, compared, written where something changed."""

import sqlite3
from dataclasses import dataclass, field
from typing import NamedTuple

from services.journey.domain.identity import Key
from services.journey.domain.judgement.fold import Path

JourneyKey = tuple[str, int]  # map, n
FindingKey = tuple[str, int, str]  # map, n, slot


def finding_name(customer: int, key: FindingKey) -> str:
    """Return the key by which readers know a finding: `customer/map/n/slot`."""
    map, n, slot = key
    return f"{customer}/{map}/{n}/{slot}"


class StaleError(Exception):
    """Raised when a customer changed between load and write: roll back, drop the caches, repeat."""


@dataclass(slots=True)
class StoredFinding:
    """A row of `findings`; `signature` is what it was made from, where this process made it."""

    seq: int
    stands: bool
    published: bool
    kind: str
    content: bytes
    signature: object = None


class JourneyRow(NamedTuple):
    """A row of `journeys` without its customer and tenant; `map` and `n` are its key."""

    map: str
    n: int
    map_version: int
    engine_version: int
    state: str
    blob: bytes
    steps: str
    stage: str | None
    since: int | None
    opened_at: int
    reached_at: int | None
    ended_at: int | None
    cost: int
    stall: str | None
    stall_step: str | None
    due_at: int | None


COLUMNS = ", ".join(JourneyRow._fields)


@dataclass(slots=True)
class Customer:
    """One customer as stored, with the fold of its path on each map while it is in the cache."""

    number: int
    tenant: str
    subject: str
    stored: bool = False  # whether the row exists
    version: int = 0
    merged_into: int | None = None
    last: Key | None = None
    revision: int = 0
    unjudged: str | None = None
    names: list[str] = field(default_factory=list)  # "user:42"
    paths: dict[str, Path] | None = None
    journeys: dict[JourneyKey, JourneyRow] = field(default_factory=dict)
    findings: dict[FindingKey, StoredFinding] = field(default_factory=dict)


def load(db: sqlite3.Connection, number: int, tenant: str, subject: str) -> Customer:
    """Return a customer as stored, or a new one."""
    customer = Customer(number, tenant, subject)
    row = db.execute(
        "SELECT version, merged_into, last_at, last_ordinal, last_event, last_source, revision, unjudged"
        " FROM customers WHERE customer_no = ?",
        (number,),
    ).fetchone()
    if row is None:
        return customer
    customer.stored = True
    customer.version, customer.merged_into, customer.revision, customer.unjudged = row[0], row[1], row[6], row[7]
    customer.last = (row[2], row[3], row[4], row[5]) if row[2] is not None else None
    for found in db.execute(
        f"SELECT {COLUMNS} FROM journeys WHERE customer_no = ?",  # noqa: S608 (constants)
        (number,),
    ):
        journey = JourneyRow(*found)
        customer.journeys[journey.map, journey.n] = journey
    for map, n, slot, seq, stands, published, kind, content in db.execute(
        "SELECT map, n, slot, seq, stands, published, kind, content FROM findings WHERE customer_no = ?",
        (number,),
    ):
        customer.findings[map, n, slot] = StoredFinding(seq, bool(stands), bool(published), kind, content)
    return customer


@dataclass(slots=True)
class Changes:
    """The rows of one transaction, written together at its end."""

    inserts: list[tuple[object, ...]] = field(default_factory=list)
    updates: list[tuple[object, ...]] = field(default_factory=list)
    journeys: list[tuple[object, ...]] = field(default_factory=list)
    ended: list[tuple[int, str, int]] = field(default_factory=list)  # journeys that are no more
    findings: list[tuple[object, ...]] = field(default_factory=list)

    def customer(self, customer: Customer, was_version: int, was_merged_into: int | None) -> None:
        """Write a customer's row; its version was bumped since `was_version`."""
        last = customer.last or (None, None, None, None)
        state = (customer.version, customer.merged_into, *last, customer.revision, customer.unjudged)
        if customer.stored:
            self.updates.append((*state, customer.number, was_version, was_merged_into))
        else:
            self.inserts.append((customer.number, customer.tenant, customer.subject, *state))
            customer.stored = True

    def journey(self, customer: Customer, row: JourneyRow) -> None:
        """Write a journey's row."""
        self.journeys.append((customer.number, customer.tenant, *row))

    def finding(self, customer: Customer, key: FindingKey, found: StoredFinding) -> None:
        """Write a finding's row."""
        self.findings.append(
            (
                customer.number,
                *key,
                customer.tenant,
                found.seq,
                found.stands,
                found.published,
                found.kind,
                found.content,
            ),
        )

    def write(self, db: sqlite3.Connection) -> None:
        """Write everything. Raises StaleError when a customer is no longer as it was read."""
        db.executemany(
            "INSERT INTO customers (customer_no, tenant, subject, version, merged_into, last_at, last_ordinal,"
            " last_event, last_source, revision, unjudged) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.inserts,
        )
        cursor = db.executemany(
            "UPDATE customers SET version = ?, merged_into = ?, last_at = ?, last_ordinal = ?, last_event = ?,"
            " last_source = ?, revision = ?, unjudged = ?"
            " WHERE customer_no = ? AND version = ? AND merged_into IS ?",
            self.updates,
        )
        if self.updates and cursor.rowcount != len(self.updates):
            message = f"{len(self.updates) - cursor.rowcount} customers changed under this transaction"
            raise StaleError(message)
        db.executemany("DELETE FROM journeys WHERE customer_no = ? AND map = ? AND n = ?", self.ended)
        db.executemany(
            f"INSERT OR REPLACE INTO journeys (customer_no, tenant, {COLUMNS})"  # noqa: S608 (constants)
            f" VALUES (?, ?{', ?' * len(JourneyRow._fields)})",
            self.journeys,
        )
        db.executemany(
            "INSERT OR REPLACE INTO findings (customer_no, map, n, slot, tenant, seq, stands, published, kind, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self.findings,
        )
