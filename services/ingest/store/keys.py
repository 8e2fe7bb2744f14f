"""Who may write and read: the keys of every tenant, stored as hashes, published to all services as a snapshot."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from shared.auth import Scope, StoredKey, hash_key, new_key, write_snapshot
from shared.clock import machine_now
from shared.database import connect, transaction

PREFIX: dict[Scope, str] = {"write": "wk", "read": "rk", "admin": "at"}


class KeyTakenError(Exception):
    """Raised when a chosen key already stands for another tenant, scope or source, or was revoked."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as listed; times are microseconds of machine time."""

    tenant: str
    key_hash: str
    scope: str
    source: str
    created_at: int
    revoked_at: int | None


class KeyStore:
    """The table of keys in a migrated ingest.db."""

    def __init__(self, path: Path) -> None:
        """Open `ingest.db` of a data folder."""
        self._folder = path.parent
        self._connection = connect(path)

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

        Storing the same key again changes nothing. Raises KeyTakenError.
        """
        key = key or new_key(PREFIX[scope])
        with transaction(self._connection) as sql:
            sql.execute(
                "INSERT INTO keys (key_hash, tenant, scope, source, created_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (hash_key(key), tenant, scope, source, machine_now()),
            )
            stored = sql.execute(
                "SELECT tenant, scope, source, revoked_at FROM keys WHERE key_hash = ?", (hash_key(key),)
            ).fetchone()
        if stored != (tenant, scope, source, None):
            message = f"this key {'was revoked' if stored[3] else 'already stands for something else'}: choose another"
            raise KeyTakenError(message)
        return key

    def revoke(self, key_hash: str) -> bool:
        """Let a key stand no longer; it stays listed. False: no such key stands."""
        changed = self._connection.execute(
            "UPDATE keys SET revoked_at = ? WHERE key_hash = ? AND revoked_at IS NULL", (machine_now(), key_hash)
        )
        return changed.rowcount == 1

    def rows(self, tenant: str | None = None) -> list[KeyRow]:
        """Return the keys of a tenant, or all, the oldest first; the revoked ones too."""
        rows = self._connection.execute(
            "SELECT tenant, key_hash, scope, source, created_at, revoked_at FROM keys"
            " WHERE tenant = coalesce(?, tenant) ORDER BY created_at, key_hash",
            (tenant,),
        )
        return [KeyRow(*row) for row in rows]

    def publish(self) -> None:
        """Write the snapshot that every service reads: after each change."""
        rows = self._connection.execute(
            "SELECT tenant, key_hash, scope, source FROM keys WHERE revoked_at IS NULL ORDER BY created_at, key_hash"
        )
        write_snapshot(self._folder, [StoredKey(*row) for row in rows])
