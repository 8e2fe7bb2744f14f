"""Who may write and read: the keys of every tenant, stored as hashes, published to all services as a snapshot."""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from shared.auth import Scope, StoredKey, hash_key, new_key, write_snapshot
from shared.clock import machine_now
from shared.database import connect, transaction

PREFIX: dict[Scope, str] = {"write": "wk", "read": "rk", "admin": "at"}
ID = 12  # hexadecimal digits of a key's hash by which people name it
MOST = 1000  # keys of one tenant, the revoked ones too


class KeyTakenError(Exception):
    """Raised when a chosen key already stands for another tenant, scope or source, or was revoked."""


class TooManyKeysError(Exception):
    """Raised when a tenant has as many keys as it may have."""


class LastAdminError(Exception):
    """Raised when the key to revoke is the only one left that may change anything."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as listed; times are microseconds of machine time."""

    tenant: str
    key_hash: str
    scope: str
    source: str
    created_at: int
    revoked_at: int | None

    @property
    def id(self) -> str:
        """What people call the key by: the beginning of its hash."""
        return self.key_hash[:ID]


class KeyStore:
    """The table of keys in a migrated ingest.db, safe among threads."""

    def __init__(self, path: Path) -> None:
        """Open `ingest.db` of a data folder."""
        self._folder = path.parent
        self._connection = connect(path)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        """Use until the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def create(self, tenant: str, scope: Scope, source: str, key: str | None = None) -> str:
        """Store the hash of a fresh or a chosen key and return the key, which is kept nowhere.

        Storing the same key again changes nothing. Raises KeyTakenError, TooManyKeysError.
        """
        key = key or new_key(PREFIX[scope])
        with self._lock, transaction(self._connection) as sql:
            sql.execute(
                "INSERT INTO keys (key_hash, tenant, scope, source, created_at)"
                " SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM keys WHERE tenant = ?2) < ?6"
                " ON CONFLICT DO NOTHING",
                (hash_key(key), tenant, scope, source, machine_now(), MOST),
            )
            stored = sql.execute(
                "SELECT tenant, scope, source, revoked_at FROM keys WHERE key_hash = ?", (hash_key(key),)
            ).fetchone()
        if stored is None:
            message = f"there are {MOST} keys already, revoked ones among them: no more can be made"
            raise TooManyKeysError(message)
        if stored != (tenant, scope, source, None):
            message = f"this key {'was revoked' if stored[3] else 'already stands for something else'}: choose another"
            raise KeyTakenError(message)
        return key

    def revoke_id(self, tenant: str, key_id: str) -> KeyRow | None:
        """Let a tenant's key stand no longer and return it; None: it has none of that id. Raises LastAdminError."""
        with self._lock, transaction(self._connection):
            rows = self._rows(tenant)
            found = next((row for row in rows if row.id == key_id), None)
            if found is None or found.revoked_at is not None:
                return found
            if found.scope == "admin" and sum(row.scope == "admin" and row.revoked_at is None for row in rows) == 1:
                message = "this is the last key with scope admin: make another first, or nobody can change anything"
                raise LastAdminError(message)
            now = machine_now()
            self._connection.execute("UPDATE keys SET revoked_at = ? WHERE key_hash = ?", (now, found.key_hash))
        return replace(found, revoked_at=now)

    def rows(self, tenant: str | None = None) -> list[KeyRow]:
        """Return the keys of a tenant, or all, the oldest first; the revoked ones too."""
        with self._lock:
            return self._rows(tenant)

    def _rows(self, tenant: str | None) -> list[KeyRow]:
        rows = self._connection.execute(
            "SELECT tenant, key_hash, scope, source, created_at, revoked_at FROM keys"
            " WHERE tenant = coalesce(?, tenant) ORDER BY created_at, key_hash",
            (tenant,),
        )
        return [KeyRow(*row) for row in rows]

    def publish(self) -> None:
        """Write the snapshot that every service reads: after each change."""
        with self._lock:
            keys = [
                StoredKey(row.tenant, row.key_hash, cast("Scope", row.scope), row.source, row.revoked_at is not None)
                for row in self._rows(None)
            ]
            write_snapshot(self._folder, keys)
