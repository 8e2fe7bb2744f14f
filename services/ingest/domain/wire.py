"""The shapes that clients send. Nested fields stay the bytes that they came in; unknown fields are ignored."""

from typing import Any, TypeAlias

import msgspec
from msgspec import Raw, Struct

from shared.events import EMPTY

SEGMENT_TYPES = frozenset({"track", "identify", "group", "alias", "page", "screen"})
OWN_TYPES = SEGMENT_TYPES | {"merge", "split"}

Id: TypeAlias = str | int | float | None
Time: TypeAlias = str | int | float | None


class Event(Struct, gc=False):
    """An event of the Segment-compatible API."""

    type: str | None = None
    messageId: Id = None  # noqa: N815 (Segment's names on the wire)
    userId: Id = None  # noqa: N815
    anonymousId: Id = None  # noqa: N815
    groupId: Id = None  # noqa: N815
    previousId: Id = None  # noqa: N815
    event: str | None = None
    name: str | None = None
    category: str | None = None
    channel: str | None = None
    timestamp: Time = None
    originalTimestamp: Time = None  # noqa: N815
    sentAt: Any = None  # noqa: N815
    writeKey: Any = None  # noqa: N815
    properties: Raw = EMPTY
    traits: Raw = EMPTY
    context: Raw = EMPTY


class OwnEvent(Event, gc=False):
    """An event of POST /v1/touchpoints: Segment's field names and our own."""

    ids: dict[str, str | int | float | list[str | int | float] | None] | None = None
    account: Id = None
    actor: str | None = None
    ordinal: int | None = None


class Batch(Struct, gc=False):
    """A batch of the Segment-compatible API."""

    batch: list[Event]
    sentAt: Any = None  # noqa: N815
    writeKey: Any = None  # noqa: N815


class RawBatch(Struct, gc=False):
    """A batch whose events are still bytes."""

    batch: list[Raw]
    sentAt: Any = None  # noqa: N815
    writeKey: Any = None  # noqa: N815


read_event = msgspec.json.Decoder(Event).decode
read_own = msgspec.json.Decoder(OwnEvent).decode
read_batch = msgspec.json.Decoder(Batch).decode
read_raw_batch = msgspec.json.Decoder(RawBatch).decode
read_list = msgspec.json.Decoder(list[OwnEvent]).decode
read_raw_list = msgspec.json.Decoder(list[Raw]).decode
read_lines = msgspec.json.Decoder(OwnEvent).decode_lines
read_raw_lines = msgspec.json.Decoder(Raw).decode_lines
