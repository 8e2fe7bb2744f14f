"""A request's body as events, each read by itself: one that cannot be read never costs the others.

The whole body is decoded in one go; only where that fails is it split, first by the JSON decoder, then by brackets.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Self

import msgspec

from services.ingest.domain import wire
from services.ingest.domain.refusal import Refusal
from services.ingest.domain.split import TooManyError, UnreadableError, split_batch, split_lines, split_list
from services.ingest.domain.stamping import sent_at
from services.ingest.domain.values import decode_all, explain

Read = Callable[[bytes], wire.Event]
_KEY = re.compile(rb'"writeKey"\s*+:\s*+"([^"\\]{1,200})"')
FAILURES = (msgspec.DecodeError, ValueError, RecursionError)


class Parcel:
    """The events of one request, in order; where one could not be read, why not."""

    def __init__(
        self, body: bytes, events: Sequence[wire.Event | Refusal], raws: Callable[[], Sequence[bytes]]
    ) -> None:
        """Hold the events; `raws` gives their bytes when they are wanted."""
        self.size = len(body)
        self.careful = b"\\" in body and b"\\u0000" in body  # may hold NUL: every text is looked at
        self.events = events
        self.sent: int | None = None  # when the request left the client, by its clock
        self.write_key = ""
        self.own = False  # of our own door, which takes more types and fields
        self._raws = raws

    def sent_by(self, sent: object, write_key: object) -> Self:
        """Add what the envelope says: one sentAt for all, else the latest of the events' own; the key, if there."""
        own = [event.sentAt for event in self.events if isinstance(event, wire.Event)] if sent is None else [sent]
        self.sent = sent_at(own)
        self.write_key = write_key if isinstance(write_key, str) else ""
        return self

    def said(self) -> tuple[list[Any] | None, list[Any] | None]:
        """Return the properties and the contexts of all events as read; None where that fails for all at once."""
        events = [event for event in self.events if not isinstance(event, Refusal)]
        if len(events) < len(self.events):
            return None, None
        properties = decode_all([event.properties for event in events])
        return properties, decode_all([event.context for event in events], integers=True)

    @cached_property
    def raws(self) -> Sequence[bytes]:
        """The bytes of each event as received. Raises UnreadableError where the events cannot be told apart."""
        found = self._raws()
        if len(found) != len(self.events):  # the decoder's depth differs by where it is called
            message = "The body is nested too deeply for its events to be told apart."
            raise UnreadableError(message)
        return found

    def raw(self, index: int) -> bytes:
        """Return the bytes of one event as received."""
        return self.raws[index]


def read_batch(body: bytes, most: int = 2500) -> Parcel:
    """Read `{"batch": [...]}`. Raises UnreadableError where the body as a whole is broken, TooManyError."""
    try:
        batch = wire.read_batch(body)
    except FAILURES:
        spans = split_batch(body, most)
        parcel = Parcel(body, each(spans.parts, wire.read_event), lambda: spans.parts)
        return parcel.sent_by(spans.sent_at, spans.write_key)
    if len(batch.batch) > most:
        raise TooManyError(most)
    return Parcel(body, batch.batch, lambda: split_batch(body, most).parts).sent_by(batch.sentAt, batch.writeKey)


def read_single(body: bytes, kind: str) -> Parcel:
    """Read one event of a type that the path names. Raises UnreadableError where it is not JSON."""
    try:
        event = wire.read_event(body)
    except FAILURES as error:
        return Parcel(body, [_refused(body, error)], lambda: [body]).sent_by(None, _write_key(body))
    event.type = kind
    return Parcel(body, [event], lambda: [body]).sent_by(None, event.writeKey)


def read_touchpoints(body: bytes, most: int = 5000) -> Parcel:
    """Read one event, a list of events, or events one a line. Raises UnreadableError, TooManyError."""
    listed = body.lstrip()[:1] == b"["
    split = split_list if listed else split_lines
    try:
        events: Sequence[wire.Event | Refusal] = wire.read_list(body) if listed else wire.read_lines(body)
    except FAILURES:
        parts = split(body, most).parts
        return _own(Parcel(body, each(parts, wire.read_own), lambda: parts))
    if len(events) > most:
        raise TooManyError(most)
    if not listed and not events:
        message = "The body is empty: send one event, a list, or one event a line."
        raise UnreadableError(message)
    return _own(Parcel(body, events, lambda: split(body, most).parts))


def _own(parcel: Parcel) -> Parcel:
    parcel.own = True
    return parcel


def _refused(body: bytes, error: Exception) -> Refusal:
    """Return why an event that stands alone is refused. Raises UnreadableError where it is not JSON."""
    try:
        msgspec.json.decode(body)
    except RecursionError as deeper:
        return explain(deeper, body)
    except (msgspec.DecodeError, ValueError) as broken:
        raise UnreadableError(explain(broken, body).message) from error
    return explain(error, body)


class _Keyed(msgspec.Struct):
    writeKey: Any = None  # noqa: N815 (Segment's name on the wire)


def keys_in(body: bytes) -> list[str]:
    """Return what may be the key of a body, before any event is read: of a broken one, whatever looks like one."""
    try:
        found = _read_keyed(body).writeKey
    except FAILURES:
        return [match[1].decode("latin-1") for match in islice(_KEY.finditer(body), 16)]
    return [found] if isinstance(found, str) else []


_read_keyed = msgspec.json.Decoder(_Keyed).decode


def _write_key(body: bytes) -> object:
    try:
        found = msgspec.json.decode(body)
    except RecursionError:
        return None
    return found.get("writeKey") if isinstance(found, dict) else None


def read_again(body: bytes, door: str) -> Parcel:
    """Read a dead letter as its door did. Raises UnreadableError where it is not JSON."""
    kind = door.removeprefix("/v1/")
    if kind in wire.SEGMENT_TYPES:
        return read_single(body, kind)
    if kind == "batch":
        return Parcel(body, each([body], wire.read_event), lambda: [body])
    return _own(Parcel(body, each([body], wire.read_own), lambda: [body]))


def each(parts: Sequence[bytes], read: Read) -> list[wire.Event | Refusal]:
    """Read every part by itself."""
    return [_one(part, read) for part in parts]


def _one(part: bytes, read: Read) -> wire.Event | Refusal:
    try:
        return read(part)
    except FAILURES as error:
        return explain(error, part)
