"""Cut a body into its events without reading them: by the JSON decoder where it can, else by brackets and quotes.

The second way is for bodies that hold one broken event among good ones: NaN, half a surrogate, endless nesting. It
works in one pass without recursion.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from services.ingest.domain import wire

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|["\[\]{},]', re.DOTALL)
_BATCH = re.compile(rb"\s*:\s*\[")
FAILURES = (msgspec.DecodeError, ValueError, RecursionError)


class UnreadableError(Exception):
    """Raised when a body as a whole is broken, so that not even the bounds of its events can be seen."""


@dataclass(frozen=True, slots=True)
class Spans:
    """The events of a body, still bytes, and what stood beside them."""

    parts: list[bytes]
    sent_at: Any = None
    write_key: Any = None


def split_batch(body: bytes) -> Spans:
    """Split `{"batch": [...], ...}`. Raises UnreadableError."""
    try:
        raw = wire.read_raw_batch(body)
        return Spans([bytes(part) for part in raw.batch], raw.sentAt, raw.writeKey)
    except msgspec.ValidationError as error:
        raise UnreadableError(_told(error)) from error
    except FAILURES as error:
        start = _start_of_batch(body)
        if start is None:
            raise UnreadableError(_told(error)) from error
        parts, end = _elements(body, start)
        rest = body[:start] + body[end:]
    try:
        head = wire.read_raw_batch(rest)
    except FAILURES as error:
        raise UnreadableError(_told(error)) from error
    return Spans(parts, head.sentAt, head.writeKey)


def split_list(body: bytes) -> Spans:
    """Split `[...]`. Raises UnreadableError."""
    try:
        return Spans([bytes(part) for part in wire.read_raw_list(body)])
    except FAILURES:
        start = body.index(b"[") + 1
        parts, end = _elements(body, start)
        if body[end:].strip() != b"]":
            message = "The body goes on after its list."
            raise UnreadableError(message) from None
        return Spans(parts)


def split_lines(body: bytes) -> Spans:
    """Split events that stand one a line; else take the body as one event. Raises UnreadableError if none is JSON."""
    lines = [line for line in body.split(b"\n") if line.strip()]
    if _is_json(body):
        return Spans([body.strip()])
    if len(lines) > 1 and any(line.lstrip().startswith(b"{") and _is_json(line) for line in lines):
        return Spans([line.strip() for line in lines])
    message = "The body is not JSON: send one event, a list, or one event a line."
    raise UnreadableError(message)


def _is_json(data: bytes) -> bool:
    try:
        msgspec.json.decode(data, type=msgspec.Raw)
    except FAILURES:
        return False
    return True


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "The body is nested too deeply."
    return f"The body cannot be read: {error}."


def _start_of_batch(body: bytes) -> int | None:
    """Return where the first element of the list `batch` of the outermost object would stand."""
    depth = 0
    for token in _TOKEN.finditer(body):
        text = token.group()
        depth += text in (b"{", b"[")
        depth -= text in (b"}", b"]")
        if text == b'"batch"' and depth == 1 and (found := _BATCH.match(body, token.end())):
            return found.end()
    return None


def _elements(body: bytes, start: int) -> tuple[list[bytes], int]:
    """Return the elements of a list whose first would stand at `start`, and where its `]` stands."""
    parts = []
    for end in _ends(body, start):
        parts.append(body[start:end].strip())
        start = end + 1
    if parts == [b""]:
        return [], start - 1
    if b"" in parts:
        message = "The body holds a list with nothing between two commas."
        raise UnreadableError(message)
    return parts, start - 1


def _ends(body: bytes, start: int) -> Iterator[int]:
    depth = 0
    for token in _TOKEN.finditer(body, start):
        text = token.group()
        if text == b'"':
            break
        if depth == 0 and text in (b",", b"]"):
            yield token.start()
            if text == b"]":
                return
        depth += text in (b"{", b"[")
        depth -= text in (b"}", b"]")
        if depth < 0:
            break
    message = "The body is cut off: a bracket or a quote is missing."
    raise UnreadableError(message)
