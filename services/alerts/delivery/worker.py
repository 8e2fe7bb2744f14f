"""The thread that delivers webhooks, on a connection of its own: a dead receiver slows nothing else.

No transaction is open while it sends. If the process dies between a receiver's answer and the note of it, the webhook
is sent again with the same id.
"""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from services.alerts.delivery import queue
from services.alerts.delivery.queue import Delivery, Outcome
from shared.clock import MINUTE, machine_now
from shared.database import transaction
from shared.logs import get_log
from shared.metrics import DELIVERIES, DELIVERY_BACKLOG

LOOK_S = 0.25  # between two looks for work

_log = get_log(__name__)


@dataclass(slots=True)
class Worker:
    """Delivers what is due until told to stop; `send` tries once, `now` is the machine's time in microseconds."""

    db: sqlite3.Connection
    target: str
    send: Callable[[Delivery], Outcome]
    now: Callable[[], int] = machine_now
    delays: tuple[int, ...] = queue.DELAYS
    stopped: threading.Event = field(default_factory=threading.Event)
    wrong: str = ""
    _quiet_until: int = 0  # a receiver that is too busy is left alone so long

    def run(self) -> None:
        """Deliver until stopped. What the disk refuses is tried again."""
        while not self.stopped.is_set():
            try:
                busy = self.step()
                self.wrong = ""
            except sqlite3.Error as error:
                self.wrong = f"waiting: {error}"
                _log.warning("webhooks wait", error=repr(error))
                busy = False
            if not busy:
                self.stopped.wait(LOOK_S)
        self.db.close()

    def step(self) -> bool:
        """Deliver the webhook whose turn it is; return whether there was one."""
        now = self.now()
        DELIVERY_BACKLOG.set(queue.waiting(self.db))
        if now < self._quiet_until:
            return False
        delivery = queue.due(self.db, now)
        if delivery is None:
            return False
        outcome = self.send(delivery)
        if outcome.result == "busy" and outcome.retry_after:
            self._quiet_until = self.now() + min(outcome.retry_after, 10 * MINUTE)
        with transaction(self.db):
            queue.settle(self.db, delivery, self.target, outcome, self.now(), self.delays)
        DELIVERIES.labels("webhook", outcome.result).inc()
        if outcome.result != "delivered":
            _log.warning("webhook not delivered", webhook=delivery.webhook_id, said=outcome.said)
        return True
