"""The times that clients send: ISO 8601 with or without zone, or numbers since 1970; all become microseconds UTC."""

import re

from services.ingest.domain.refusal import Reason, Refusal
from shared.times import SECOND, microseconds_of

_SECONDS, _NANOSECONDS = 10**11, 10**19  # below: seconds (to the year 5138; in ms that would be 1973); ns to 2286
_NUMBER = re.compile(r"-?[0-9]{9,20}(?:\.[0-9]{1,9})?")


def microseconds(value: str | float) -> int:
    """Read a time. Text without a zone is UTC; a number's size says whether it counts s, ms, us or ns.

    Raises Refusal (bad_time).
    """
    if not isinstance(value, str):
        return _of_number(value)
    try:
        if not value.startswith("-", 4) and _NUMBER.fullmatch(value):
            return _of_number(float(value) if "." in value else int(value))
        return microseconds_of(value)
    except ValueError:
        return _of_odd_text(value)


def _of_odd_text(value: str) -> int:
    """Read what datetime does not know: the second 60, lower-case letters, space around. Raises Refusal (bad_time)."""
    known = value.strip().upper()
    try:
        return microseconds_of(known.replace(":60", ":59")) + SECOND * (":60" in known)
    except ValueError as error:
        message = f"`{value[:64]}` is no time: send ISO 8601 (2026-11-21T17:57:27.143Z) or milliseconds since 1970"
        raise Refusal(Reason.BAD_TIME, message) from error


def _of_number(value: float) -> int:
    size = abs(value)
    if size < _SECONDS:
        return round(value * SECOND)
    if size < _SECONDS * 1000:
        return round(value * 1000)
    if size < _SECONDS * SECOND:
        return round(value)
    if size < _NANOSECONDS:
        return int(value) // 1000
    message = f"{value} is no time: send ISO 8601 or milliseconds since 1970"
    raise Refusal(Reason.BAD_TIME, message)
