"""Reading a body within its limit, compressed or not. Content-Type is ignored: clients mislabel it."""

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from shared.errors import ApiError, TooLargeError

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PLAIN = frozenset({b"", b"identity", b"gzip", b"x-gzip"})
MEMBERS = 64  # of one gzip body: every one costs a copy of what follows
DRAINED_BYTES = 32 * 1024 * 1024  # read and dropped, so that the client hears why before the connection closes


class DisconnectedError(Exception):
    """Raised when the client left before its request was whole: there is nobody to answer."""


class UnsupportedEncodingError(ApiError):
    """Raised when a body has a Content-Encoding other than gzip."""

    status = 415
    code = "unsupported_encoding"


async def read_body(headers: dict[bytes, bytes], receive: Receive, limit: int) -> bytes:
    """Return the plain body. Raises TooLargeError, ApiError (its encoding), DisconnectedError."""
    length = headers.get(b"content-length", b"")
    if length.isdigit() and int(length) > limit:
        await _drain(receive, int(length))
        raise _too_large(limit)
    body = await _receive(receive, limit)
    if body.startswith(GZIP):
        body = gunzip(body, limit)
    elif headers.get(b"content-encoding", b"").strip().lower() not in PLAIN:
        message = "Send the body plain or with Content-Encoding: gzip."
        raise UnsupportedEncodingError(message)
    return body.removeprefix(BYTE_ORDER_MARK)


async def _receive(receive: Receive, limit: int) -> bytes:
    message = await _next(receive)
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        if len(body) > limit:
            raise _too_large(limit)
        return body
    chunks, size = [body], len(body)
    while message.get("more_body"):
        if size > limit:
            await _drain(receive, DRAINED_BYTES)
            raise _too_large(limit)
        message = await _next(receive)
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > limit:
        raise _too_large(limit)
    return b"".join(chunks)


async def _next(receive: Receive) -> MutableMapping[str, Any]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise DisconnectedError
    return message


async def _drain(receive: Receive, size: int) -> None:
    """Read on and drop what comes, up to a bound."""
    left = min(size, DRAINED_BYTES)
    while left > 0:
        message = await _next(receive)
        left -= len(message.get("body", b""))
        if not message.get("more_body"):
            return


def gunzip(data: bytes, limit: int) -> bytes:
    """Inflate, never beyond the limit. Raises TooLargeError, and ApiError where it is no whole gzip."""
    plain = bytearray()
    for _ in range(MEMBERS):
        inflate = zlib.decompressobj(wbits=31)
        try:
            plain += inflate.decompress(data, limit + 1 - len(plain))
        except zlib.error as error:
            message = f"The body begins like gzip and is none: {error}."
            raise ApiError(message, code="bad_gzip") from error
        if len(plain) > limit:
            raise _too_large(limit)
        if not inflate.eof:
            message = "The gzip body is cut off."
            raise ApiError(message, code="bad_gzip")
        data = inflate.unused_data.lstrip(b"\0")
        if not data:
            return bytes(plain)
    message = f"The gzip body has more than {MEMBERS} members: pack it as one."
    raise ApiError(message, code="bad_gzip")


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"The body is larger than {limit} bytes: send it in parts.")
