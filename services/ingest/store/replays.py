"""Which dead letters were replayed with success: they wait no longer."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from shared.clock import machine_now
from shared.database import connect, transaction

PART = 0  # dead letters have one partition


class ReplayStore:
    """The table of replays in a migrated ingest.db, safe among threads."""

    def __init__(self, path: Path) -> None:
        """Open `ingest.db`."""
        self._connection = connect(path)
        self._lock = threading.Lock()

    def add(self, log_id: str, tenant: str, offsets: Iterable[int]) -> None:
        """Remember letters of a log as replayed."""
        now = machine_now()
        rows = [(log_id, PART, offset, tenant, now) for offset in offsets]
        with self._lock, transaction(self._connection) as sql:
            sql.executemany(
                "INSERT INTO replays (log_id, part, log_offset, tenant, replayed_at) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                rows,
            )

    def of(self, log_id: str, offsets: Sequence[int]) -> set[int]:
        """Return those of some letters that were replayed."""
        if not offsets:
            return set()
        with self._lock:
            rows = self._connection.execute(
                "SELECT log_offset FROM replays WHERE log_id = ? AND part = ? AND log_offset BETWEEN ? AND ?",
                (log_id, PART, min(offsets), max(offsets)),
            ).fetchall()
        return {offset for (offset,) in rows}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
