"""What ingest does beside its requests, every second: measure the log, count, drop what is too old or erased."""

import asyncio
import sqlite3
from collections.abc import Callable

from services.ingest.accept.counting import Counting
from services.ingest.accept.pressure import Pressure, SizedLog
from services.ingest.store.sources import Heard
from shared.clock import DAY, machine_now, monotonic
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, LogUnavailableError
from shared.logs import get_log
from shared.metrics import DEAD_LETTERS_WAITING

PERIOD_S = 1.0
TRIM_EVERY_S = 600.0
COUNT_EVERY_S = 5.0  # of the dead letters that wait, for the metric

_log = get_log(__name__)


class Housekeeping:
    """Runs until cancelled; what fails is logged and tried again with the next round."""

    def __init__(  # noqa: PLR0913 (each is a part of its work)
        self,
        pressure: Pressure,
        counting: Counting,
        log: SizedLog,
        retention_days: float,
        letters_waiting: Callable[[], int],
        *,
        scrub: Callable[[], None] = lambda: None,
    ) -> None:
        """Keep records for so many days of machine time; `scrub` works for a moment on what was erased."""
        self._pressure = pressure
        self._counting = counting
        self._log = log
        self._retention = round(retention_days * DAY)
        self._letters_waiting = letters_waiting
        self._scrub = scrub
        self._trim_at = self._count_at = 0.0
        self._unwritten: list[Heard] = []

    async def run(self) -> None:
        """Go round."""
        while True:
            try:
                await asyncio.to_thread(self.round, self._counting.take())
            except Exception:  # noqa: BLE001 (logged; without it counts and bounds would stand still unseen)
                _log.exception("housekeeping failed and goes on")
            await asyncio.sleep(PERIOD_S)

    def round(self, heard: list[Heard]) -> None:
        """Do everything once."""
        self._pressure.look()
        try:
            self._unwritten += heard
            self._counting.write(self._unwritten)
            self._unwritten = []
            if monotonic() >= self._trim_at:
                self._trim_at = monotonic() + TRIM_EVERY_S
                self._trim()
            if monotonic() >= self._count_at:
                self._count_at = monotonic() + COUNT_EVERY_S
                DEAD_LETTERS_WAITING.labels("ingest").set(self._letters_waiting())
            self._scrub()
        except (LogUnavailableError, sqlite3.Error) as error:
            _log.warning("housekeeping failed and is tried again", error=str(error))

    def _trim(self) -> None:
        before = machine_now() - self._retention
        for topic in (TOUCHPOINTS, DEAD_LETTERS):
            if dropped := self._log.trim(topic, before):
                _log.info("records left the log by age", topic=topic, records=dropped)
