"""Touchpoints as they are sent: what happened, when it happened, and when it arrives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.journey.domain.maps.model import JourneyMap, Matcher
from waypost.simulate.shapes import fields_of, put

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Touch:
    """A touchpoint in the form POST /v1/touchpoints takes. Times: microseconds of domain time."""

    occurred: int
    arrival: int
    body: Mapping[str, Any]

    @property
    def message(self) -> str:
        """Return the id by which it counts once."""
        name: str = self.body["messageId"]
        return name


def iso(time: int) -> str:
    """Write microseconds UTC as clients do, to the millisecond."""
    return (EPOCH + timedelta(microseconds=time)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Hand:
    """Writes one customer's touchpoints, each with a message id of its own."""

    map: JourneyMap
    name: str  # the user's id, or the account's
    users: tuple[str, ...]
    written: int = 0
    known: dict[str, bool] = field(default_factory=dict)

    def track(self, matcher: Matcher, at: int, user: str, *, anonymous: bool = False) -> Touch:
        """Write a touchpoint that a matcher matches."""
        body: dict[str, Any] = {"type": "track", **self._who(user, anonymous=anonymous), **fields_of(matcher)}
        if self.map.journey_per != "customer":
            put(body, self.map.journey_per, f"{self.name}-1")
        return self._touch(body, at)

    def identify(self, at: int, user: str) -> Touch:
        """Write who the anonymous visitor is."""
        return self._touch({"type": "identify", "userId": user, "anonymousId": anonymous_id(user)}, at)

    def join(self, at: int, user: str) -> Touch:
        """Write that a user belongs to the account."""
        return self._touch({"type": "group", "userId": user, "groupId": self.name}, at)

    def _who(self, user: str, *, anonymous: bool) -> dict[str, Any]:
        who: dict[str, Any] = {"anonymousId": anonymous_id(user)} if anonymous else {"userId": user}
        return who | ({"groupId": self.name} if self.map.subject == "account" else {})

    def _touch(self, body: dict[str, Any], at: int) -> Touch:
        self.written += 1
        return Touch(at, at, {"messageId": f"{self.name}-{self.written:03d}", "timestamp": iso(at), **body})


def anonymous_id(user: str) -> str:
    """Return the id that a user had before anybody knew them."""
    return f"visitor-of-{user}"
