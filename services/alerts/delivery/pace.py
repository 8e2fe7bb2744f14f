"""How fast people are told: ten messages a minute, and of more than that one digest, at most one a minute.

An import that opens thousands of alerts is one message, not thousands.
"""

from collections import deque
from dataclasses import dataclass, field

from shared.clock import MINUTE

SINGLES = 10  # messages within a minute; of more news than that at once one digest


@dataclass(slots=True)
class Pace:
    """What one channel was sent within the last minute. Times: machine microseconds."""

    sent: deque[int] = field(default_factory=deque)
    digest_at: int | None = None

    def take(self, waiting: int, now: int) -> int:
        """Return how many of the news that wait go into the next message: 0, 1 or all."""
        while self.sent and self.sent[0] <= now - MINUTE:
            self.sent.popleft()
        if len(self.sent) >= SINGLES or (self.digest_at is not None and now < self.digest_at + MINUTE):
            return 0
        return waiting if waiting > SINGLES else min(waiting, 1)

    def told(self, news: int, now: int) -> None:
        """Remember that a message went out."""
        self.sent.append(now)
        if news > 1:
            self.digest_at = now
