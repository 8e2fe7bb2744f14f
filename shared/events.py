"""The frozen records: what travels on the log and what is stored. Their bytes are pinned by tests/unit/test_events.py.

Times are integer microseconds UTC. Adding a field with a default is safe; renaming or retyping one is not.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct, field

VERSION = 1
SPECVERSION = "1.0"  # of CloudEvents
EMPTY = Raw(b"{}")

Int64: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]  # what databases store
Decoded = TypeVar("Decoded", bound=Struct)

TouchpointType: TypeAlias = Literal["track", "identify", "group", "alias", "page", "screen", "merge", "split"]


class Touchpoint(Struct, frozen=True, omit_defaults=True):
    """One observed contact or act; the value of a record on topic `touchpoints`."""

    v: Int64
    tenant: str
    source: str  # the write key's
    event_id: str
    type: str  # a TouchpointType
    ids: list[tuple[str, str]]  # (kind, value), kind: user | external… | anonymous; the strongest first
    digest: Annotated[int, Meta(ge=0)]  # unsigned 64 bits of the canonical content
    occurred_at: Int64
    received_at: Int64
    original_at: Int64 = 0  # the client's time, before correction; 0: it sent none
    ordinal: Int64 = 0
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
    occurred_at: Int64


class NextStep(Struct, frozen=True, omit_defaults=True):
    """The next best step on the route, and why it stands there; `title` as the map words it."""

    step: str
    why: str
    owner: str = ""
    title: str = ""


class Because(Struct, frozen=True, omit_defaults=True):
    """Why a finding was corrected: a late touchpoint, a map, an engine, a merge; `was`: the findings it was before."""

    late: Proof | None = None
    map_version: int | None = None
    engine_version: int | None = None
    merged_into: int | None = None
    was: list[str] = []


class Fact(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A finding on the wire: an upsert by `finding`, in a CloudEvents envelope."""

    specversion: str = field(default_factory=lambda: SPECVERSION)  # a factory's value is never omitted
    id: str  # f"{finding}@{seq}"
    source: str
    type: str  # waypost.{deviation, stall, position.changed, journey.opened, journey.ended, …}
    time: str
    tenant: str
    customer: Int64
    ids: list[str] = []  # "user:42"
    finding: str = ""
    seq: Int64 = 0
    stands: bool = True
    map: str = ""
    n: Int64 = 0
    map_version: Int64 = 0
    engine_version: Int64 = 0
    as_of: Int64 = 0
    kind: str = ""
    about: str = ""
    certain: bool | None = None
    status: str = ""
    cost: Int64 = 0
    proof: list[Proof] = []
    numbers: dict[str, int | float | str] = {}
    next: NextStep | None = None
    historical: bool = False
    because: Because | None = None
    machine_at: Int64 = 0
    text: str = ""  # what the CSM reads
    severity: str = ""  # the map's, where it grades the step
    journey_over: bool = False  # the journey has ended: nothing is left to do about it
    name: str = ""  # the customer's, as far as known; this and the owner only of findings that warn
    owner: str = ""  # who looks after the customer, by the map's `owner_from`


class Watermark(Struct, frozen=True):
    """Control record in the outbox: how far absence may be judged."""

    part: Int64
    heard_until: Int64
    judged_until: Int64


class DeadLetter(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A record that could not be read or judged, kept whole, with the reason; the value on topic `dead_letters`."""

    v: Int64 = field(default_factory=lambda: VERSION)  # a factory's value is never omitted
    tenant: str
    source: str
    event_id: str = ""
    reason: str  # a stable word, e.g. too_old
    error: str  # for people
    stage: Literal["ingest", "journey", "alerts"]
    machine_at: Int64
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
    """Read a touchpoint. Raises msgspec.DecodeError when it is not one, and nothing else."""
    touchpoint = _decode(_touchpoint, data)
    if touchpoint.digest >> 64:
        message = "Expected `int` of 64 bits - at `$.digest`"
        raise msgspec.ValidationError(message)
    return touchpoint


def decode_fact(data: bytes) -> Fact:
    """Read a fact. Raises msgspec.DecodeError, and nothing else."""
    return _decode(_fact, data)


def decode_watermark(data: bytes) -> Watermark:
    """Read a watermark. Raises msgspec.DecodeError, and nothing else."""
    return _decode(_watermark, data)


def decode_dead_letter(data: bytes) -> DeadLetter:
    """Read a dead letter. Raises msgspec.DecodeError, and nothing else."""
    return _decode(_dead_letter, data)


def _decode(decoder: msgspec.json.Decoder[Decoded], data: bytes) -> Decoded:
    try:
        return decoder.decode(data)
    except (UnicodeDecodeError, RecursionError) as error:  # a consumer knows poison by one class
        raise msgspec.DecodeError(str(error)) from error
