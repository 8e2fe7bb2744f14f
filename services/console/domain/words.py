"""How the pages write numbers, times, spans and names. The templates use these as filters."""

import re
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

NBSP = "\N{NO-BREAK SPACE}"
DASH = "\N{EN DASH}"  # for what is not known or not there
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))
LONGEST_NAME = 300  # letters of a name in a line of text


def number(count: int) -> str:
    """Write a whole number: 1,234."""
    return f"{count:,}"


def percent(share: float | None) -> str:
    """Write a share of 1: `71 %`; not known: a dash."""
    return DASH if share is None else f"{100 * share:.0f}{NBSP}%"


def span(seconds: float | None) -> str:
    """Write a time span in the largest unit that fits: 12 d, 5 h, 3 min, 8 s; not known: a dash."""
    if seconds is None:
        return DASH
    whole = max(0.0, float(seconds))
    for unit, name in UNITS:
        if whole >= unit:
            return f"{whole / unit:.0f}{NBSP}{name}"
    return f"{whole:.0f}{NBSP}s"


def whose(owner: str, *, theirs: bool) -> str:
    """Say whose move a step is; `theirs`: the customer decides it."""
    if theirs:
        return f"their move; {owner} can help" if owner else "their move"
    return f"our move: {owner}" if owner else "nobody has the move yet"


def planned(duration: str) -> str:
    """Write a duration of a map as spans are written: `90m` is 90 min."""
    return re.sub(r"(\d)([a-z])", rf"\1{NBSP}\2", re.sub(r"m$", "min", duration))


def moment(text: str | None) -> datetime | None:
    """Read a time of the API; None where there is none."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def day(text: str | None, today: str | None = None) -> str:
    """Write the day of a time of the API: `14 Oct`, with the year where it differs from today's."""
    at, now = moment(text), moment(today)
    if at is None:
        return ""
    return f"{at.day}{NBSP}{at:%b}" + (f"{NBSP}{at.year}" if now is not None and now.year != at.year else "")


def time(text: str | None, today: str | None = None) -> str:
    """Write a time of the API: `14 Oct, 09:30`."""
    at = moment(text)
    return f"{day(text, today)}, {at:%H:%M}" if at else ""


def since(text: str | None, now: str | None) -> float | None:
    """Return the seconds from one time of the API to another; None where one is not known."""
    at, until = moment(text), moment(now)
    return (until - at).total_seconds() if at and until else None


def name_of(ids: Sequence[str], name: str = "", customer: int | None = None) -> str:
    """Return how people call a customer: the name, else the strongest id without its kind, else the number."""
    if name.strip():
        return name.strip()[:LONGEST_NAME]
    first = strongest(ids)
    found = first.partition(":")[2].strip() or first.strip()
    return found[:LONGEST_NAME] or f"customer {customer or '?'}"


def strongest(ids: Sequence[str]) -> str:
    """Return the id by which a customer is best found: a user or an account before others, a device last."""
    order = {"user": 0, "account": 0, "anonymous": 2}
    return min(ids, key=lambda each: order.get(each.partition(":")[0], 1), default="")


def customer_address(ids: Sequence[str]) -> str:
    """Return the address of a customer's page."""
    return f"/customers/{quote(strongest(ids), safe='')}"


def many(count: int, one: str = "customer", more: str = "") -> str:
    """Write how many there are of something."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


FILTERS = {
    "number": number,
    "percent": percent,
    "span": span,
    "day": day,
    "time": time,
    "many": many,
    "planned": planned,
    "customer_address": customer_address,
}
