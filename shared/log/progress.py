"""How far each group of readers says it has come. Only informs, so it lies in a file of its own and is never synced."""

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from shared.clock import machine_now

_TABLE = (
    "CREATE TABLE IF NOT EXISTS progress (reader TEXT, topic TEXT, part INTEGER, next INTEGER, machine_at INTEGER,"
    " PRIMARY KEY (reader, topic, part)) WITHOUT ROWID"
)


class Progress:
    """The progress file beside a log; made at the first report."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, timeout=0.1, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute(_TABLE)
        return self._connection

    def reporter(self, group: str, topic: str) -> Callable[[int, int], None]:
        """Return what a reader calls with (part, offset)."""

        def report(part: int, offset: int) -> None:
            row = (group, topic, part, offset, machine_now())
            with self._lock, contextlib.suppress(sqlite3.OperationalError):  # no reader stops for want of a lag figure
                self._open().execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?, ?)", row)

        return report

    def read(self, topic: str) -> dict[tuple[str, int], int]:
        """Return the offset last reported by each group for each partition of a topic."""
        with self._lock:
            if not self._path.exists():
                return {}
            rows = self._open().execute("SELECT reader, part, next FROM progress WHERE topic = ?", (topic,))
            return {(reader, part): offset for reader, part, offset in rows}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
