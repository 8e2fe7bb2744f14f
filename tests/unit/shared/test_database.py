"""SQLite as Waypost uses it: full sync, and writers that wait for each other instead of failing."""

import sqlite3
import threading
from pathlib import Path

import pytest

from shared.database import connect, transaction


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Make a database with one table."""
    path = tmp_path / "x.db"
    connection = connect(path)
    connection.execute("CREATE TABLE t (n INTEGER NOT NULL)")
    connection.execute("INSERT INTO t VALUES (0)")
    connection.close()
    return path


def number(connection: sqlite3.Connection) -> int:
    """Return the one number that is stored."""
    found: int = connection.execute("SELECT n FROM t").fetchone()[0]
    return found


def half_write(connection: sqlite3.Connection) -> None:
    """Write, then fail."""
    with transaction(connection):
        connection.execute("UPDATE t SET n = 1")
        connection.execute("UPDATE t SET n = NULL")


def test_every_commit_is_synced(path: Path) -> None:
    connection = connect(path)

    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    connection.close()


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    connection = connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        half_write(connection)
    untouched = number(connection)
    with transaction(connection):
        connection.execute("UPDATE t SET n = 2")
    written = number(connection)
    connection.close()

    assert (untouched, written) == (0, 2)


def test_readers_may_not_write(path: Path) -> None:
    reader = connect(path, read_only=True)

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("UPDATE t SET n = 1")
    reader.close()


def test_a_reader_of_a_missing_file_fails_at_once(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        connect(tmp_path / "none.db", read_only=True)

    assert not (tmp_path / "none.db").exists()


def test_writers_that_read_first_lose_no_update(path: Path) -> None:
    def count() -> None:
        connection = connect(path)
        for _ in range(50):
            with transaction(connection):
                connection.execute("UPDATE t SET n = ?", (number(connection) + 1,))
        connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    connection = connect(path)
    assert number(connection) == 200
    connection.close()
