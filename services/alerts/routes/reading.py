"""What every route needs to answer: alerts.db for one request, and the acts of people."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from services.alerts.track.acts import Acts
from shared.auth import Caller, Requires
from shared.database import connect
from shared.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class Reading:
    """Opens alerts.db for one request."""

    path: Path

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Open for reading, in one snapshot. Raises UnavailableError."""
        with readable(), closing(connect(self.path, read_only=True)) as db:
            db.execute("BEGIN")
            yield db


@contextmanager
def readable() -> Iterator[None]:
    """Turn a failure of the file or the disk into 503: UnavailableError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        message = f"The alerts database cannot be used now ({error}): `waypost migrate` makes it."
        raise UnavailableError(message) from error


def reading(request: Request) -> Reading:
    """FastAPI dependency: the reading of this service."""
    found: Reading = request.app.state.reading
    return found


def acts(request: Request) -> Acts:
    """FastAPI dependency: what people can do."""
    found: Acts = request.app.state.acts
    return found


Reads = Annotated[Reading, Depends(reading)]
Doing = Annotated[Acts, Depends(acts)]
Reader = Annotated[Caller, Depends(Requires("read"))]
Admin = Annotated[Caller, Depends(Requires("admin"))]
