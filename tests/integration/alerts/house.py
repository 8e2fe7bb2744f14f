"""A data folder with a real facts log and a real alerts database, and the consumer between them."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from services.alerts.app import create_consumer
from services.alerts.consumer import Consumer
from services.alerts.delivery.wiring import listeners
from services.alerts.domain.alert import Alert
from services.alerts.domain.rules import Severity
from services.alerts.store import alerts, reads
from services.alerts.store.reads import Filter
from services.alerts.track.acts import Acts
from services.alerts.track.writing import Writer
from shared.clock import SteppedClock, machine_now
from shared.database import connect, transaction
from shared.events import Fact, Watermark, encode
from shared.log.event_log import FACTS, Append, NewRecord
from shared.log.sql_log import append_in
from shared.settings import Settings
from tests.unit.alerts.facts import at

FACT = (("type", "fact"),)
WATERMARK = (("type", "watermark"),)


@dataclass
class House:
    """One installation; facts are written as the journey service does, a transaction at a time."""

    folder: Path
    webhook_url: str = ""
    slack_webhook_url: str = ""
    smtp_url: str = ""
    tell_from: Severity = "low"
    tell_after_s: float = 0.0
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(at(40)))
    _stamp: int = 0
    _journey: sqlite3.Connection | None = None

    @property
    def settings(self) -> Settings:
        """The settings of every service of the house."""
        return Settings(
            data=self.folder,
            webhook_url=self.webhook_url,
            slack_webhook_url=self.slack_webhook_url,
            smtp_url=self.smtp_url,
            tell_from=self.tell_from,
            tell_after_s=self.tell_after_s,
        )

    def database(self) -> closing[sqlite3.Connection]:
        """Open alerts.db for one look."""
        return closing(connect(self.folder / "alerts.db", read_only=True))

    def consumer(self, db: sqlite3.Connection | None = None) -> Consumer:
        """Make a consumer, on a connection of its own or a given one."""
        return create_consumer(self.settings, self.clock, db)

    def write(self, *facts: Fact, watermark: Watermark | None = None, part: int = 0) -> None:
        """Commit one journey transaction."""
        records = [NewRecord(b"", encode(fact), FACT) for fact in facts]
        if watermark:
            records.append(NewRecord(b"", encode(watermark), WATERMARK))
        self.write_records(records, part)

    def write_records(self, records: Sequence[NewRecord], part: int = 0) -> None:
        """Commit records of one journey transaction, readable or not."""
        self._stamp = max(machine_now(), self._stamp + 1)
        if self._journey is None:
            self._journey = connect(self.folder / "journey.db")
            self._journey.execute("PRAGMA synchronous = OFF")  # no test pulls the plug of this writer
        with transaction(self._journey):
            append_in(self._journey, [Append(FACTS, records, part)], self._stamp)

    def close(self) -> None:
        """Close the writer of facts."""
        if self._journey:
            self._journey.close()

    def read(self, db: sqlite3.Connection | None = None, batch: int = 2000) -> None:
        """Read everything that is there, by a consumer that starts afresh."""
        consumer = self.consumer(db)
        consumer.batch = batch
        try:
            while consumer.step(0) or consumer.progress.behind:
                pass
        finally:
            consumer.close()
            consumer.reading.writer.db.close()

    def take(self, *transactions: Iterable[Fact]) -> None:
        """Write journey transactions and read them."""
        for facts in transactions:
            self.write(*facts)
        self.read()

    def alerts(self, tenant: str = "acme", wanted: Filter | None = None) -> list[Alert]:
        """Return alerts as the list ranks them."""
        with self.database() as db:
            return reads.ranked(db, tenant, wanted or Filter(), "", 10_000)

    def alert(self, number: int = 1) -> Alert:
        """Return the alert of a number."""
        with self.database() as db:
            found = alerts.find(db, number)
        assert found is not None
        return found

    def trail(self, number: int = 1) -> list[str]:
        """Return what happened to an alert, in order."""
        with self.database() as db:
            return [change.change for change in reads.trail(db, number)]

    @contextmanager
    def acts(self) -> Iterator[Acts]:
        """Lend what people can do."""
        with closing(connect(self.folder / "alerts.db")) as db:
            yield Acts(Writer(db, self.clock, listeners(self.settings)))

    def because(self, number: int = 1) -> dict[str, Any]:
        """Return why an alert last changed."""
        with self.database() as db:
            because: dict[str, Any] = msgspec.json.decode(reads.trail(db, number)[-1].because)
        return because

    @contextmanager
    def other_log(self) -> Iterator[str]:
        """Give the log another id, as if it had been replaced."""
        with closing(connect(self.folder / "journey.db")) as db:
            db.execute("UPDATE log_meta SET log_id = 'another'")
        yield "another"

    def shorten_log(self) -> None:
        """Take the last record away, as if an older copy had been restored."""
        with closing(connect(self.folder / "journey.db")) as db:
            db.execute("UPDATE log_heads SET next = next - 1")
