"""The log on SQLite: records of an append packed into segment rows, one fsync for all of them.

The same three tables (schema.py) lie in log.db and in the database of each service that writes an outbox; `append_in`
writes there inside the service's own transaction, so that offset, state and facts commit together. Several processes
may append and read: a writer takes the file's write lock before it numbers its records, so numbers appear in order.
"""

import sqlite3
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.clock import machine_now, monotonic
from shared.database import BUSY_S, empty_wal, transaction
from shared.log.event_log import Append, Change, OnPartitions
from shared.log.places import check_partitions
from shared.log.progress import Progress
from shared.log.scrubbing import find, replace
from shared.log.segments import pack, split
from shared.log.sql_connection import LogConnection
from shared.log.sql_subscription import SqlSubscription, head

TRIM_SEGMENTS = 500  # deleted in one transaction, and about so many bytes: appends wait for milliseconds only
TRIM_BYTES = 2 * 1024 * 1024  # they are overwritten, not only forgotten
NEVER = 1 << 63

_GROW = (
    "INSERT INTO log_heads VALUES (?1, ?2, 0, ?3)"
    " ON CONFLICT (topic, part) DO UPDATE SET next = next + ?3 RETURNING next"
)


def append_in(connection: sqlite3.Connection, appends: Sequence[Append], machine_at: int) -> list[int]:
    """Append inside a transaction that the caller began and will commit; return the first offset of each."""
    firsts = []
    for append in appends:
        if not append.records:
            firsts.append(head(connection, append.topic, append.part)[1])
            continue
        [(end,)] = connection.execute(_GROW, (append.topic, append.part, len(append.records)))
        first = end - len(append.records)
        firsts.append(first)
        for segment in split(append.records):
            connection.execute(
                "INSERT INTO log_segments VALUES (?, ?, ?, ?, ?, ?)",
                (append.topic, append.part, first, len(segment), machine_at, pack(segment)),
            )
            first += len(segment)
    return firsts


class SqlLog:
    """An event log in a SQLite file that migrations made, safe among threads and processes."""

    def __init__(self, path: Path, partitions: Mapping[str, int] | None = None, *, busy_s: float = BUSY_S) -> None:
        """Open the log; topics have one partition unless said otherwise or stored.

        Raises LogUnavailableError when the file is missing or cannot be read.
        """
        self._path = path
        self._partitions = dict(partitions or {})
        self._writer = LogConnection(path, read_only=False, busy_s=busy_s)
        self._reader = LogConnection(path, read_only=True, busy_s=busy_s)
        self._writing, self._reading = threading.Lock(), threading.Lock()
        self._progress = Progress(path.with_name(f"{path.stem}-progress.db"))
        self._log_id = self._birth()

    def _birth(self) -> str:
        with self._writing, self._writer.use() as connection:
            found = connection.execute("SELECT log_id FROM log_meta").fetchone()
            if found is None:
                with transaction(connection):  # of several first openers one names the log
                    connection.execute(
                        "INSERT INTO log_meta SELECT ? WHERE NOT EXISTS (SELECT 1 FROM log_meta)", (uuid.uuid4().hex,)
                    )
                found = connection.execute("SELECT log_id FROM log_meta").fetchone()
            return str(found[0])

    @property
    def log_id(self) -> str:
        """Return the id that this log was born with."""
        return self._log_id

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append all or nothing; return the first offset of each, once on disk.

        Raises LogUnavailableError (disk full, I/O error, locked), and the next append starts afresh; ValueError for
        a partition that does not exist.
        """
        check_partitions(appends, self.partitions)
        with self._writing, self._writer.use() as connection, transaction(connection):
            return append_in(connection, appends, machine_now())

    def partitions(self, topic: str) -> int:
        """Return how many partitions a topic has: as set, or as many as hold records."""
        with self._reading, self._reader.use() as connection:
            (last,) = connection.execute("SELECT max(part) FROM log_heads WHERE topic = ?", (topic,)).fetchone()
        return max(self._partitions.get(topic, 1), 0 if last is None else last + 1)

    def begin(self, topic: str, part: int) -> int:
        """Return the least offset still kept."""
        with self._reading, self._reader.use() as connection:
            return head(connection, topic, part)[0]

    def end(self, topic: str, part: int) -> int:
        """Return the offset that the next record will get."""
        with self._reading, self._reader.use() as connection:
            return head(connection, topic, part)[1]

    def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: OnPartitions,
        on_revoked: OnPartitions,
    ) -> SqlSubscription:
        """Join a group, which must have no other member; see the port."""
        reader = LogConnection(self._path, read_only=True)
        report = self._progress.reporter(group, topic)
        return SqlSubscription(reader, topic, self.partitions(topic), (on_assigned, on_revoked), report)

    def progress(self, topic: str) -> dict[tuple[str, int], int]:
        """Return the offset that each group last reported for each partition; for lag tools only."""
        return self._progress.read(topic)

    def trim(self, topic: str, before_machine_at: int, below: Mapping[int, int] | None = None) -> int:
        """Drop the oldest records, those appended before a machine time; return how many. See the port."""
        dropped = 0
        for part in range(self.partitions(topic)):
            stays = NEVER if below is None else below.get(part, 0)
            while True:
                began = monotonic()
                gone = self._trim(topic, part, before_machine_at, stays)
                if not gone:
                    break
                dropped += gone
                time.sleep(min(monotonic() - began, 1.0))  # others write as long as this did
        return dropped

    def _trim(self, topic: str, part: int, before: int, stays: int) -> int:
        with self._writing, self._writer.use() as connection, transaction(connection):
            begin = cut = head(connection, topic, part)[0]
            oldest = connection.execute(
                "SELECT first + count, machine_at, length(body) FROM log_segments"
                " WHERE topic = ? AND part = ? ORDER BY first LIMIT ?",
                (topic, part, TRIM_SEGMENTS),
            ).fetchall()
            size = 0
            for end, machine_at, length in oldest:
                if machine_at >= before or end > stays or size > TRIM_BYTES:
                    break
                cut, size = end, size + length
            if cut == begin:
                return 0
            connection.execute(
                "DELETE FROM log_segments WHERE topic = ? AND part = ? AND first < ?", (topic, part, cut)
            )
            connection.execute("UPDATE log_heads SET begin = ? WHERE topic = ? AND part = ?", (cut, topic, part))
            return int(cut - begin)

    def scrub(self, topic: str, part: int, start: int, change: Change) -> int:
        """Put other content in the place of kept records; see the port. Appends wait for one segment at a time."""
        with self._reading, self._reader.use() as connection:
            begin, end = head(connection, topic, part)
            found, next_ = find(connection, (topic, part, max(start, begin)), change)
        for first in found:
            with self._writing, self._writer.use() as connection, transaction(connection):
                replace(connection, (topic, part, first), change)
        return next_ if next_ > max(start, begin) else end

    def tidy(self) -> bool:
        """Leave nothing of what was overwritten in the write-ahead log; False where a reader is in the way."""
        with self._writing, self._writer.use() as connection:
            return empty_wal(connection)

    def size(self) -> int:
        """Return the bytes in use: the file as readers see it, without its free pages."""
        with self._reading, self._reader.use() as connection:
            pages, free, page = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "page_size")
            )
        return int((pages - free) * page)

    def close(self) -> None:
        """Release files and connections; subscriptions close their own."""
        with self._writing, self._reading:
            self._reader.close()
            self._writer.close()
            self._progress.close()
