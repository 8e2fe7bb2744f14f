"""Reading the times that exports hold: ISO 8601, epochs, and the usual dates with slashes and dots."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

Dates: TypeAlias = Literal["", "dmy", "mdy"]  # how dates with slashes are meant; "": not known

_EPOCH = re.compile(r"[0-9]{9,11}(?:\.[0-9]+)?|[0-9]{12,14}|[0-9]{15,17}")
_PARTS = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[ T,]+(.+))?")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})(?:[ T,]+(.+))?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?\s*([AaPp][Mm])?\s*(Z|UTC|[+-]\d{2}:?\d{2})?")


class TimeError(ValueError):
    """Raised when a text is no time, or may be several; the message is the reason given for the row."""


def zone(name: str) -> tzinfo:
    """Return a time zone by its name, e.g. Europe/Berlin. Raises TimeError."""
    if name.upper() in ("UTC", "Z", "GMT"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        message = f"unknown time zone {name!r}: give a name such as Europe/Berlin or UTC"
        raise TimeError(message) from error


def read_time(text: str, naive: tzinfo, dates: Dates = "") -> datetime:
    """Return the time in UTC; one without an offset is meant in zone `naive`. Raises TimeError."""
    text = text.strip()
    try:
        found = datetime.fromisoformat(text) if len(text) >= 8 and not text.isdigit() else _other(text, dates)
    except ValueError as error:
        if isinstance(error, TimeError):
            raise
        found = _other(text, dates)
    try:
        return _in_utc(found, naive, text)
    except OverflowError as error:
        message = f"the time {text[:40]!r} is out of range"
        raise TimeError(message) from error


def stamp(time: datetime) -> str:
    """Write a UTC time as ISO 8601 with Z."""
    return time.isoformat().replace("+00:00", "Z")


def _in_utc(found: datetime, naive: tzinfo, text: str) -> datetime:
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    if naive is UTC:
        return found.replace(tzinfo=UTC)
    first, second = (found.replace(tzinfo=naive, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        how = "twice" if first < second else "not at all"
        message = f"the time {text!r} happens {how} in {naive}, where the clocks change: give it with its offset"
        raise TimeError(message)
    return first


def _other(text: str, dates: Dates) -> datetime:
    if _EPOCH.fullmatch(text):
        return _epoch(text)
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _build((int(match[1]), int(match[2]), int(match[3])), match[4], text)
    match = _PARTS.fullmatch(text)
    if not match:
        message = f"not a time: {text[:40]!r}" if text else "no time"
        raise TimeError(message)
    day, month = _day_and_month(int(match[1]), int(match[3]), match[2], dates, text)
    return _build((int(match[4]), month, day), match[5], text)


def _epoch(text: str) -> datetime:
    whole = text.partition(".")[0]
    unit = 1 if len(whole) <= 11 else 1_000 if len(whole) <= 14 else 1_000_000
    seconds, rest = divmod(round(float(text) * 1_000_000) if "." in text else int(text) * 1_000_000 // unit, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)


def _day_and_month(first: int, second: int, separator: str, dates: Dates, text: str) -> tuple[int, int]:
    if separator == "." or dates == "dmy" or (not dates and first > 12):
        return first, second
    if dates == "mdy" or second > 12 or first == second:
        return second, first
    message = f"{text!r} may have the day or the month first: give --dates dmy or --dates mdy"
    raise TimeError(message)


def _build(date: tuple[int, int, int], clock: str | None, text: str) -> datetime:
    match = _CLOCK.fullmatch(clock.strip()) if clock else None
    if clock and not match:
        message = f"not a time: {text[:40]!r}"
        raise TimeError(message)
    try:
        day = datetime(*date)  # noqa: DTZ001 - the zone comes later
        if match is None:
            return day
        hour = int(match[1])
        if match[5]:
            hour = _twelve(hour, match[5].lower())
        micro = round(float(match[4] or 0) * 1_000_000)
        found = day.replace(hour=hour, minute=int(match[2]), second=int(match[3] or 0), microsecond=min(micro, 999_999))
    except ValueError as error:
        message = f"no such time: {text[:40]!r}"
        raise TimeError(message) from error
    offset = (match[6] or "").replace("UTC", "Z")
    return datetime.fromisoformat(found.isoformat() + offset)


def _twelve(hour: int, half: str) -> int:
    if not 1 <= hour <= 12:
        message = f"{hour} {half}"
        raise ValueError(message)
    return hour % 12 + (12 if half == "pm" else 0)
