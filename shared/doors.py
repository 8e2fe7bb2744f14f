"""What a client may send a service before any of our code sees it: no endless headers, no trickle, no flood.

The HTTP server has no such bounds of its own. A request's head is bounded in bytes and time, its body too, and a client
that stays within them is never noticed here. Long answers are not bounded: only what is received is.
"""

import asyncio

import msgspec
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

HEAD_BYTES = 64 * 1024  # request line and headers
AHEAD_BYTES = 256 * 1024  # that one read from the network may hold of what comes behind
HEAD_S = 20.0
BODY_S = 120.0  # 5 MB within it is 42 kB a second
BODY_BYTES = 2 * 1024 * 1024
EVENTS_BYTES = 64 * 1024 * 1024  # ingest reads on, to say why it refuses


class Door(HttpToolsProtocol):
    """One connection. What breaks a bound is answered once, in our own words, and the connection closes."""

    body_bytes = BODY_BYTES
    head_s = HEAD_S
    body_s = BODY_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a first request."""
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        self._refused = False
        self._answering: RequestResponseCycle | None = None  # behind it others may wait: `cycle` is the last of them
        self._size = 0  # of the head, or of the body
        self._in_head = True
        self._wait(self.head_s, "The request's headers did not come in time.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and let what is being answered end in peace: nobody hears it any more."""
        self._wait(0.0)
        self._leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless the client was refused already."""
        if self._refused:
            return
        super().data_received(data)
        if self._in_head and not self._refused:
            self._size += len(data)
            if self._size > HEAD_BYTES + AHEAD_BYTES:
                self._refuse_head()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._size = True, 0
        self._wait(self.head_s, "The request's headers did not come in time.")

    def on_headers_complete(self) -> None:
        """Hand the request on once its head is known and within its bound."""
        if self._refused:
            return
        self._in_head = False
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            self._refuse_head()
            return
        self._size = 0
        self._wait(self.body_s, "The request's body did not come in time.")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Hand a part of the body on."""
        if self._refused:
            return
        self._size += len(body)
        if self._size > self.body_bytes:
            self._refuse(413, "too_large", f"The body is larger than {self.body_bytes} bytes: send it in parts.")
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait no longer: the request is whole."""
        if self._refused:
            return
        self._wait(0.0)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, "bad_request", msg)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _leave(self) -> None:
        self.pipeline.clear()
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()

    def _wait(self, seconds: float, message: str = "") -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.loop.call_later(seconds, self._refuse, 408, "too_slow", message) if seconds else None

    def _refuse_head(self) -> None:
        self._refuse(431, "headers_too_large", f"The request's headers are larger than {HEAD_BYTES} bytes.")

    def _refuse(self, status: int, code: str, message: str) -> None:
        self._refused = True
        self._wait(0.0)
        if self.transport.is_closing():
            return
        if (answering := self._answering) is None or answering.response_complete or not answering.response_started:
            body = msgspec.json.encode({"code": code, "message": message})
            head = b"content-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
            self.transport.write(STATUS_LINE[status] + head + body)
        self._leave()
        self.transport.close()


class EventsDoor(Door):
    """A connection to ingest, which bounds its bodies itself and says more."""

    body_bytes = EVENTS_BYTES


def door_of(service: str) -> type[Door]:
    """Return what serves the connections of a service."""
    return EventsDoor if service == "ingest" else Door
