"""What was heard from each source: when last, and how much. Counts, not records: a crash may lose a second of them."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from shared.database import connect, transaction


@dataclass(slots=True)
class Heard:
    """Counts of one source; `heard_at` is the greatest received_at, in microseconds of domain time.

    `lag` is the median of received_at - occurred_at of its last touchpoints, in microseconds; None: not known.
    """

    tenant: str
    source: str
    heard_at: int = 0
    accepted: int = 0
    refused: int = 0
    last_event: str = ""
    lag: int | None = None


class SourceStore:
    """The table of sources in a migrated ingest.db, safe among threads."""

    def __init__(self, path: Path) -> None:
        """Open `ingest.db`."""
        self._connection = connect(path)
        self._lock = threading.Lock()

    def add(self, heard: Iterable[Heard]) -> None:
        """Add counts."""
        rows = [(h.tenant, h.source, h.heard_at, h.accepted, h.refused, h.last_event, h.lag) for h in heard]
        with self._lock, transaction(self._connection) as sql:
            sql.executemany(
                "INSERT INTO sources (tenant, source, heard_at, accepted, refused, last_event, lag)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (tenant, source) DO UPDATE SET heard_at = max(heard_at, excluded.heard_at),"
                " accepted = accepted + excluded.accepted, refused = refused + excluded.refused,"
                " last_event = coalesce(nullif(excluded.last_event, ''), last_event),"
                " lag = coalesce(excluded.lag, lag)",
                rows,
            )

    def of(self, tenant: str | None = None) -> list[Heard]:
        """Return the sources of a tenant, or of all, by name."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT tenant, source, heard_at, accepted, refused, last_event, lag FROM sources"
                " WHERE ?1 IS NULL OR tenant = ?1 ORDER BY source",
                (tenant,),
            ).fetchall()
        return [Heard(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
