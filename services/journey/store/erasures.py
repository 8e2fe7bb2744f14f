"""What was erased: hashes of ids with the moment, numbers that are never given again, and the scrubbing that is left.

Everything here runs inside the caller's transaction.
"""

import sqlite3
from collections.abc import Collection, Iterable

import msgspec
from msgspec import Struct

from shared.erasure import id_hash


class _Named(Struct):
    """Of a stored touchpoint, whom it names: the rest is passed over, which is faster."""

    ids: list[tuple[str, str]]
    account: str = ""


_named = msgspec.json.Decoder(_Named)


def load(db: sqlite3.Connection) -> dict[str, int]:
    """Return when each erased id, by its hash, was last erased."""
    return dict(db.execute("SELECT hash, max(erased_at) FROM erased_ids GROUP BY hash").fetchall())


def remember(db: sqlite3.Connection, tenant: str, hashes: Iterable[str], at: int) -> None:
    """Note that ids were erased; of several erasures of one id the last counts."""
    db.executemany(
        "INSERT INTO erased_ids (tenant, hash, erased_at) VALUES (?, ?, ?)"
        " ON CONFLICT (tenant, hash) DO UPDATE SET erased_at = max(erased_at, excluded.erased_at)",
        [(tenant, hashed, at) for hashed in hashes],
    )


def numbers_of(db: sqlite3.Connection, tenant: str, hashes: Collection[str]) -> dict[int, tuple[str, str]]:
    """Return (kind, value) of a tenant's ids with these hashes, by number. Looks at every id of the tenant."""
    rows = db.execute("SELECT id_no, kind, value FROM ids WHERE tenant = ?", (tenant,))
    return {number: (kind, value) for number, kind, value in rows if id_hash(tenant, kind, value) in hashes}


def take_touchpoints(db: sqlite3.Connection, tenant: str, wanted: Collection[tuple[str, str]]) -> list[bytes]:
    """Delete every touchpoint that names one of these ids or accounts; return what they were.

    Looks at every touchpoint: a weaker id that a touchpoint names beside its own has no index.
    """
    found = [
        rowid
        for rowid, body in db.execute("SELECT rowid, body FROM touchpoints WHERE tenant = ?", (tenant,))
        if _names(_named.decode(body), wanted)
    ]
    question = "DELETE FROM touchpoints WHERE rowid = ? RETURNING body"
    return [db.execute(question, (rowid,)).fetchall()[0][0] for rowid in found]


def _names(touchpoint: _Named, wanted: Collection[tuple[str, str]]) -> bool:
    if touchpoint.account and ("account", touchpoint.account) in wanted:
        return True
    return any(pair in wanted for pair in touchpoint.ids)


def displaced(db: sqlite3.Connection, numbers: Collection[int]) -> dict[int, tuple[str, str]]:
    """Return the other ids that identify joined to some ids: what they claimed later may count once these are gone."""
    found: dict[int, tuple[str, str]] = {}
    for number in numbers:
        rows = db.execute(
            "SELECT i.id_no, i.kind, i.value FROM assertions a JOIN ids i ON i.id_no = a.id_a"
            " WHERE a.id_b = ? AND a.kind = 'identify'",
            (number,),
        )
        found |= {row[0]: (row[1], row[2]) for row in rows if row[0] not in numbers}
    return found


def others_of(db: sqlite3.Connection, numbers: Collection[int]) -> list[int]:
    """Return the ids, beside the given ones, of the customers that some ids belong to."""
    rows = [
        row[0]
        for number in numbers
        for row in db.execute(
            "SELECT id_no FROM ids WHERE customer_no = (SELECT customer_no FROM ids WHERE id_no = ?)", (number,)
        )
    ]
    return [number for number in dict.fromkeys(rows) if number not in numbers]


def forget_ids(db: sqlite3.Connection, numbers: Collection[int], others: Iterable[int]) -> None:
    """Delete ids with everything that is said of them, and stored for them as customers.

    Each of the others of their customers stands alone until it is regrouped.
    """
    for table, column in (
        ("assertions", "id_a"),
        ("assertions", "id_b"),
        ("customers", "customer_no"),
        ("ids", "id_no"),
    ):
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", [(number,) for number in numbers])  # noqa: S608 (constants)
    db.executemany("UPDATE ids SET customer_no = id_no WHERE id_no = ?", [(number,) for number in others])


def forget_customers(db: sqlite3.Connection, tenant: str, numbers: Collection[int]) -> list[tuple[int, str, int]]:
    """Delete what was judged of customers; return (number, subject, seq) of each, the seq by which this is told.

    What the outbox said of them so far is to be scrubbed.
    """
    each = [(number,) for number in numbers]
    until = db.execute("SELECT next FROM log_heads WHERE topic = 'facts' AND part = 0").fetchone() or (0,)
    db.executemany(
        "INSERT INTO erased_numbers (id_no, tenant, facts_until) VALUES (?, ?, ?)"
        " ON CONFLICT (id_no) DO UPDATE SET facts_until = excluded.facts_until",
        [(number, tenant, *until) for number in numbers],
    )
    db.executemany("DELETE FROM journeys WHERE customer_no = ?", each)
    db.executemany("DELETE FROM findings WHERE customer_no = ?", each)
    question = (
        "UPDATE customers SET version = version + 1 WHERE customer_no = ? RETURNING customer_no, subject, version"
    )
    return [row for one in each for row in db.execute(question, one).fetchall()]


def point_losers(db: sqlite3.Connection, numbers: Iterable[int]) -> list[int]:
    """Let customers that had become an erased one be part of whom their ids belong to now; return them."""
    now = "(SELECT i.customer_no FROM ids i WHERE i.id_no = customers.customer_no)"
    return [
        row[0]
        for number in numbers
        for row in db.execute(
            f"UPDATE customers SET merged_into = {now} WHERE merged_into = ? AND customer_no <> {now}"  # noqa: S608 (a constant)
            " RETURNING customer_no",
            (number,),
        ).fetchall()
    ]


def erased_numbers(db: sqlite3.Connection) -> dict[int, int]:
    """Return up to which offset the outbox is scrubbed of each customer that was erased."""
    return dict(db.execute("SELECT id_no, facts_until FROM erased_numbers").fetchall())


def start_scrubs(db: sqlite3.Connection, topics: Iterable[str]) -> None:
    """Let what this database's log holds now be scrubbed, from its beginning."""
    for topic in topics:
        db.execute(
            "INSERT INTO scrubs (topic, next, until)"
            " SELECT topic, begin, next FROM log_heads WHERE topic = ? AND part = 0"
            " ON CONFLICT (topic) DO UPDATE SET next = excluded.next, until = excluded.until",
            (topic,),
        )


def scrubs(db: sqlite3.Connection) -> list[tuple[str, int, int]]:
    """Return (topic, next, until) of the scrubbing that is left."""
    return db.execute("SELECT topic, next, until FROM scrubs").fetchall()


def scrubbed(db: sqlite3.Connection, topic: str, next_: int, until: int) -> None:
    """Note how far a topic is scrubbed."""
    if next_ >= until:
        db.execute("DELETE FROM scrubs WHERE topic = ?", (topic,))
    else:
        db.execute("UPDATE scrubs SET next = ? WHERE topic = ?", (next_, topic))
