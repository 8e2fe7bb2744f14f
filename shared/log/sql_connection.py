"""A connection to a log's file that is dropped after every error, so that the next use starts afresh."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.database import BUSY_S, connect
from shared.log.event_log import LogUnavailableError


class LogConnection:
    """One connection, opened when first used. Not safe among threads: its owner has a lock or a thread."""

    def __init__(self, path: Path, *, read_only: bool, busy_s: float = BUSY_S) -> None:
        """Name the file; `busy_s` bounds the wait for another writer."""
        self._path = path
        self._read_only = read_only
        self._busy_s = busy_s
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # what was opened

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection. Errors of the file and the disk become LogUnavailableError; bugs stay what they are."""
        try:
            if self._connection is not None and self._at_its_path() != self._file:
                self.close()  # moved or removed: the open file would take records that nobody finds again
            if self._connection is None:
                self._connection = self._open()
            yield self._connection
        except sqlite3.DatabaseError as error:
            self.close()
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                raise
            message = f"the log {self._path.name} does not work: {error}"
            raise LogUnavailableError(message) from error

    def _open(self) -> sqlite3.Connection:
        found = self._at_its_path()
        if found is None:
            do = (
                "`waypost migrate` makes it"
                if self._file is None
                else "put its folder back, or start again where it is"
            )
            message = f"there is no log {self._path}: {do}"
            raise LogUnavailableError(message)
        self._file = found
        return connect(self._path, read_only=self._read_only, busy_s=self._busy_s)

    def _at_its_path(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Close it; the next use opens it again."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
