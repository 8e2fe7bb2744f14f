"""The frozen records: what travels on the log and what is stored. Their bytes are pinned by tests/unit/test_events.py.

Times are integer microseconds UTC. Adding a field with a default is safe; renaming or retyping one is not.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

VERSION = 1
EMPTY = Raw(b"{}")

TouchpointType: TypeAlias = Literal["track", "identify", "group", "alias", "page", "screen", "merge", "split"]


class Touchpoint(Struct, frozen=True, omit_defaults=True):
    """One observed contact or act; the value of a record on topic `touchpoints`."""

    v: int
    tenant: str
    source: str  # the write key's
    event_id: str
    type: str  # a TouchpointType
    ids: list[tuple[str, str]]  # (kind, value), kind: user | external… | anonymous; the strongest first
    digest: int  # unsigned 64 bits of the canonical content
    occurred_at: int
    received_at: int
    original_at: int = 0  # the client's time, before correction; 0: it sent none
    ordinal: int = 0
    event: str = ""
    channel: str = ""
    actor: str = ""
    account: str = ""
    attributes: Raw = EMPTY
    traits: Raw = EMPTY
    context: Raw = EMPTY
    dedupe: bool = True


class Proof(Struct, frozen=True):
    """A touchpoint that proves a finding."""

    event_id: str
    source: str
    event: str
    occurred_at: int


class NextStep(Struct, frozen=True):
    """The next best step on the route, and why it stands there."""

    step: str
    why: str
    owner: str = ""


class Because(Struct, frozen=True, omit_defaults=True):
    """Why a finding was corrected: a late touchpoint, a map, an engine, a merge; `was`: the findings it was before."""

    late: Proof | None = None
    map_version: int | None = None
    engine_version: int | None = None
    merged_into: int | None = None
    was: list[str] = []


class Fact(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A finding on the wire: an upsert by `finding`, in a CloudEvents envelope."""

    specversion: str = "1.0"
    id: str  # f"{finding}@{seq}"
    source: str
    type: str  # waypost.{deviation, stall, position.changed, journey.opened, journey.ended, …}
    time: str
    tenant: str
    customer: int
    ids: list[str] = []  # "user:42"
    finding: str = ""
    seq: int = 0
    stands: bool = True
    map: str = ""
    n: int = 0
    map_version: int = 0
    engine_version: int = 0
    as_of: int = 0
    kind: str = ""
    about: str = ""
    certain: bool | None = None
    status: str = ""
    cost: int = 0
    proof: list[Proof] = []
    numbers: dict[str, int | float | str] = {}
    next: NextStep | None = None
    historical: bool = False
    because: Because | None = None
    machine_at: int = 0
    text: str = ""  # what the CSM reads
    severity: str = ""  # the map's, where it grades the step


class Watermark(Struct, frozen=True):
    """Control record in the outbox: how far absence may be judged."""

    part: int
    heard_until: int
    judged_until: int


class DeadLetter(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A record that could not be read or judged, kept whole, with the reason; the value on topic `dead_letters`."""

    v: int = VERSION
    tenant: str
    source: str
    event_id: str = ""
    reason: str  # a stable word, e.g. too_old
    error: str  # for people
    stage: Literal["ingest", "journey", "alerts"]
    machine_at: int
    body: str  # the event as received (JSON text; replacement characters where it was not UTF-8)
    door: str = ""  # the route that read it, so that replay takes the same way


STRENGTH = {"user": 0, "anonymous": 2}  # anything else is an external id: 1


def strongest_first(ids: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Order ids by strength (user, external, anonymous), keeping the given order among equals."""
    return sorted(dict.fromkeys(ids), key=lambda pair: STRENGTH.get(pair[0], 1))


def history_key(touchpoint: Touchpoint) -> tuple[int, int, str, str]:
    """Return the key that orders a history: (occurred_at, ordinal, event_id, source)."""
    return (touchpoint.occurred_at, touchpoint.ordinal, touchpoint.event_id, touchpoint.source)


def hash64(data: bytes) -> int:
    """Return the first 64 bits of SHA-256 as an unsigned integer."""
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big")


def signed64(value: int) -> int:
    """Return an unsigned 64-bit value as the signed one that databases store."""
    return value - (1 << 64) if value >= 1 << 63 else value


def event_hash(source: str, event_id: str) -> int:
    """Return the signed 64-bit hash of (source, event_id) by which a touchpoint is deduplicated."""
    return signed64(hash64(f"{source}\0{event_id}".encode()))


def partition_of(tenant: str, identity: tuple[str, str], partitions: int) -> int:
    """Return the partition of a customer's id: the same id of a tenant always lies in the same partition."""
    key = f"{tenant}\0{identity[0]}:{identity[1]}".encode()
    return hash64(key) % partitions if partitions > 1 else 0


_encoder = msgspec.json.Encoder()
_touchpoint = msgspec.json.Decoder(Touchpoint)
_fact = msgspec.json.Decoder(Fact)
_watermark = msgspec.json.Decoder(Watermark)
_dead_letter = msgspec.json.Decoder(DeadLetter)


def encode(record: Struct | Sequence[object]) -> bytes:
    """Return a record as JSON bytes."""
    return _encoder.encode(record)


def decode_touchpoint(data: bytes) -> Touchpoint:
    """Read a touchpoint. Raises msgspec.DecodeError (ValidationError included) when it is not one."""
    return _touchpoint.decode(data)


def decode_fact(data: bytes) -> Fact:
    """Read a fact. Raises msgspec.DecodeError."""
    return _fact.decode(data)


def decode_watermark(data: bytes) -> Watermark:
    """Read a watermark. Raises msgspec.DecodeError."""
    return _watermark.decode(data)


def decode_dead_letter(data: bytes) -> DeadLetter:
    """Read a dead letter. Raises msgspec.DecodeError."""
    return _dead_letter.decode(data)
