"""Which dead letters wait no longer: they were replayed with success, or somebody dismissed them."""

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from shared.clock import machine_now
from shared.database import connect, transaction

PART = 0  # dead letters have one partition
Fate = Literal["replayed", "dismissed"]


class ReplayStore:
    """The table of replays in a migrated ingest.db, safe among threads."""

    def __init__(self, path: Path) -> None:
        """Open `ingest.db`."""
        self._connection = connect(path)
        self._lock = threading.Lock()

    def add(self, log_id: str, tenant: str, offsets: Iterable[int], fate: Fate) -> None:
        """Remember what became of letters of a log; what became of them first stays."""
        now = machine_now()
        rows = [(log_id, PART, offset, tenant, now, fate) for offset in offsets]
        with self._lock, transaction(self._connection) as sql:
            sql.executemany(
                "INSERT INTO replays (log_id, part, log_offset, tenant, replayed_at, fate) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                rows,
            )

    def of(self, log_id: str, offsets: Sequence[int]) -> dict[int, Fate]:
        """Return what became of those of some letters that wait no longer."""
        if not offsets:
            return {}
        with self._lock:
            rows = self._connection.execute(
                "SELECT log_offset, fate FROM replays WHERE log_id = ? AND part = ? AND log_offset BETWEEN ? AND ?",
                (log_id, PART, min(offsets), max(offsets)),
            ).fetchall()
        return dict(rows)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
