"""A data folder with a real facts log and a real alerts database, and the consumer between them."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.alerts.app import create_consumer
from services.alerts.consumer import Consumer
from services.alerts.store import reads
from services.alerts.store.reads import Filter
from services.alerts.track.acts import Acts
from services.alerts.track.writing import Writer
from shared.clock import SteppedClock, machine_now
from shared.database import connect, transaction
from shared.events import Fact, Watermark, encode
from shared.log.event_log import FACTS, Append, NewRecord
from shared.log.sql_log import SqlLog, append_in
from shared.settings import Settings
from tests.unit.alerts.facts import at

FACT = (("type", "fact"),)
WATERMARK = (("type", "watermark"),)


@dataclass
class House:
    """One installation; facts are written as the journey service does, a transaction at a time."""

    folder: Path
    webhook_url: str = ""
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(at(40)))
    _stamp: int = 0

    @property
    def settings(self) -> Settings:
        return Settings(data=self.folder, webhook_url=self.webhook_url)

    def consumer(self, db: sqlite3.Connection | None = None) -> Consumer:
        return create_consumer(self.settings, self.clock, db)

    def write(self, *facts: Fact, watermark: Watermark | None = None, part: int = 0) -> None:
        """Commit one journey transaction."""
        records = [NewRecord(b"", encode(fact), FACT) for fact in facts]
        if watermark:
            records.append(NewRecord(b"", encode(watermark), WATERMARK))
        self.write_records(records, part)

    def write_records(self, records: Sequence[NewRecord], part: int = 0) -> None:
        self._stamp = max(machine_now(), self._stamp + 1)
        with connect(self.folder / "journey.db") as db, transaction(db):
            append_in(db, [Append(FACTS, records, part)], self._stamp)

    def read(self) -> None:
        """Read everything that is there, by a consumer that starts afresh."""
        consumer = self.consumer()
        try:
            while consumer.step(0):
                pass
        finally:
            consumer.close()
            consumer.reading.writer.db.close()

    def take(self, *transactions: Iterable[Fact]) -> None:
        """Write journey transactions and read them."""
        for facts in transactions:
            self.write(*facts)
        self.read()

    def alerts(self, tenant: str = "acme", **wanted: Any) -> list[Any]:
        with connect(self.folder / "alerts.db", read_only=True) as db:
            return reads.ranked(db, tenant, Filter(**wanted), "", 10_000)

    def trail(self, number: int) -> list[str]:
        with connect(self.folder / "alerts.db", read_only=True) as db:
            return [change.change for change in reads.trail(db, number)]

    def acts(self) -> Acts:
        return Acts(Writer(connect(self.folder / "alerts.db"), self.clock, self.webhook_url))

    def log(self) -> SqlLog:
        return SqlLog(self.folder / "journey.db")
