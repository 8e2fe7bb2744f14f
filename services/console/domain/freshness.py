"""Until when absence was judged, in words, and how far that is behind the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.console.domain.words import moment, since, span, time

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh the figures of a page are; `judged_until` empty: nothing was heard yet."""

    judged_until: str
    behind: str
    records: int
    wrong: str


def freshness_of(status: Json) -> Freshness:
    """Return how fresh the journey service's figures are."""
    until, now = status.get("judged_until"), status.get("now")
    at = moment(until)
    heard = at is not None and at.year > 1970
    return Freshness(
        judged_until=f"{time(until, now)} UTC" if heard else "",
        behind=span(since(until, now)) if heard else "",
        records=int(status.get("behind") or 0),
        wrong=str(status.get("wrong") or ""),
    )
