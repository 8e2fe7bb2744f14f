"""The doors for events: plain ASGI, since they are the hottest code of the service. Who calls, what, and the answer.

Browsers call from any origin, so every answer carries CORS headers and preflights are answered; keys of browsers can
only write.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import msgspec
from prometheus_client import Counter

from services.ingest.accept.acceptor import LARGE, Acceptor
from services.ingest.accept.submission import Submission
from services.ingest.domain.parcel import Parcel, keys_in
from services.ingest.domain.split import TooManyError, UnreadableError
from services.ingest.routes.bodies import DisconnectedError, Receive, read_body
from shared.auth import ALLOWS, Caller, KeyRing, bearer
from shared.clock import monotonic
from shared.errors import ApiError, ForbiddenError, TooLargeError, UnauthorizedError
from shared.metrics import ACCEPT_SECONDS, REFUSED, REQUESTS

Scope: TypeAlias = dict[str, Any]
Headers: TypeAlias = list[tuple[bytes, bytes]]
Send: TypeAlias = Callable[[dict[str, Any]], Any]

JSON = b"application/json"
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: its name in dead letters and metrics, how its bodies are read, what it takes and answers."""

    path: str
    read: Callable[[bytes], Parcel]
    answer: Callable[[Submission], object]
    body_bytes: int
    events: int
    keyed: bool = True  # whether its bodies may hold the key


class Write:
    """An ASGI application that accepts events at one door."""

    def __init__(self, door: Door, acceptor: Acceptor, keys: KeyRing) -> None:
        """Serve a door."""
        self._door = door
        self._acceptor = acceptor
        self._keys = keys
        self._counts: dict[int, Counter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = monotonic()
        headers = dict(scope["headers"])
        more: Headers = []
        try:
            if scope["method"] == "OPTIONS":
                await respond(send, 204, b"", preflight(headers))
                return
            sent_key = headers.get(b"authorization")
            caller = self._caller(bearer(sent_key.decode("latin-1"))) if sent_key else None
            if caller is None and not self._door.keyed:
                raise UnauthorizedError
            body = await self.body_of(scope, headers, receive)
            submission = await self._accept(caller, body)
            status, payload = 200, self.payload(submission)
            ACCEPT_SECONDS.observe(monotonic() - started)
        except DisconnectedError:
            return
        except ApiError as error:
            status, payload = error.status, failure(error.code, error.message)
            more = [(name.lower().encode(), value.encode()) for name, value in error.headers.items()]
        self._count(status)
        await respond(send, status, payload, [*more, *allowed(headers), (b"content-type", self.content_type(status))])

    async def body_of(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bytes:  # noqa: ARG002 (the pixel's)
        """Return the plain body of a request."""
        return await read_body(headers, receive, self._door.body_bytes)

    def payload(self, submission: Submission) -> bytes:
        """Return the body of the answer to what is durable now."""
        return _encode(self._door.answer(submission))

    def content_type(self, status: int) -> bytes:  # noqa: ARG002 (the pixel's)
        """Return the type of the answer."""
        return JSON

    async def _accept(self, caller: Caller | None, body: bytes) -> Submission:
        if caller is None and not any(self._keys.find(key) for key in keys_in(body)):
            raise self._keys.refusal(next(iter(keys_in(body)), ""))
        try:
            parcel = await asyncio.to_thread(self._door.read, body) if len(body) > LARGE else self._door.read(body)
            caller = caller or self._caller(parcel.write_key)
            return await self._acceptor.accept(caller, self._door.path, parcel, self._door.events)
        except UnreadableError as error:
            if caller is None:
                raise UnauthorizedError from error
            REFUSED.labels(caller.tenant, "unreadable_body").inc()
            raise ApiError(str(error), code="bad_json") from error
        except TooManyError as error:
            raise TooLargeError(str(error)) from error

    def _caller(self, key: str) -> Caller:
        caller = self._keys.find(key) if key else None
        if caller is None:
            raise self._keys.refusal(key)
        if "write" not in ALLOWS[caller.scope]:
            scope = "write"
            raise ForbiddenError(scope)
        return caller

    def _count(self, status: int) -> None:
        counter = self._counts.get(status)
        if counter is None:
            counter = self._counts[status] = REQUESTS.labels(self._door.path, str(status))
        counter.inc()


async def respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    """Send an answer."""
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def failure(code: str, message: str) -> bytes:
    """Return the body of an error answer."""
    return _encode({"code": code, "message": message})


def allowed(headers: dict[bytes, bytes]) -> Headers:
    """Return the headers by which a browser lets its page read the answer."""
    if b"origin" not in headers:
        return []
    return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"Retry-After")]


def preflight(headers: dict[bytes, bytes]) -> Headers:
    """Return what a browser wants to know before it sends a request with a key."""
    wanted = headers.get(b"access-control-request-headers", b"authorization, content-type, content-encoding")
    return [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", wanted),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"Access-Control-Request-Headers"),
    ]
