"""Which erasures were asked for. Whom they name is kept only until the log is scrubbed of it."""

import threading
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shared.clock import machine_now
from shared.database import connect, empty_wal, transaction

_pairs = msgspec.json.Decoder(list[tuple[str, str]])


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """An erasure: its moment by the clock, how many ids it named, and the machine time when the log was scrubbed."""

    number: int
    erased_at: int
    ids: int
    scrubbed_at: int | None


@dataclass(frozen=True, slots=True)
class Scrub:
    """An erasure that the log is not scrubbed of yet."""

    number: int
    tenant: str
    erased_at: int
    wanted: list[tuple[str, str]]  # (kind, value)


class ErasureStore:
    """The table of erasures in a migrated ingest.db, safe among threads."""

    def __init__(self, path: Path) -> None:
        """Open `ingest.db`."""
        self._connection = connect(path)
        self._lock = threading.Lock()

    def add(self, tenant: str, erased_at: int, wanted: list[tuple[str, str]]) -> ErasureRow:
        """Note an erasure that stands in the log; return it."""
        with self._lock, transaction(self._connection) as sql:
            number = sql.execute(
                "INSERT INTO erasures (tenant, erased_at, ids, wanted) VALUES (?, ?, ?, ?)",
                (tenant, erased_at, len(wanted), msgspec.json.encode(wanted).decode()),
            ).lastrowid
        return ErasureRow(number or 0, erased_at, len(wanted), None)

    def waiting(self) -> list[Scrub]:
        """Return the erasures that the log is to be scrubbed of, the oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT erasure_no, tenant, erased_at, wanted FROM erasures"
                " WHERE scrubbed_at IS NULL ORDER BY erasure_no"
            ).fetchall()
        return [Scrub(number, tenant, at, _pairs.decode(wanted)) for number, tenant, at, wanted in rows]

    def scrubbed(self, number: int) -> None:
        """Note that nothing of an erasure is left in the log, and forget whom it named."""
        with self._lock:
            with transaction(self._connection) as sql:
                sql.execute(
                    "UPDATE erasures SET wanted = NULL, scrubbed_at = ? WHERE erasure_no = ?", (machine_now(), number)
                )
            empty_wal(self._connection)

    def of(self, tenant: str, limit: int) -> list[ErasureRow]:
        """Return a tenant's erasures, the newest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT erasure_no, erased_at, ids, scrubbed_at FROM erasures WHERE tenant = ?"
                " ORDER BY erasure_no DESC LIMIT ?",
                (tenant, limit),
            ).fetchall()
        return [ErasureRow(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
