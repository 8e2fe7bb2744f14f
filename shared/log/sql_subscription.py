"""A reader of the SQL log: asks the file's change counter cheaply, reads segments only when something was committed."""

import sqlite3
import time
from collections.abc import Callable

from shared.log.event_log import OnPartitions, Record
from shared.log.places import PlacedSubscription
from shared.log.segments import unpack
from shared.log.sql_connection import LogConnection

POLL_BYTES = 32 * 1024 * 1024  # one poll returns no more than this and one segment
NAP_S, LONGEST_NAP_S = 0.0005, 0.01  # between two looks; the longest bounds the latency of an idle log

_SEGMENTS = (
    "SELECT first, machine_at, body FROM log_segments WHERE topic = ?1 AND part = ?2 AND first >= coalesce("
    "(SELECT max(first) FROM log_segments WHERE topic = ?1 AND part = ?2 AND first <= ?3), ?3) ORDER BY first"
)


def head(connection: sqlite3.Connection, topic: str, part: int) -> tuple[int, int]:
    """Return (begin, end) of a partition."""
    row: tuple[int, int] | None = connection.execute(
        "SELECT begin, next FROM log_heads WHERE topic = ? AND part = ?", (topic, part)
    ).fetchone()
    return row or (0, 0)


class SqlSubscription(PlacedSubscription):
    """A reader with a connection of its own, which holds no transaction between two looks. For one thread."""

    def __init__(
        self,
        reader: LogConnection,
        topic: str,
        partitions: int,
        listeners: tuple[OnPartitions, OnPartitions],
        report: Callable[[int, int], None],
    ) -> None:
        """Read all partitions of a topic."""
        super().__init__(topic, partitions, *listeners)
        self._reader = reader
        self._report = report
        self._nothing_at: int | None = None  # the file's change counter when there was nothing to read
        self._nap = NAP_S

    def report(self, part: int, offset: int) -> None:
        """Tell how far the group has come; best effort, it only informs."""
        self._report(part, offset)

    def close(self) -> None:
        """Leave the group."""
        super().close()
        self._reader.close()

    def _range(self, part: int) -> tuple[int, int]:
        with self._reader.use() as connection:
            return head(connection, self._topic, part)

    def _next(self, limit: int) -> list[Record]:
        records = super()._next(limit)
        if records:
            self._look_again()
        return records

    def _read(self, part: int, start: int, limit: int) -> list[Record]:
        records: list[Record] = []
        size = 0
        with self._reader.use() as connection:
            cursor = connection.execute(_SEGMENTS, (self._topic, part, start))
            try:
                for row in cursor:
                    records += unpack(self._topic, part, row, start, limit - len(records))
                    size += len(row[2])
                    if len(records) >= limit or size > POLL_BYTES:
                        break
            finally:
                cursor.close()  # ends the read transaction
        return records

    def _changed(self) -> bool:
        before, self._nothing_at = self._nothing_at, None  # stays so when the question fails
        with self._reader.use() as connection:
            [(self._nothing_at,)] = connection.execute("PRAGMA data_version")
        return self._nothing_at != before

    def _look_again(self) -> None:
        self._nothing_at = None
        self._nap = NAP_S

    def _wait(self, seconds: float) -> None:
        time.sleep(min(seconds, self._nap))
        self._nap = min(self._nap * 1.5, LONGEST_NAP_S)
