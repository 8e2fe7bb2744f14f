"""What an event says, in one canonical form: equal content has equal digests, whatever its order or spacing.

The form is MessagePack with sorted keys: it keeps integers and floats apart, writes each number in one way only, and
refuses integers beyond 64 bits without a second walk (docs/decisions/0402).
"""

import hashlib
import zlib

import msgspec

from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.values import check_integer

UNSAID = frozenset({"messageId", "sentAt", "writeKey", "receivedAt"})  # of the delivery, not of the event
_pack = msgspec.msgpack.Encoder(order="sorted").encode


def canonical_of(content: object) -> bytes:
    """Return the canonical bytes of decoded JSON. Raises Refusal (number_out_of_range).

    The digest of a touchpoint is that of `(type, event, ids, attributes, traits, original_at)`, with None for what is
    missing or empty.
    """
    try:
        return _pack(content)
    except OverflowError as error:
        message = "An integer does not fit into 64 bits: send it as text."
        raise Refusal(Reason.NUMBER_OUT_OF_RANGE, message) from error


def digest_of(content: bytes) -> int:
    """Return the unsigned 64-bit digest of canonical bytes: it tells contents of one key apart, and is no signature."""
    return zlib.crc32(content) << 32 | zlib.adler32(content)


def derived_event_id(event: dict[str, object]) -> str:
    """Return the id of an event that came without one: a hash of all that it says. Same event, same id."""
    for value in event.values():
        if type(value) is int:
            check_integer(value)
    said = {name: value for name, value in event.items() if name not in UNSAID and value is not None}
    return "h_" + hashlib.blake2b(canonical_of(said), digest_size=16).hexdigest()
