"""Times are integer microseconds UTC: their units, and how they are written and read as texts. Asks no clock."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache

from shared.words import counted

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}  # by the letter that a duration ends with

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = _BEGINNING.toordinal()


@lru_cache(maxsize=4096)
def _date(days: int) -> str:
    return date.fromordinal(_EPOCH + days).isoformat()


def rfc3339(at: int) -> str:
    """Return microseconds UTC as RFC 3339 in Zulu time; microseconds only where there are some.

    Facts carry one each, and days repeat: with the date cached this takes a fifth of what datetime needs.
    """
    days, rest = divmod(at, DAY)
    seconds, micros = divmod(rest, SECOND)
    fraction = f".{micros:06}" if micros else ""
    return f"{_date(days)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}Z"


def when(at: int | None) -> str | None:
    """Return a time as `rfc3339` writes it; None where there is none."""
    return None if at is None else rfc3339(at)


def microseconds_of(text: str) -> int:
    """Read an ISO 8601 time as microseconds UTC; one without an offset is UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    since = (at.replace(tzinfo=UTC) if at.tzinfo is None else at) - _BEGINNING
    return (since.days * 86_400 + since.seconds) * SECOND + since.microseconds


def duration_text(microseconds: int) -> str:
    """Return a duration as a map writes it: whole days, else hours, else minutes."""
    for unit, letter in ((DAY, "d"), (HOUR, "h")):
        if microseconds % unit == 0:
            return f"{microseconds // unit}{letter}"
    return f"{microseconds // MINUTE}m"


def span(microseconds: float) -> str:
    """Write a length of time short, in the largest unit that fits: 12 d, 1.5 d, 5 h, 3 min, 8 s."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if microseconds >= unit:
            count = microseconds / unit
            return f"{count:.0f} {name}" if count >= 100 else f"{count:.3g} {name}"
    return f"{max(microseconds, 0) / SECOND:.0f} s"


def span_in_words(microseconds: int) -> str:
    """Write a length of time as in a sentence, in whole ones of the largest unit that fits: 12 days, 1 hour."""
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if microseconds >= unit:
            return counted(round(microseconds / unit), name)
    return "moment"


def microseconds_in(text: str) -> int:
    """Read a duration such as 90m, 4h, 3d or 2w. Raises ValueError with what one looks like."""
    found = re.fullmatch(r"(\d{1,6})\s*([smhdw])", text.strip())
    if not found:
        message = f"a duration is a whole number and s, m, h, d or w, such as 4h or 3d; not `{text}`"
        raise ValueError(message)
    return int(found[1]) * UNITS[found[2]]
