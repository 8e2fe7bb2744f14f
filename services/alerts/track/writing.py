"""Write one change of an alert: its row, its trail, and what the channels tell of it, in the caller's transaction."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.alerts.delivery.channel import Listener
from services.alerts.delivery.queue import enqueue
from services.alerts.domain.alert import Alert, Change
from services.alerts.store import alerts
from shared.clock import Clock, machine_now


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes changes through one connection, for those who listen."""

    db: sqlite3.Connection
    clock: Clock
    listeners: Sequence[Listener] = ()

    def write(self, alert: Alert, change: Change, because: dict[str, Any]) -> Alert:
        """Store an alert with what changed and why; return it with its number."""
        saved = alerts.save(self.db, alert)
        self.tell(saved, change, because)
        return saved

    def tell(self, alert: Alert, change: Change, because: dict[str, Any]) -> None:
        """Write the trail of a change whose row is stored already."""
        trail_no = alerts.add_trail(self.db, alert, change, because, alert.changed_at)
        for listener in self.listeners:
            enqueue(self.db, listener, (trail_no, change), alert, machine_now())
