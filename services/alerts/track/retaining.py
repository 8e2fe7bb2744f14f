"""How long alerts keeps what is over: closed alerts, deliveries that are done with, dead letters. All by age."""

import sqlite3
from dataclasses import dataclass

from services.alerts.store import erasing
from shared.clock import Clock, machine_now
from shared.database import transaction
from shared.log.event_log import DEAD_LETTERS
from shared.log.sql_log import SqlLog
from shared.logs import get_log

AT_ONCE = 200  # alerts, or deliveries, in one transaction

_log = get_log(__name__)


@dataclass(frozen=True, slots=True)
class Ages:
    """From when on something is forgotten, in microseconds: alerts by the clock, the others by the machine's."""

    alerts: int
    deliveries: int
    letters: int


@dataclass(frozen=True, slots=True)
class Retaining:
    """Works on a connection of its own, in small transactions."""

    db: sqlite3.Connection
    letters: SqlLog
    clock: Clock
    ages: Ages

    def trim(self) -> None:
        """Forget what is old enough. Raises sqlite3.Error, LogUnavailableError."""
        closed = self._repeat(erasing.forget_closed, self.clock.now() - self.ages.alerts)
        sent = self._repeat(erasing.forget_delivered, machine_now() - self.ages.deliveries)
        buried = self.letters.trim(DEAD_LETTERS, machine_now() - self.ages.letters)
        if closed or sent or buried:
            _log.info("forgotten by age", alerts=closed, deliveries=sent, dead_letters=buried)

    def _repeat(self, forget: erasing.Forget, before: int) -> int:
        total = 0
        while True:
            with transaction(self.db):
                count = forget(self.db, before, AT_ONCE)
            total += count
            if count < AT_ONCE:
                return total
