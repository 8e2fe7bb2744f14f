"""JSON lines to touchpoints: each line an event in the form that POST /v1/touchpoints takes."""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import IO, Final

import msgspec

from services.ingest.files.identical import Occurrences, content_id
from services.ingest.files.opening import Event, Refusal, lines
from services.ingest.files.times import TimeError, read_time, stamp

IDS: Final = ("userId", "anonymousId", "groupId", "previousId")


def json_events(stream: IO[bytes], naive: tzinfo = UTC) -> Iterator[Event | Refusal]:
    """Yield every line as an event, or as a refusal; what the line lacks (id, ordinal) is added. Raises FileError."""
    seen = Occurrences()
    for number, line in lines(stream):
        if line is None:
            yield Refusal(number, "the line is too long")
        elif line.strip():
            yield _event(line.strip().removeprefix(b"\xef\xbb\xbf"), number, naive, seen)


def _event(line: bytes, number: int, naive: tzinfo, seen: Occurrences) -> Event | Refusal:
    try:
        event = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(number, f"not JSON: {error}")
    if not isinstance(event, dict):
        return Refusal(number, "not a JSON object")
    kind = event.setdefault("type", "track")
    if kind == "track" and not (isinstance(event.get("event"), str) and event["event"].strip()):
        return Refusal(number, "no event name (`event`)")
    if not any(event.get(key) for key in (*IDS, "ids", "account")):
        return Refusal(number, "no customer (`userId`, `anonymousId` or `groupId`)")
    try:
        event["timestamp"] = _time(event, naive)
    except TimeError as error:
        return Refusal(number, str(error))
    if not event.get("messageId"):
        event["messageId"] = content_id(event, seen)
    event.setdefault("ordinal", number)
    return event


def _time(event: Event, naive: tzinfo) -> str:
    given = event.get("timestamp") or event.get("originalTimestamp")
    if not given:
        reason = "no time (`timestamp`)"
        raise TimeError(reason)
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        reason = "`timestamp` is not a time"
        raise TimeError(reason)
    return stamp(read_time(str(given), naive))
