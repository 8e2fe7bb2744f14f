"""Values that would break a later reader are refused at the door: NUL, integers beyond 64 bits, endless nesting."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from services.ingest.domain.limits import EVENT_ID, NESTING
from services.ingest.domain.refusal import Reason, Refusal

_decode = msgspec.json.Decoder().decode
_pack = msgspec.msgpack.Encoder().encode
LEAST, MOST = -(1 << 63), (1 << 64) - 1


def decode(raw: Raw | bytes) -> Any:  # noqa: ANN401 (any JSON)
    """Read JSON that may be anything. Raises Refusal where it is not JSON, not text, or a number is too large."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise explain(error, bytes(raw)) from error


def decode_all(raws: Sequence[Raw], *, integers: bool = False) -> list[Any] | None:
    """Read many pieces of JSON in one go, which costs half; None where one of them cannot be read.

    `integers`: None as well where one holds an integer beyond 64 bits.
    """
    try:
        together: list[Any] = _decode(b"[" + b",".join(raws) + b"]")
        if integers:
            _pack(together)  # MessagePack has none
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError):
        return None
    return together


def explain(error: Exception, raw: bytes) -> Refusal:
    """Return the refusal that an error of decoding means."""
    if isinstance(error, RecursionError):
        return _too_deep()
    if isinstance(error, UnicodeDecodeError):
        return Refusal(Reason.BAD_TEXT, "The event holds bytes that are not UTF-8.")
    if "surrogate" in str(error) or (b"\\ud" in raw.lower() and "truncated" in str(error)):
        return Refusal(Reason.BAD_TEXT, "The event holds half a surrogate pair (like \\ud800), which is no text.")
    if "out of range" in str(error):
        return Refusal(Reason.NUMBER_OUT_OF_RANGE, f"A number is too large: {error}.")
    if isinstance(error, msgspec.ValidationError):
        return Refusal(Reason.WRONG_TYPE, f"{error}.")
    return Refusal(Reason.BAD_JSON, f"The event is not JSON: {error}.")


def check(value: object, *, left: int = NESTING) -> None:
    """Walk a decoded value. Raises Refusal for NUL, integers beyond 64 bits and nesting beyond the limit."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, int):
        check_integer(value)
    elif isinstance(value, dict | list):
        if not left:
            raise _too_deep()
        if isinstance(value, dict):
            for name in value:
                check_text(name)
        for inner in value.values() if isinstance(value, dict) else value:
            check(inner, left=left - 1)


def check_text(text: str) -> None:
    """Raise Refusal (bad_text) for the character NUL, which databases do not store."""
    if "\0" in text:
        message = "The event holds the character NUL (\\u0000), which cannot be stored."
        raise Refusal(Reason.BAD_TEXT, message)


def check_integer(value: int) -> None:
    """Raise Refusal (number_out_of_range) for an integer beyond 64 bits."""
    if not LEAST <= value <= MOST:
        message = "An integer does not fit into 64 bits: send it as text."
        raise Refusal(Reason.NUMBER_OUT_OF_RANGE, message)


def check_nesting(raw: Raw | bytes) -> None:
    """Raise Refusal (too_deep) for JSON that is nested beyond the limit; cheap where it has few brackets."""
    data = bytes(raw)
    if len(data) > 2 * NESTING and data.count(b"{") + data.count(b"[") > NESTING:
        check(decode(data))


def _too_deep() -> Refusal:
    return Refusal(Reason.TOO_DEEP, f"The event is nested more than {NESTING} levels deep.")


def message_id(raw: bytes) -> str:
    """Return the id that an event gives itself, where even that can be read."""
    try:
        event = _decode(raw)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""
    found = event.get("messageId") if isinstance(event, dict) else None
    return found[:EVENT_ID] if isinstance(found, str) else ""
