"""A database that fails, and recovers when told to."""

import sqlite3
from pathlib import Path
from typing import Any, Self


class Failing(sqlite3.Connection):
    """A connection whose statements fail while `fails` is set."""

    fails = False
    error: Exception = sqlite3.OperationalError("database or disk is full")

    @classmethod
    def of(cls, path: Path) -> Self:
        """Open a database that fails from now on."""
        connection = sqlite3.connect(path, factory=cls, isolation_level=None, check_same_thread=False)
        connection.fails = True
        return connection

    def execute(self, *args: Any) -> sqlite3.Cursor:  # noqa: ANN401 (sqlite3's own)
        """Execute, or fail."""
        if self.fails:
            raise self.error
        return super().execute(*args)
