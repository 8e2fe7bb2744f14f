"""SQLite as Waypost uses it: one file a service, WAL, full sync, writers that begin at once.

A deferred transaction that reads and then writes fails with SQLITE_BUSY_SNAPSHOT whatever the timeout, so every write
begins with BEGIN IMMEDIATE. Readers hold no transaction between two questions.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BUSY_S = 10.0


def connect(path: Path, *, read_only: bool = False, busy_s: float = BUSY_S) -> sqlite3.Connection:
    """Open a database file in autocommit mode; `busy_s` bounds the wait for another writer.

    Raises sqlite3.OperationalError when it cannot.
    """
    connection = sqlite3.connect(
        f"file:{path}?mode={'ro' if read_only else 'rwc'}",
        uri=True,
        timeout=busy_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, not only forgotten
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA mmap_size = 268435456")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run one write transaction: committed at the end, rolled back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk may have rolled back already
            connection.execute("ROLLBACK")
        raise


def empty_wal(connection: sqlite3.Connection, busy_s: float = 0.2) -> bool:
    """Move everything from the write-ahead log into the file and cut it to nothing; False where a reader is in the way.

    What was overwritten in the file may stand in there until then.
    """
    connection.execute(f"PRAGMA busy_timeout = {round(busy_s * 1000)}")
    try:
        [(busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {round(BUSY_S * 1000)}")
    return not busy
