"""The thread of one channel, on a connection of its own: a dead receiver slows nothing else.

No transaction is open while it sends. If the process dies between a receiver's answer and the note of it, the message
is sent again with the same id.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.alerts.delivery import queue, states
from services.alerts.delivery.channel import Delivery, Listener, Outcome
from services.alerts.delivery.pace import Pace
from shared.clock import machine_now
from shared.database import transaction
from shared.logs import get_log
from shared.metrics import CHANNEL_BROKEN, DELIVERIES, DELIVERY_BACKLOG

LOOK_S = 0.25  # between two looks for work
MOST = 10_000  # news in one digest

_log = get_log(__name__)


@dataclass(slots=True)
class Worker:
    """Delivers what is due until told to stop; `send` tries once, `now` is the machine's time in microseconds."""

    db: sqlite3.Connection
    listener: Listener
    send: Callable[[Sequence[Delivery]], Outcome]
    now: Callable[[], int] = machine_now
    delays: tuple[int, ...] = queue.DELAYS
    stopped: threading.Event = field(default_factory=threading.Event)
    wrong: str = ""
    _pace: Pace = field(default_factory=Pace)

    def run(self) -> None:
        """Deliver until stopped. What the disk refuses is tried again."""
        while not self.stopped.is_set():
            try:
                busy = self.step()
                self.wrong = ""
            except sqlite3.Error as error:
                self.wrong = f"waiting: {error}"
                _log.warning("deliveries wait", channel=self.listener.channel, error=repr(error))
                busy = False
            if not busy:
                self.stopped.wait(LOOK_S)
        self.db.close()

    def step(self) -> bool:
        """Deliver what has its turn; return whether there was anything."""
        now, channel = self.now(), self.listener.channel
        broken = states.load(self.db, self.listener).state(now) == "open"
        DELIVERY_BACKLOG.labels(channel).set(queue.waiting(self.db, channel))
        CHANNEL_BROKEN.labels(channel).set(broken)
        if broken:
            return False
        if not self.listener.people:
            return self._deliver(queue.due(self.db, channel, now))
        if not self._pace.take(1, now):
            return False
        found = queue.due(self.db, channel, now, MOST)
        stale = [delivery for delivery in found if delivery.outdated]
        if stale:
            with transaction(self.db):
                queue.skip(self.db, stale, now)
            return True
        return self._deliver(found[: self._pace.take(len(found), now)])

    def _attempt(self, batch: Sequence[Delivery]) -> Outcome:
        try:
            return self.send(batch)
        except Exception as error:  # noqa: BLE001 (a bug: it costs this message, not the channel)
            _log.error("message could not be made", channel=self.listener.channel, exc_info=error)
            return Outcome("refused", f"Waypost failed to make it: {type(error).__name__}")

    def _deliver(self, batch: Sequence[Delivery]) -> bool:
        if not batch:
            return False
        outcome = self._attempt(batch)
        now, channel = self.now(), self.listener.channel
        with transaction(self.db):
            queue.settle(self.db, batch, outcome, now, self.delays)
            states.record(self.db, self.listener, outcome, now)
            if outcome.result == "gone":
                queue.give_up(self.db, channel, outcome.said, now)
        if outcome.result == "delivered":
            self._pace.told(len(batch), now)
        else:
            _log.warning("not delivered", channel=channel, delivery=batch[0].webhook_id, said=outcome.said)
        DELIVERIES.labels(channel, outcome.result).inc()
        return True
