"""What a channel is: the way by which alerts reach people or their programs, with a queue and a thread of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import msgspec

from services.alerts.domain.message import News
from services.alerts.domain.rules import Severity
from services.alerts.domain.telling import OVER

Name: TypeAlias = Literal["slack", "mail", "webhook"]
Result: TypeAlias = Literal["delivered", "refused", "busy", "unreachable", "gone", "forbidden"]

NAMES: tuple[Name, ...] = ("slack", "mail", "webhook")
SETTINGS: dict[Name, str] = {
    "slack": "WAYPOST_SLACK_WEBHOOK_URL",
    "mail": "WAYPOST_SMTP_URL",
    "webhook": "WAYPOST_WEBHOOK_URL",
}


class WrongSettingError(Exception):
    """Raised when what is set for a channel cannot work; the text says which setting and what it wants."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A change that is due on a channel, and how often it was tried. Its id is the same over all attempts."""

    webhook_id: str
    tenant: str
    attempt: int
    change: str
    at: int
    because: bytes  # JSON
    alert: bytes  # JSON, as it was then
    status: str | None = None  # of the alert now
    told: int = 0  # 1: something of this alert was delivered before

    @property
    def news(self) -> News:
        """Return what it tells."""
        return News(self.change, msgspec.json.decode(self.because), msgspec.json.decode(self.alert))

    @property
    def outdated(self) -> bool:
        """Whether it is no news for people any more: it is over or somebody's already, or over and never told of."""
        return not self.told if self.change in OVER else self.status != "open"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: what the receiver said, when it wants to hear again, and what a person can do."""

    result: Result
    said: str
    retry_after: int | None = None  # microseconds
    todo: str = ""


class Sender(Protocol):
    """Tries once; never raises for what a receiver or the network does."""

    def send(self, batch: Sequence[Delivery]) -> Outcome:
        """Send what is due, as one message."""
        ...

    def test(self) -> Outcome:
        """Send a message that only says that the channel works."""
        ...

    def close(self) -> None:
        """Close connections."""
        ...


@dataclass(frozen=True, slots=True)
class Listener:
    """A channel as the writer of changes knows it; `target` names the receiver without what is secret in it."""

    channel: Name
    target: str
    least: Severity | None = None  # of people: the least severity that they hear of; None: it hears every change
    hold: int = 0  # microseconds that a change waits for its turn: what is over by then is no news

    @property
    def people(self) -> bool:
        """Whether people read it."""
        return self.least is not None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that is set; without a sender it cannot work, and `wrong` says why."""

    listener: Listener
    sender: Sender | None
    wrong: str = ""
