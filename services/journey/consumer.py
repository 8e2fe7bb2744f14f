"""The consumer's loop: poll, one transaction a batch, then the due and the new maps; a heartbeat when nothing comes.

One thread, one writer. What may pass by itself (a full disk, a locked file) is tried again with back-off; what needs a
person (another log, a newer schema, fold after fold failing) stops the consumer, and /readyz says why.
"""

import gc
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.journey.store import offsets, reads
from services.journey.store.customers import StaleError
from services.journey.track.judging import TooManyFailuresError
from services.journey.track.tracker import Tracker, UnknownVersionError
from shared.clock import SECOND, Clock, machine_now, monotonic
from shared.database import transaction
from shared.log.dead_letters import letters_held
from shared.log.event_log import TOUCHPOINTS, EventLog, LogMismatchError, LogUnavailableError, Record, Subscription
from shared.logs import get_log
from shared.metrics import BATCH_SECONDS, BEHIND, DEAD_LETTERS_WAITING, JUDGED_UNTIL, UNJUDGED, VISIBLE_SECONDS

GROUP = "journey"
TIDY_IDLE_S, TIDY_BUSY_S = 30.0, 300.0  # between two collections of cycles
COUNT_S = 30.0  # between two counts of the parked, for the metric
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
GIVE_UP_AFTER = 20  # failures in a row that are neither the disk's nor the log's

_log = get_log(__name__)


@dataclass(slots=True)
class Consumer:
    """Feeds the tracker from the log until told to stop."""

    log: EventLog
    tracker: Tracker
    clock: Clock
    heartbeat_s: float = 1.0
    batch: int = 2000
    count_s: float = COUNT_S
    stopped: threading.Event = field(default_factory=threading.Event)
    wrong: str = ""  # why it stands still, for /readyz
    _next: dict[int, int] = field(default_factory=dict)
    _subscription: Subscription | None = None
    _failures: int = 0
    _beat_at: float = 0.0
    slow_s: float = 30.0  # from which a batch under way is said to be slow
    _busy_since: float | None = None  # when the batch under way began
    _counted_at: float = float("-inf")
    _tidied_at: float = field(default_factory=monotonic)

    def run(self) -> None:
        """Consume until `stopped`, or until something needs a person."""
        gc.disable()  # with a full cache each automatic collection walks millions of objects: see _tidy
        while not self.stopped.is_set():
            try:
                self._start()
                self.wrong = ""
                while not self.stopped.is_set():
                    self.step(self.heartbeat_s)
                    self._failures = 0
            except (UnknownVersionError, TooManyFailuresError, LogMismatchError) as error:
                return self._give_up(error)
            except (sqlite3.OperationalError, LogUnavailableError, StaleError, offsets.FencedError) as error:
                self._wait(error)
            except Exception as error:  # noqa: BLE001 (a bug: tried again, then it stops and says so)
                if self._failures >= GIVE_UP_AFTER:
                    return self._give_up(error)
                self._wait(error)
        return None

    def trouble(self) -> str:
        """Return why nothing is consumed, or that one batch does not end; empty when all is well."""
        since = self._busy_since
        if not self.wrong and since is not None and monotonic() - since > self.slow_s:
            return (
                f"one batch has taken {monotonic() - since:.0f} s: a map has many branches that the same events match,"
                " or one customer very many touchpoints"
            )
        return self.wrong

    def _give_up(self, error: Exception) -> None:
        self.wrong = f"stopped: {error}"
        _log.error("consumer stopped", exc_info=error)

    def _wait(self, error: Exception) -> None:
        self.wrong = f"waiting: {error}"
        _log.warning("journey transaction failed, will be repeated", error=repr(error), failures=self._failures)
        self.stopped.wait(BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)])
        self._failures += 1
        self._busy_since = None
        if self._subscription:
            self._subscription.close()
            self._subscription = None

    def _start(self) -> None:
        if self._subscription is None:
            self._subscription = self.log.subscribe(TOUCHPOINTS, GROUP, self._assigned, lambda _: None)
            with transaction(self.tracker.db):
                self._next = offsets.load(self.tracker.db, self.log.log_id, self.log.partitions(TOUCHPOINTS))
            for part, offset in self._next.items():
                self._subscription.seek(part, offset)
            self.tracker.retry_parked()

    def _assigned(self, parts: Sequence[int]) -> None:
        """Take every partition: the embedded size has one reader; `_start` seeks them."""

    def step(self, timeout: float) -> int:
        """Consume what there is, or beat once; then sweep. Return how many records were consumed."""
        subscription = self._subscription
        if subscription is None:
            self._start()
            subscription = self._subscription
        if subscription is None:
            return 0
        now = self.clock.now()  # before the end of the log is read: what is heard is heard until then
        records = subscription.poll(timeout, self.batch)
        if records:
            self._consume(records, subscription)
        if monotonic() - self._beat_at >= self.heartbeat_s:
            self._beat(now, subscription, caught_up=not records)
        while (self.tracker.sweep() or self.tracker.scrub()) and not records and not self.stopped.is_set():
            pass
        self._tidy(TIDY_IDLE_S if not records else TIDY_BUSY_S)
        return len(records)

    def _tidy(self, every_s: float) -> None:
        """Collect cycles now and then, and never look again at what survived: the cache lives long."""
        if not gc.isenabled() and monotonic() - self._tidied_at > every_s:
            gc.collect()
            gc.freeze()
            self._tidied_at = monotonic()

    def _consume(self, records: list[Record], subscription: Subscription) -> None:
        began = self._busy_since = monotonic()
        for part in sorted({record.part for record in records}):
            mine = [record for record in records if record.part == part]
            self.tracker.process(mine)
            self._next[part] = mine[-1].offset + 1
            subscription.report(part, self._next[part])
        self._busy_since = None
        BATCH_SECONDS.observe(monotonic() - began)
        visible_at = machine_now()
        for appended_at in {record.machine_at for record in records}:
            VISIBLE_SECONDS.observe((visible_at - appended_at) / SECOND)

    def _beat(self, now: int, subscription: Subscription, *, caught_up: bool) -> None:
        if caught_up:
            for part, next_ in self._next.items():
                if subscription.end(part) == next_:
                    self.tracker.heartbeat(part, next_, now)
        self._beat_at = monotonic()
        BEHIND.set(sum(subscription.lag().values()))
        JUDGED_UNTIL.set(self.tracker.judged_until() / SECOND)
        if monotonic() >= self._counted_at + self.count_s:
            UNJUDGED.set(reads.unjudged(self.tracker.db))
            DEAD_LETTERS_WAITING.labels("journey").set(letters_held(self.tracker.db))
            self._counted_at = monotonic()
