"""The journey transaction: one batch of records, one commit of touchpoints, identities, journeys, facts and offset.

Order of the steps: decode, insert, who is who, judge, write, outbox, offset, commit; caches change for good only then.
Every step is named to `at`, so that a test can stop the process there.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from services.journey.store import offsets, touchpoints
from services.journey.store.atlases import Atlases
from services.journey.store.customers import Changes, Customer
from services.journey.store.identities import Identities
from services.journey.track.erasing import Eraser, Left
from services.journey.track.facts import FactWriter
from services.journey.track.judging import Judge
from services.journey.track.touching import New, Touch, Touching
from shared.clock import DAY, HOUR, machine_now
from shared.database import empty_wal, transaction
from shared.erasure import ERASE
from shared.events import VERSION, DeadLetter, Touchpoint, decode_touchpoint, encode
from shared.log.event_log import DEAD_LETTERS, FACTS, Append, NewRecord, Record
from shared.log.sql_log import append_in
from shared.metrics import CONSUMED, FACTS_WRITTEN, ROLLBACKS


class UnknownVersionError(Exception):
    """Raised for a record of a newer schema: stop, this worker is too old for the log."""


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """What the transaction needs to know; times in microseconds."""

    lateness: int = HOUR
    historical_after: int = 7 * DAY
    cache_customers: int = 50_000
    sweep: int = 500


@dataclass(slots=True)
class Tracker:
    """Consumes records into one journey database; used by one thread at a time."""

    db: sqlite3.Connection
    settings: TrackSettings = field(default_factory=TrackSettings)
    at: Callable[[str], None] = lambda _: None
    identities: Identities = field(init=False)
    atlases: Atlases = field(init=False)
    judge: Judge = field(init=False)
    eraser: Eraser = field(init=False)
    judged: int = 0  # until when the transaction under way judges
    said_until: int = 0  # the last watermark in the outbox
    untidy: bool = True  # who was erased may still stand in the write-ahead log
    dead: list[NewRecord] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Build the parts on the connection."""
        self.identities = Identities(self.db)
        self.atlases = Atlases(self.settings.historical_after)
        self.judge = Judge(self.db, self.identities, self.atlases)
        self.eraser = Eraser(self.db, self.identities, self.judge)

    def forget(self) -> None:
        """Drop everything remembered: after a rollback, memory may be ahead of the database."""
        self.identities.forget()
        self.judge.cache.clear()
        self.eraser.forget()
        self._reset()

    def judged_until(self) -> int:
        """Return the watermark: absence is judged up to here."""
        return offsets.heard_until(self.db) - self.settings.lateness

    def process(self, records: Sequence[Record]) -> None:
        """Take in records of one partition, in offset order without a gap, as one transaction.

        Raises FencedError, StaleError, UnknownVersionError, TooManyFailuresError and sqlite3.Error; nothing is
        stored then.
        """
        first, last = records[0], records[-1]
        with self._unit("batch"):
            read = self._read(records)
            heard = max((touchpoint.received_at for _, touchpoint in read), default=0)
            left = self._erase([touchpoint for _, touchpoint in read if touchpoint.type == ERASE])
            again = [new for kept, body in left.again if (new := self._store(kept, body)[1])]
            batch = [new for record, touchpoint in read if (new := self._insert(record, touchpoint))]
            self.at("inserted")
            anew = left.ids + [new.id_no for new in again if new.touchpoint.ids]
            touches = Touching(self.db, self.identities, self.atlases).find([*again, *batch], anew, left.touches)
            self.eraser.settle(left)
            self.at("identified")
            offsets.advance(self.db, first.part, first.offset, last.offset + 1, heard)
            self._judge(touches, first.part, heard)

    def heartbeat(self, part: int, next_: int, now: int) -> None:
        """Say that an idle partition was heard until now: the clock as read before its end was."""
        with self._unit("heartbeat"):
            offsets.advance(self.db, part, next_, next_, now)
            self._judge([], part, now)

    def sweep(self) -> int:
        """Judge customers whose absence is due, or who have not met the newest map; return how many."""
        due = self._due()
        if due:
            with self._unit("sweep"):
                self._judge(due, -1, 0)
        return len(due)

    def scrub(self) -> bool:
        """Scrub some of what the log of this database still says of erased customers; return whether it did."""
        if self.eraser.has_scrubs():
            self.untidy = True
            with self._unit("scrub"):
                self.eraser.scrub()
            return True
        if self.untidy:
            self.untidy = not empty_wal(self.db)  # tried again while a reader is in the way
        return False

    def retry_parked(self) -> int:
        """Fold parked customers once more: at start, when the code may have changed. Return how many."""
        rows = self.db.execute(
            "SELECT customer_no, tenant, subject FROM customers WHERE unjudged IS NOT NULL"
        ).fetchall()
        if rows:
            with self._unit("parked"):
                self._judge([Touch(number, tenant, subject, refold=True) for number, tenant, subject in rows], -1, 0)
        return len(rows)

    @contextmanager
    def _unit(self, why: str) -> Iterator[None]:
        self.at(f"{why} begins")
        try:
            with transaction(self.db):
                self.atlases.refresh(self.db)
                yield
                self.at("before commit")
        except BaseException as error:
            ROLLBACKS.labels(type(error).__name__).inc()
            self.forget()
            raise
        self.at("committed")
        self._committed()

    def _due(self) -> list[Touch]:
        self.atlases.refresh(self.db)
        limit = self.settings.sweep
        rows = self.db.execute(
            "SELECT DISTINCT customer_no, tenant FROM journeys WHERE due_at < ? ORDER BY due_at LIMIT ?",
            (self.judged_until(), limit),
        ).fetchall()
        for tenant, revision in self.atlases.revisions().items():
            rows += self.db.execute(
                "SELECT customer_no, tenant FROM customers"
                " WHERE tenant = ? AND revision < ? AND merged_into IS NULL LIMIT ?",
                (tenant, revision, limit),
            ).fetchall()
        subjects = "SELECT subject FROM customers WHERE customer_no = ?"
        return [
            Touch(number, tenant, self.db.execute(subjects, (number,)).fetchone()[0])
            for number, tenant in dict(rows).items()
        ]

    def _judge(self, touches: Iterable[Touch], part: int, heard: int) -> None:
        judged_until = self.judged_until()
        for touch in touches:
            self.judge.judge(touch, judged_until)
        self.at("judged")
        if part >= 0 and judged_until > self.said_until:
            self.judge.facts.watermark(part, heard, judged_until)
        self.judge.changes.write(self.db)
        self.at("written")
        appends = [Append(FACTS, self.judge.facts.records)] if self.judge.facts.records else []
        if self.dead:
            appends.append(Append(DEAD_LETTERS, self.dead))
        if appends:
            append_in(self.db, appends, self.judge.facts.machine_at)
        self.at("appended")
        self.judged = judged_until

    def _read(self, records: Iterable[Record]) -> list[tuple[Record, Touchpoint]]:
        found: list[tuple[Record, Touchpoint]] = []
        for record in records:
            if record.scrubbed:
                continue
            try:
                touchpoint = decode_touchpoint(record.value)
            except msgspec.DecodeError as error:
                self._bury(record, "unreadable", str(error))
                continue
            if touchpoint.v > VERSION:
                message = f"record {record.offset} has schema version {touchpoint.v}: update Waypost to read this log"
                raise UnknownVersionError(message)
            found.append((record, touchpoint))
        return found

    def _erase(self, erasures: Sequence[Touchpoint]) -> Left:
        if not erasures:
            return Left()
        self.counts["erasure"] = len(erasures)
        left = self.eraser.apply(erasures)
        self.at("erased")
        return left

    def _insert(self, record: Record, touchpoint: Touchpoint) -> New | None:
        if touchpoint.type == ERASE:
            return None
        if not touchpoint.ids and not touchpoint.account:
            self._bury(record, "no_id", "the touchpoint names nobody")
            return None
        kept = self.eraser.remains(touchpoint)
        if kept is None:
            fate, new = "erased", None
        else:
            fate, new = self._store(kept, record.value if kept is touchpoint else encode(kept))
        self.counts[fate] = self.counts.get(fate, 0) + 1
        if fate == "conflict":
            said = "another touchpoint with this source, event id and time was stored first, with other content"
            self._bury(record, "conflict", said)
        return new

    def _store(self, touchpoint: Touchpoint, body: bytes) -> tuple[str, New | None]:
        number = self.identities.number
        tenant = touchpoint.tenant
        account_no = number(tenant, "account", touchpoint.account) if touchpoint.account else None
        id_no = number(tenant, *touchpoint.ids[0]) if touchpoint.ids else account_no or 0
        fate = touchpoints.insert(self.db, id_no, account_no, touchpoint, body)
        return fate, New(touchpoint, id_no, account_no) if fate == "new" else None

    def _bury(self, record: Record, reason: str, error: str) -> None:
        try:
            known = decode_touchpoint(record.value)
            tenant, source, event_id = known.tenant, known.source, known.event_id
        except msgspec.DecodeError:
            tenant, source, event_id = record.key.decode(errors="replace").partition("\0")[0], "", ""
        letter = DeadLetter(
            tenant=tenant,
            source=source,
            event_id=event_id,
            reason=reason,
            error=error,
            stage="journey",
            machine_at=machine_now(),
            body=record.value.decode(errors="replace"),
        )
        self.dead.append(NewRecord(record.key, encode(letter)))
        self.counts["dead"] = self.counts.get("dead", 0) + 1

    def _reset(self) -> None:
        self.judge.changes = Changes()
        self.judge.facts = FactWriter()
        self.dead = []
        self.counts = {}

    def _committed(self) -> None:
        for fate, count in self.counts.items():
            CONSUMED.labels(fate).inc(count)
        for type_, count in self.judge.facts.counts.items():
            FACTS_WRITTEN.labels(type_).inc(count)
        self.said_until = max(self.said_until, self.judged)
        cache: dict[int, Customer] = self.judge.cache
        while len(cache) > self.settings.cache_customers:
            del cache[next(iter(cache))]
        self.identities.trim()
        self._reset()
