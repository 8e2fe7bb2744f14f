"""What every route needs to answer: a reading connection, the watermark and the clock."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request

from services.journey.store import offsets
from services.journey.store.charts import Charts
from shared.clock import Clock
from shared.database import connect
from shared.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class Reading:
    """Opens journey.db for one request."""

    path: Path
    lateness: int
    clock: Clock
    charts: Charts = field(default_factory=Charts)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Open for reading, in one snapshot: what an answer says belongs together. Raises UnavailableError."""
        try:
            with closing(connect(self.path, read_only=True)) as db:
                db.execute("BEGIN")
                yield db
        except sqlite3.OperationalError as error:
            message = f"the journey database cannot be read now ({error})"
            raise UnavailableError(message) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Open for writing; the caller begins the transaction. Raises UnavailableError."""
        try:
            with closing(connect(self.path)) as db:
                yield db
        except sqlite3.OperationalError as error:
            message = f"the journey database cannot be written now ({error})"
            raise UnavailableError(message) from error

    def judged_until(self, db: sqlite3.Connection) -> int:
        """Return the watermark."""
        return offsets.heard_until(db) - self.lateness


def reading(request: Request) -> Reading:
    """FastAPI dependency: the reading of this service."""
    found: Reading = request.app.state.reading
    return found
