"""The stream: every change of a tenant's alerts as it happens, by server-sent events.

The id of an event is its trail_no. A client that comes back with `Last-Event-ID` gets what it missed; one that comes
for the first time starts now, and is told the id to come back with before anything has happened.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.alerts.routes.reading import Reader, Reads, readable
from services.alerts.store import reads
from services.alerts.store.reads import Trail
from shared.auth import KeyRing, bearer
from shared.clock import monotonic
from shared.database import connect
from shared.errors import InvalidError, TooBusyError
from shared.times import when

router = APIRouter()

LOOK_S = 0.2  # between two looks for changes
PAGE = 100
RETRY_MS = 2000


@dataclass(slots=True)
class Streams:
    """The open streams of this process."""

    most: int = 200
    heartbeat_s: float = 10.0  # of silence, after which a comment is sent
    count: int = 0  # those that have a place; taken before the stream begins, so that never more have one

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place while a stream is open. Raises TooBusyError where none is free."""
        if self.count >= self.most:
            message = f"{self.most} streams are open already."
            raise TooBusyError(message, retry_after_s=10)
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1


def last_event_id(
    last_event_id: Annotated[str, Header(max_length=30)] = "",
    after: Annotated[str, Query(max_length=30)] = "",
) -> int | None:
    """FastAPI dependency: the change after which to go on, from the header or `after`; None: from now on."""
    given = last_event_id or after
    if given and not given.isdecimal():
        message = f"Last-Event-ID and `after` are ids of this stream, not `{given}`."
        raise InvalidError(message)
    return int(given) if given else None


@dataclass(frozen=True, slots=True)
class Watched:
    """What a stream reads, and the change after which it goes on."""

    db: sqlite3.Connection
    after: int


async def watched(
    request: Request, caller: Reader, read: Reads, after: Annotated[int | None, Depends(last_event_id)]
) -> AsyncIterator[Watched]:
    """FastAPI dependency: a place among the streams and an open database, for as long as the answer lasts.

    Raises TooBusyError and UnavailableError.
    """
    streams: Streams = request.app.state.streams
    with streams.place(), readable(), closing(connect(read.path, read_only=True)) as db:
        seen = min(after, _last(db)) if after is not None else reads.last_change(db, caller.tenant)
        yield Watched(db, seen)


@router.get("/v1/alerts/stream", response_class=EventSourceResponse)
async def stream(
    request: Request, caller: Reader, changing: Annotated[Watched, Depends(watched)]
) -> AsyncIterator[ServerSentEvent]:
    """Stream changes until the client or the service leaves, or the key is revoked."""
    streams: Streams = request.app.state.streams
    keys: KeyRing = request.app.state.keys
    key = bearer(request.headers.get("authorization", ""))
    seen, said_at = changing.after, monotonic()
    yield ServerSentEvent(id=str(seen), retry=RETRY_MS)
    while not request.app.state.leaving() and keys.find(key) == caller:
        changes = reads.changes(changing.db, caller.tenant, seen, PAGE)
        for change in changes:
            yield event_of(change)
            seen, said_at = change.trail_no, monotonic()
        if monotonic() - said_at >= streams.heartbeat_s:
            yield ServerSentEvent(comment="still here")  # so that proxies keep the connection
            said_at = monotonic()
        if len(changes) < PAGE:
            await asyncio.sleep(LOOK_S)


def _last(db: sqlite3.Connection) -> int:
    """Return the greatest id that any change has: an id beyond it is of another database, and would wait for ever."""
    [(number,)] = db.execute("SELECT coalesce(max(trail_no), 0) FROM alert_trail")
    return int(number)


def event_of(change: Trail) -> ServerSentEvent:
    """Return a change as an event: `event` is what changed, `data` the change with the alert as it was then."""
    data = {
        "trail": change.trail_no,
        "at": when(change.at),
        "change": change.change,
        "because": msgspec.Raw(change.because),
        "alert": msgspec.Raw(change.alert),
    }
    return ServerSentEvent(id=str(change.trail_no), event=change.change, raw_data=msgspec.json.encode(data).decode())
