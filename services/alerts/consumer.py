"""The consumer's loop: poll facts, gather whole journey transactions, apply them; then wake what is snoozed.

All records of one journey transaction have the same `machine_at`. A poll may end in the middle of one; its tail waits
here until the rest has come, so that a merge or a renumbering is never seen by halves. What may pass by itself (no
journey database yet, a locked file, a full disk) is tried again; what needs a person stops the loop, and /readyz
says why.
"""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.alerts.store import offsets
from services.alerts.store.offsets import FencedError, Place
from services.alerts.store.reads import live_counts
from services.alerts.track.progress import Progress
from services.alerts.track.reading import Reading, TooMuchPoisonError, UnknownVersionError
from services.alerts.track.waking import wake
from shared.clock import monotonic
from shared.log.dead_letters import letters_held
from shared.log.event_log import FACTS, EventLog, LogMismatchError, LogUnavailableError, Record, Subscription
from shared.logs import get_log
from shared.metrics import ALERTS_BEHIND, ALERTS_OPEN, DEAD_LETTERS_WAITING

GROUP = "alerts"
POLL_S = 0.5
COUNT_S = 5.0  # between two counts of what is open, for the metric
BACK_OFF_S = (0.1, 0.2, 0.5, 1.0)
GIVE_UP_AFTER = 20  # failures in a row that are neither the disk's nor the log's
LARGEST_TRANSACTION = 200_000  # records; a larger one is applied in parts

_log = get_log(__name__)


@dataclass(slots=True)
class Consumer:
    """Feeds the alerts from the facts until told to stop. `open_log` raises LogUnavailableError until there is one."""

    open_log: Callable[[], EventLog]
    reading: Reading
    batch: int = 2000
    largest: int = LARGEST_TRANSACTION
    back_off_s: Sequence[float] = BACK_OFF_S
    stopped: threading.Event = field(default_factory=threading.Event)
    progress: Progress = field(default_factory=Progress)
    _log: EventLog | None = None
    _subscription: Subscription | None = None
    _places: dict[int, Place] = field(default_factory=dict)
    _held: dict[int, list[Record]] = field(default_factory=dict)  # polled and not yet applied
    _failures: int = 0
    _caught_up: bool = False  # since the last start; before, what is snoozed may have ended long ago
    _counted_at: float = float("-inf")
    _counted: set[tuple[str, str, str]] = field(default_factory=set)

    def run(self) -> None:
        """Consume until `stopped`, or until something needs a person."""
        while not self.stopped.is_set():
            try:
                self.step(POLL_S)
                self.progress.wrong = ""
                self._failures = 0
            except (LogMismatchError, UnknownVersionError, TooMuchPoisonError) as error:
                self._give_up(error)
            except (LogUnavailableError, sqlite3.OperationalError, FencedError) as error:
                self._again(error)
            except Exception as error:  # noqa: BLE001 (a bug: tried again, then it stops and says so)
                if self._failures >= GIVE_UP_AFTER:
                    self._give_up(error)
                else:
                    self._again(error)
        self.close()

    def step(self, timeout: float) -> int:
        """Poll once and apply every journey transaction that is there as a whole; return how many records."""
        subscription = self._subscription or self._start()
        records = subscription.poll(timeout, self.batch)
        for record in records:
            self._held.setdefault(record.part, []).append(record)
        applied = 0
        for part, held in self._held.items():
            whole = len(held) if len(held) >= self.largest else _whole(held, subscription.end(part))
            if whole:
                self._places[part] = self.reading.apply(held[:whole], self._places[part].log_id)
                del held[:whole]
                applied += whole
                subscription.report(part, self._places[part].next)
        self._measure(subscription)
        self._caught_up = self._caught_up or not self.progress.behind
        if self._caught_up:
            wake(self.reading.writer)
            self.reading.tidy()
        return applied

    def _measure(self, subscription: Subscription) -> None:
        self.progress.behind = sum(subscription.lag().values()) + sum(map(len, self._held.values()))
        ALERTS_BEHIND.set(self.progress.behind)
        if monotonic() < self._counted_at + COUNT_S:
            return
        self._counted_at = monotonic()
        DEAD_LETTERS_WAITING.labels("alerts").set(letters_held(self.reading.writer.db))
        counts = live_counts(self.reading.writer.db)
        for labels in self._counted - counts.keys():
            ALERTS_OPEN.labels(*labels).set(0)
        for labels, count in counts.items():
            ALERTS_OPEN.labels(*labels).set(count)
        self._counted = set(counts)

    def _start(self) -> Subscription:
        if self._log is None:
            self._log = self.open_log()
        self._held = {}
        self._caught_up = False
        self._subscription = self._log.subscribe(FACTS, GROUP, self._assigned, lambda _: None)
        return self._subscription

    def _assigned(self, parts: Sequence[int]) -> None:
        log, subscription = self._log, self._subscription
        if log is None or subscription is None:
            return
        known = offsets.load(self.reading.writer.db, FACTS)
        for part in parts:
            if part in known:
                offsets.check(known[part], log.log_id, FACTS, part)
            else:
                known[part] = Place(log.begin(FACTS, part), log.log_id)
                self.reading.start(part, known[part])
            subscription.seek(part, known[part].next)
        self._places = known

    def _give_up(self, error: Exception) -> None:
        self.progress.wrong = f"stopped: {error}"
        _log.error("consumer stopped", exc_info=error)
        self.stopped.set()

    def _again(self, error: Exception) -> None:
        self.progress.wrong = f"waiting: {error}"
        if self._failures == 0:
            _log.warning("facts cannot be applied now, will be tried again", error=repr(error))
        self.stopped.wait(self.back_off_s[min(self._failures, len(self.back_off_s) - 1)])
        self._failures += 1
        if self._subscription:
            self._subscription.close()
            self._subscription = None

    def close(self) -> None:
        """Leave the log."""
        if self._subscription:
            self._subscription.close()
            self._subscription = None
        if self._log:
            self._log.close()
            self._log = None


def _whole(held: Sequence[Record], end: int) -> int:
    """Return how many of the first records are whole journey transactions, given the end of the log read after them."""
    if not held or held[-1].offset + 1 == end:
        return len(held)
    last = held[-1].machine_at
    return next((n for n in range(len(held), 0, -1) if held[n - 1].machine_at != last), 0)
