"""Cut a body into its events without reading them: by the JSON decoder where it can, else by brackets and quotes.

The second way is for bodies that hold one broken event among good ones: NaN, half a surrogate, endless nesting. It
works in one pass without recursion.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any

import msgspec

from services.ingest.domain import wire

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[\]{}])", re.DOTALL)
_BRACKET_OR_COMMA = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+([\[\]{},])", re.DOTALL)
_BRACKET_OR_TEXT = re.compile(rb'[^"\[\]{}]*+(' + _STRING + rb"|[\[\]{}])", re.DOTALL)
_BATCH = re.compile(rb"\s*:\s*\[")
_STEPS = 400_000  # brackets and commas looked at in a broken body: about a quarter of a second
FAILURES = (msgspec.DecodeError, ValueError, RecursionError)


class UnreadableError(Exception):
    """Raised when a body as a whole is broken, so that not even the bounds of its events can be seen."""


class TooManyError(Exception):
    """Raised when a body holds more events than its door takes; it is not read to its end."""

    def __init__(self, most: int) -> None:
        """Say the limit."""
        super().__init__(f"The request holds more than {most} events, which are the limit: send it in parts.")


@dataclass(frozen=True, slots=True)
class Spans:
    """The events of a body, still bytes, and what stood beside them."""

    parts: list[bytes]
    sent_at: Any = None
    write_key: Any = None


def split_batch(body: bytes, most: int) -> Spans:
    """Split `{"batch": [...], ...}` of at most so many events. Raises UnreadableError, TooManyError."""
    try:
        raw = wire.read_raw_batch(body)
        return Spans(_bytes(raw.batch, most), raw.sentAt, raw.writeKey)
    except msgspec.ValidationError as error:
        raise UnreadableError(_told(error)) from error
    except FAILURES as error:
        start = _start_of_batch(body)
        if start is None:
            raise UnreadableError(_told(error)) from error
        parts, end = _elements(body, start, most)
        rest = body[:start] + body[end:]
    try:
        head = wire.read_raw_batch(rest)
    except FAILURES as error:
        raise UnreadableError(_told(error)) from error
    return Spans(parts, head.sentAt, head.writeKey)


def split_list(body: bytes, most: int) -> Spans:
    """Split `[...]` of at most so many events. Raises UnreadableError, TooManyError."""
    try:
        return Spans(_bytes(wire.read_raw_list(body), most))
    except FAILURES:
        start = body.index(b"[") + 1
        parts, end = _elements(body, start, most)
        if body[end:].strip() != b"]":
            message = "The body goes on after its list."
            raise UnreadableError(message) from None
        return Spans(parts)


def split_lines(body: bytes, most: int) -> Spans:
    """Split events that stand one after the other; where one of them is broken, one a line.

    Raises UnreadableError if none is JSON, TooManyError. A body without an end to its nesting is one event too.
    """
    deep = False
    try:
        if raws := wire.read_raw_lines(body):
            return Spans(_bytes(raws, most))
    except RecursionError:
        deep = True
    except FAILURES:
        pass
    lines = list(islice((line.strip() for line in BytesIO(body) if not line.isspace()), most + 1))
    if len(lines) > 1 and any(line.startswith(b"{") and _is_json(line) for line in lines):
        if len(lines) > most:
            raise TooManyError(most)
        return Spans(lines)
    if deep:
        return Spans([body.strip()])
    message = "The body is not JSON: send one event, a list, or one event a line."
    raise UnreadableError(message)


def _bytes(raws: list[msgspec.Raw], most: int) -> list[bytes]:
    if len(raws) > most:
        raise TooManyError(most)
    return [bytes(raw) for raw in raws]


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
    depth = at = 0
    for _ in range(_STEPS):
        token = (_BRACKET_OR_TEXT if depth == 1 else _BRACKET).match(body, at)
        if token is None:
            return None
        at, text = token.end(), token.group(1)
        if text == b'"batch"' and (found := _BATCH.match(body, at)):
            return found.end()
        depth += text in (b"{", b"[")
        depth -= text in (b"}", b"]")
    return None


def _elements(body: bytes, start: int, most: int) -> tuple[list[bytes], int]:
    """Return the elements of a list whose first would stand at `start`, and where its `]` stands."""
    parts: list[bytes] = []
    for end in _ends(body, start):
        if len(parts) == most:
            raise TooManyError(most)
        parts.append(body[start:end].strip())
        start = end + 1
    if parts == [b""]:
        return [], start - 1
    if b"" in parts:
        message = "The body holds a list with nothing between two commas."
        raise UnreadableError(message)
    return parts, start - 1


def _ends(body: bytes, at: int) -> Iterator[int]:
    depth = 0
    for _ in range(_STEPS):
        token = (_BRACKET if depth else _BRACKET_OR_COMMA).match(body, at)
        if token is None:
            break
        at, text = token.end(), token.group(1)
        if depth == 0 and text in (b",", b"]"):
            yield at - 1
            if text == b"]":
                return
        depth += text in (b"{", b"[")
        depth -= text in (b"}", b"]")
        if depth < 0:
            break
    else:
        message = f"The body is broken and holds more than {_STEPS} brackets: send it in parts."
        raise UnreadableError(message)
    message = "The body is cut off: a bracket or a quote is missing."
    raise UnreadableError(message)
