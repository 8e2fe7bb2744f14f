"""Read records of the facts topic into the alerts: facts, offset and dead letters in one transaction.

A record that cannot be read becomes a dead letter and blocks nothing; many in a row are a bad deploy and stop the
reader, as does a version that this code does not know.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import msgspec

from services.alerts.domain.rules import ERASED, UnreadableFactError
from services.alerts.store import offsets
from services.alerts.store.offsets import Place
from services.alerts.track.facts import Fold, check_fact
from services.alerts.track.writing import Writer
from shared.clock import machine_now
from shared.database import empty_wal, transaction
from shared.events import SPECVERSION, DeadLetter, Fact, Watermark, decode_fact, decode_watermark, encode
from shared.log.event_log import DEAD_LETTERS, FACTS, Append, NewRecord, Record
from shared.log.sql_log import append_in
from shared.metrics import ALERTS_OPENED, FACTS_READ

POISON_LIMIT = 100  # unreadable records in a row


class UnknownVersionError(Exception):
    """Raised when a fact has a version that this code does not know: a newer journey service writes."""


class TooMuchPoisonError(Exception):
    """Raised when record after record cannot be read: the deploy is wrong, not the records."""


class _Tenant(msgspec.Struct):
    tenant: str = ""


@dataclass(slots=True)
class Reading:
    """Applies records through one connection. For one thread."""

    writer: Writer
    poisoned: int = 0  # in a row
    untidy: bool = True  # somebody was erased who may still stand in the write-ahead log
    _dead: list[NewRecord] = field(default_factory=list)

    def start(self, part: int, place: Place) -> None:
        """Begin a partition that was never read."""
        with transaction(self.writer.db):
            offsets.start(self.writer.db, FACTS, part, place)

    def apply(self, records: Sequence[Record], log_id: str) -> Place:
        """Apply records of one partition that follow each other, and return the place after them.

        Raises FencedError, UnknownVersionError, TooMuchPoisonError, sqlite3.Error; then nothing was applied.
        """
        part, first, last = records[0].part, records[0].offset, records[-1].offset
        self._dead = []
        fates: Counter[str] = Counter()
        opened: Counter[tuple[str, str]] = Counter()
        poisoned = self.poisoned
        place = Place(last + 1, log_id)
        try:
            with transaction(self.writer.db):
                for _, group in groupby(records, lambda record: record.machine_at):
                    place = self._apply(list(group), place, fates, opened)
                if self._dead:
                    append_in(self.writer.db, [Append(DEAD_LETTERS, self._dead)], machine_now())
                offsets.advance(self.writer.db, FACTS, part, first, place)
        except BaseException:
            self.poisoned = poisoned
            raise
        for fate, count in fates.items():
            FACTS_READ.labels(fate).inc(count)
        for labels, count in opened.items():
            ALERTS_OPENED.labels(*labels).inc(count)
        return place

    def tidy(self) -> None:
        """Leave nothing in the write-ahead log of who was erased; tried again while a reader is in the way."""
        if self.untidy:
            self.untidy = not empty_wal(self.writer.db)

    def _apply(
        self,
        group: Iterable[Record],
        place: Place,
        fates: Counter[str],
        opened: Counter[tuple[str, str]],
    ) -> Place:
        facts: list[Fact] = []
        for record in group:
            if record.scrubbed:
                continue
            read = self._read(record)
            if isinstance(read, Fact):
                facts.append(read)
            elif read is None:
                fates["dead"] += 1
            else:
                fates["watermark"] += 1
                heard = max(place.heard_until, read.heard_until)
                place = Place(place.next, place.log_id, heard, max(place.judged_until, read.judged_until))
        self.untidy = self.untidy or any(fact.type == ERASED for fact in facts)
        fold = Fold(self.writer)
        fates.update(fold.apply(facts))
        opened.update({labels: count for labels, count in fold.opened.items() if count})
        return place

    def _read(self, record: Record) -> Fact | Watermark | None:
        kind = dict(record.headers).get("type", "fact")
        try:
            if kind == "watermark":
                return decode_watermark(record.value)
            if kind != "fact":
                self._bury(record, "unknown_type", f"a record of type {kind!r}")
                return None
            fact = decode_fact(record.value)
            if fact.specversion != SPECVERSION:
                message = f"facts/{record.part} offset {record.offset} has version {fact.specversion}: update alerts"
                raise UnknownVersionError(message)
            check_fact(fact)
        except msgspec.DecodeError as error:
            self._bury(record, "unreadable", str(error))
            return None
        except UnreadableFactError as error:
            self._bury(record, "invalid", str(error))
            return None
        self.poisoned = 0
        return fact

    def _bury(self, record: Record, reason: str, error: str) -> None:
        self.poisoned += 1
        if self.poisoned >= POISON_LIMIT:
            message = f"{self.poisoned} records in a row cannot be read, the last is facts/{record.part} offset "
            message += f"{record.offset}: {error}"
            raise TooMuchPoisonError(message)
        letter = DeadLetter(
            tenant=_tenant_of(record.value),
            source="/waypost/journey",
            event_id=f"facts/{record.part}/{record.offset}",
            reason=reason,
            error=error,
            stage="alerts",
            machine_at=machine_now(),
            body=record.value.decode(errors="replace"),
        )
        self._dead.append(NewRecord(record.key, encode(letter)))


def _tenant_of(value: bytes) -> str:
    try:
        return msgspec.json.decode(value, type=_Tenant).tenant
    except msgspec.DecodeError:
        return ""
