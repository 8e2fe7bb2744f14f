"""Which id is which customer: numbers for ids, assertions between them, and their components kept up to date.

Everything here runs inside the caller's transaction. The caches are right only while those transactions commit:
after a rollback call `forget`.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from services.journey.domain.identity import GROUP, IDENTIFY, Assertion, Key, is_user, resolve

CACHE = 500_000

_KEY = "occurred_at, ordinal, event_id, source"


class Identities:
    """Ids, assertions and components of one journey database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection that the caller keeps in a transaction."""
        self._db = connection
        self.forget()

    def forget(self) -> None:
        """Drop the caches: after a rollback, or when they have grown too large."""
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._customers: dict[int, int] = {}
        self._kinds: dict[int, str] = {}
        self._first: dict[tuple[int, int], Key] = {}
        self._accounts: dict[int, list[tuple[int, Key]]] = {}
        self._next = 0

    def trim(self) -> None:
        """Keep the caches bounded; call between two transactions."""
        if max(len(self._numbers), len(self._first), len(self._accounts)) > CACHE:
            self.forget()

    def number(self, tenant: str, kind: str, value: str) -> int:
        """Return the number of an id, giving it one at first sight."""
        name = (tenant, kind, value)
        found = self._numbers.get(name)
        if found is not None:
            return found
        row = self._db.execute(
            "SELECT id_no, customer_no FROM ids WHERE tenant = ? AND kind = ? AND value = ?",
            name,
        ).fetchone()
        if row is None:
            row = (self._fresh(),) * 2
            self._db.execute("INSERT INTO ids VALUES (?, ?, ?, ?, ?)", (row[0], *name, row[1]))
        self._numbers[name] = row[0]
        self._customers[row[0]] = row[1]
        self._kinds[row[0]] = kind
        number: int = row[0]
        return number

    def _fresh(self) -> int:
        if not self._next:
            self._next = self._db.execute(
                "SELECT coalesce(max(id_no), 0) FROM (SELECT max(id_no) AS id_no FROM ids"
                " UNION ALL SELECT max(id_no) FROM erased_numbers)"  # a number is never given twice
            ).fetchone()[0]
        self._next += 1
        return self._next

    def customer(self, id_no: int) -> int:
        """Return the customer that an id belongs to: the least number of its component."""
        found = self._customers.get(id_no)
        if found is None:
            found, self._kinds[id_no] = self._db.execute(
                "SELECT customer_no, kind FROM ids WHERE id_no = ?",
                (id_no,),
            ).fetchone()
            self._customers[id_no] = found
        return found

    def _kind(self, id_no: int) -> str:
        self.customer(id_no)
        return self._kinds[id_no]

    def ids_of(self, customer_no: int) -> list[tuple[int, str, str]]:
        """Return (number, kind, value) of every id of a customer."""
        rows = self._db.execute(
            "SELECT id_no, kind, value FROM ids WHERE customer_no = ? ORDER BY id_no",
            (customer_no,),
        )
        return rows.fetchall()

    def memberships(self, person: int) -> list[tuple[int, Key]]:
        """Return (account, since) for each account that a person belongs to."""
        found = self._accounts.get(person)
        if found is None:
            rows = self._db.execute(
                f"SELECT id_b, {_KEY} FROM assertions WHERE kind = 'group'"  # noqa: S608 (constant)
                " AND id_a IN (SELECT id_no FROM ids WHERE customer_no = ?)",
                (person,),
            )
            found = self._accounts[person] = _earliest((row[0], (row[1], row[2], row[3], row[4])) for row in rows)
        return found

    def members(self, account: int) -> list[tuple[int, Key]]:
        """Return (person, since) for each member of an account."""
        rows = self._db.execute(
            f"SELECT id_a, {_KEY} FROM assertions WHERE id_b = ? AND kind = 'group'",  # noqa: S608 (constant)
            (account,),
        ).fetchall()
        return _earliest((self.customer(row[0]), (row[1], row[2], row[3], row[4])) for row in rows)

    def accounts_named_by(self, person: int) -> list[int]:
        """Return the accounts that a person's touchpoints name."""
        rows = self._db.execute(
            "SELECT DISTINCT account_no FROM touchpoints WHERE account_no IS NOT NULL"
            " AND id_no IN (SELECT id_no FROM ids WHERE customer_no = ?)",
            (person,),
        )
        return [row[0] for row in rows]

    def add(self, tenant: str, assertion: Assertion[int]) -> bool:
        """Store an assertion over id numbers; False when the rules of identity say that it can change nothing."""
        weak, strong = assertion.weak, assertion.strong
        if assertion.kind in (IDENTIFY, GROUP):
            first_for_user = (
                assertion.kind == IDENTIFY and is_user(self._kind(strong)) and not is_user(self._kind(weak))
            )
            pair = (weak, 0) if first_for_user else (weak, strong)
            if assertion.key >= self._first_of(pair, assertion.kind, assertion.key):
                return False
            self._first[pair] = assertion.key
        if assertion.kind == GROUP:
            self._accounts.pop(self.customer(weak), None)
        self._db.execute(
            "INSERT OR IGNORE INTO assertions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (tenant, *assertion.key, weak, strong, assertion.kind),
        )
        return True

    def _first_of(
        self,
        pair: tuple[int, int],
        kind: str,
        key: Key,
    ) -> Key:
        found = self._first.get(pair)
        if found is not None:
            return found
        where = "id_b = :b" if pair[1] else "EXISTS (SELECT 1 FROM ids WHERE id_no = id_b AND kind = 'user')"
        row = self._db.execute(
            f"SELECT {_KEY} FROM assertions WHERE id_a = :a AND kind = :kind AND {where}"  # noqa: S608 (constants)
            f" ORDER BY {_KEY} LIMIT 1",
            {"a": pair[0], "b": pair[1], "kind": kind},
        ).fetchone()
        if row is None:
            return (key[0] + 1, 0, "", "")
        self._first[pair] = (row[0], row[1], row[2], row[3])
        return self._first[pair]

    def regroup(self, seeds: Sequence[int]) -> dict[int, tuple[int, int]]:
        """Fold the assertions around some ids anew; return {id: (customer before, customer now)} for all that moved."""
        closure, assertions = self._closure(seeds)
        moved = {}
        for component in resolve(assertions, {i: self._kind(i) for i in closure}):
            now = min(component)
            for id_no in component:
                before = self.customer(id_no)
                if before != now:
                    moved[id_no] = (before, now)
        for id_no, (_, now) in moved.items():
            self._db.execute("UPDATE ids SET customer_no = ? WHERE id_no = ?", (now, id_no))
            self._customers[id_no] = now
            self._accounts.clear()
        return moved

    def _closure(self, seeds: Sequence[int]) -> tuple[set[int], set[Assertion[int]]]:
        closure, fresh = set(seeds), list(dict.fromkeys(seeds))
        assertions: set[Assertion[int]] = set()
        while fresh:
            id_no = fresh.pop()
            rows = self._db.execute(
                f"SELECT kind, id_a, id_b, {_KEY} FROM assertions WHERE id_a = :i AND kind != 'group'"  # noqa: S608 (constant)
                f" UNION ALL SELECT kind, id_a, id_b, {_KEY} FROM assertions WHERE id_b = :i AND kind != 'group'",
                {"i": id_no},
            ).fetchall()
            for kind, weak, strong, at, ordinal, event_id, source in rows:
                assertions.add(Assertion((at, ordinal, event_id, source), kind, weak, strong))
                found = {weak, strong} - closure
                closure |= found
                fresh.extend(found)
        return closure, assertions


def _earliest(pairs: Iterable[tuple[int, Key]]) -> list[tuple[int, Key]]:
    since: dict[int, Key] = {}
    for number, key in pairs:
        since[number] = min(since.get(number, key), key)
    return sorted(since.items())
