"""The breaker of a channel: after failures in a row it is left in peace for a while, then tried with one message.

Closed: it works. Open: nothing is sent until `retry_at`. Half-open: the time has come, the next attempt decides. A
receiver that says when it wants to hear again is left in peace until then; one that is gone, until a person resumes.
Times: machine microseconds.
"""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from services.alerts.delivery.channel import Outcome
from shared.clock import MINUTE, SECOND

State: TypeAlias = Literal["closed", "open", "half_open"]

OPENS_AT = 3  # failures in a row
PAUSES = (10 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 10 * MINUTE)


@dataclass(frozen=True, slots=True)
class Breaker:
    """How a channel fares; stored, so that a restart does not forget it."""

    failures: int = 0  # in a row
    retry_at: int = 0
    gone: bool = False
    said: str = ""  # by the receiver, last
    delivered_at: int | None = None

    def state(self, now: int) -> State:
        """Return how it stands."""
        if self.gone or now < self.retry_at:
            return "open"
        return "half_open" if self.failures >= OPENS_AT else "closed"

    def resumed(self, now: int) -> "Breaker":
        """Return how it stands when a person wants it used: one attempt decides, whatever the receiver had said."""
        if self.state(now) != "open":
            return self
        return replace(self, failures=max(self.failures, OPENS_AT), retry_at=now, gone=False)

    def after(self, outcome: Outcome, now: int) -> "Breaker":
        """Return how it stands after an attempt."""
        if outcome.result == "delivered":
            return Breaker(said=outcome.said, delivered_at=now)
        failures = self.failures + 1
        pause = PAUSES[min(failures - OPENS_AT, len(PAUSES) - 1)] if failures >= OPENS_AT else 0
        if outcome.result == "busy":
            pause = max(pause, min(outcome.retry_after or 0, PAUSES[-1]))
        gone = outcome.result == "gone"
        return replace(self, failures=failures, retry_at=now + pause, gone=gone, said=outcome.said)
