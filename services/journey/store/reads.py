"""Questions about customers, for the API: on connections of their own, never inside the consumer's transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from services.journey.domain.facts import Content, View
from services.journey.domain.judgement.profile import Profile
from services.journey.store.customers import COLUMNS, JourneyRow
from services.journey.store.identities import Identities
from services.journey.store.touchpoints import history_of
from shared.events import Touchpoint, decode_touchpoint, history_key

MOST_ACCOUNTS = 5  # of a person, that are named
TOLD_LATELY = 200  # touchpoints of a customer on no map among which their name is looked for

_content = msgspec.json.Decoder(Content)
_view = msgspec.json.Decoder(View)


class Named(NamedTuple):
    """A customer and the ids that name it."""

    number: int
    subject: str
    ids: list[str]
    unjudged: str | None


@dataclass(frozen=True, slots=True)
class SeenJourney:
    """A journey as stored, with its standing findings by slot."""

    row: JourneyRow
    view: View
    findings: dict[str, Content]


def find_ids(db: sqlite3.Connection, tenant: str, value: str) -> list[tuple[str, str, int]]:
    """Return (kind, value, customer) of every id of a tenant that a text may mean: `kind:value`, or a bare value."""
    kind, colon, rest = value.partition(":")
    rows = db.execute("SELECT kind, value, customer_no FROM ids WHERE tenant = ? AND value = ?", (tenant, value))
    found = rows.fetchall()
    if colon:
        found += db.execute(
            "SELECT kind, value, customer_no FROM ids WHERE tenant = ? AND kind = ? AND value = ?",
            (tenant, kind, rest),
        ).fetchall()
    return found


def named(db: sqlite3.Connection, tenant: str, number: int) -> Named | None:
    """Return a customer of a tenant by number."""
    row = db.execute(
        "SELECT subject, unjudged FROM customers WHERE customer_no = ? AND tenant = ?",
        (number, tenant),
    ).fetchone()
    if row is None:
        return None
    ids = db.execute("SELECT kind, value FROM ids WHERE customer_no = ? ORDER BY id_no", (number,))
    return Named(number, row[0], [f"{kind}:{value}" for kind, value in ids], row[1])


def accounts(db: sqlite3.Connection, number: int) -> list[str]:
    """Return by which ids the accounts are known that a person belongs to, or did something for: a few of them."""
    rows = db.execute(
        "SELECT min(kind || ':' || value) FROM ids WHERE kind = 'account' AND customer_no IN ("
        "SELECT a.id_b FROM ids i JOIN assertions a ON a.id_a = i.id_no AND a.kind = 'group' WHERE i.customer_no = ?1"
        " UNION SELECT t.account_no FROM ids i JOIN touchpoints t INDEXED BY touchpoints_naming"
        " ON t.id_no = i.id_no AND t.account_no IS NOT NULL WHERE i.customer_no = ?1)"
        " GROUP BY customer_no ORDER BY customer_no DESC LIMIT ?2",
        (number, MOST_ACCOUNTS),
    )
    return [name for (name,) in rows]


def journeys(db: sqlite3.Connection, number: int) -> list[SeenJourney]:
    """Return a customer's journeys by map and number, with their findings."""
    findings: dict[tuple[str, int], dict[str, Content]] = {}
    for map, n, slot, content in db.execute(
        "SELECT map, n, slot, content FROM findings WHERE customer_no = ? AND stands ORDER BY slot",
        (number,),
    ):
        findings.setdefault((map, n), {})[slot] = _content.decode(content)
    rows = db.execute(
        f"SELECT {COLUMNS} FROM journeys WHERE customer_no = ? ORDER BY map, n",  # noqa: S608 (a constant)
        (number,),
    )
    seen = [JourneyRow(*row) for row in rows]
    return [SeenJourney(row, _view.decode(row.blob), findings.get((row.map, row.n), {})) for row in seen]


def name_of(db: sqlite3.Connection, customer: Named, journeys: Sequence[SeenJourney]) -> str:
    """Return the customer's name as their journeys know it; of one on no map, as their last touchpoints told it."""
    if journeys:
        return next((journey.view.name for journey in journeys if journey.view.name), "")
    profile = Profile("account" if customer.subject == "account" else "person")
    rows = db.execute(
        "SELECT body FROM touchpoints WHERE id_no IN (SELECT id_no FROM ids WHERE customer_no = ?)"
        " ORDER BY original_at DESC LIMIT ?",
        (customer.number, TOLD_LATELY),
    )
    for touchpoint in sorted((decode_touchpoint(body) for (body,) in rows), key=history_key):
        profile.learn(touchpoint)
    return profile.name


def timeline(db: sqlite3.Connection, customer: Named, limit: int) -> list[Touchpoint]:
    """Return a customer's last touchpoints, in history order."""
    history = history_of(db, Identities(db), customer.number, customer.subject)
    return [stored.touchpoint for stored in history[-limit:]]


def unjudged(db: sqlite3.Connection, tenant: str | None = None) -> int:
    """Return how many customers are parked, of one tenant or of all."""
    found: int = db.execute(
        "SELECT count(*) FROM customers WHERE unjudged IS NOT NULL AND (?1 IS NULL OR tenant = ?1)",
        (tenant,),
    ).fetchone()[0]
    return found


def customers(db: sqlite3.Connection, tenant: str) -> int:
    """Return how many customers a tenant has; those that were merged into another are not counted."""
    found: int = db.execute(
        "SELECT count(*) FROM customers WHERE tenant = ? AND merged_into IS NULL", (tenant,)
    ).fetchone()[0]
    return found


def waiting_for_map(db: sqlite3.Connection, tenant: str) -> int:
    """Return how many customers of a tenant have not been judged by its newest maps yet."""
    found: int = db.execute(
        "SELECT count(*) FROM customers WHERE tenant = ?1 AND merged_into IS NULL"
        " AND revision < (SELECT coalesce(max(revision), 0) FROM maps WHERE tenant = ?1)",
        (tenant,),
    ).fetchone()[0]
    return found
