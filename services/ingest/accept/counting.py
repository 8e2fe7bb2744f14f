"""Counts per tenant and source: metrics at once, the table of sources every second, never in a request's way."""

from collections import Counter, deque
from statistics import median_low

from prometheus_client import Counter as Metric

from services.ingest.accept.submission import Submission
from services.ingest.store.sources import Heard, SourceStore
from shared.clock import SECOND
from shared.metrics import ACCEPTED, REFUSED, SOURCE_HEARD

LAST = 101  # touchpoints of a source whose median says how late it is
OF_REQUEST = 16  # of them, from one request: an import must not hide what comes live


class Counting:
    """What was accepted and refused since it was last taken."""

    def __init__(self, store: SourceStore) -> None:
        """Write into a store."""
        self._store = store
        self._heard: dict[tuple[str, str], Heard] = {}
        self._accepted: dict[tuple[str, str], Metric] = {}
        self._lags: dict[tuple[str, str], deque[int]] = {}
        _show(store.of())

    def count(self, submission: Submission) -> None:
        """Count what is durable now."""
        place = (submission.tenant, submission.source)
        metric = self._accepted.get(place)
        if metric is None:
            metric = self._accepted[place] = ACCEPTED.labels(*place)
        metric.inc(submission.accepted)
        letters = [] if submission.replayed else submission.letters  # a replay that fails leaves no new letter
        for reason, count in Counter(note.code for note in letters).items() if letters else ():
            REFUSED.labels(submission.tenant, str(reason)).inc(count)
        heard = self._heard.get(place)
        if heard is None:
            heard = self._heard[place] = Heard(*place)
        heard.accepted += submission.accepted
        heard.refused += len(letters)
        heard.heard_at = max(heard.heard_at, submission.received_at)
        if submission.accepted and not submission.replayed:
            self._look_at_last(place, heard, submission)

    def _look_at_last(self, place: tuple[str, str], heard: Heard, submission: Submission) -> None:
        lags = self._lags.get(place)
        if lags is None:
            lags = self._lags[place] = deque(maxlen=LAST)
        for _, touchpoint in submission.touchpoints[-OF_REQUEST:]:
            if touchpoint.received_at:  # else it was refused by its stamp
                lags.append(touchpoint.received_at - touchpoint.occurred_at)
                heard.last_event = touchpoint.event or touchpoint.type

    def take(self) -> list[Heard]:
        """Return what was counted since, and count anew; on the event loop, as `count`."""
        for place, heard in self._heard.items():
            if lags := self._lags.get(place):
                heard.lag = median_low(lags)
        taken, self._heard = list(self._heard.values()), {}
        return taken

    def write(self, taken: list[Heard]) -> None:
        """Write counts down. Raises sqlite3.Error; a crash or an error loses the counts of a second, nothing else."""
        if taken:
            self._store.add(taken)
            _show(taken)

    def heard(self, tenant: str, taken: list[Heard]) -> list[Heard]:
        """Write counts down and return the sources of a tenant."""
        self.write(taken)
        return self._store.of(tenant)


def _show(heard: list[Heard]) -> None:
    """Set the metric of when a source was last heard; at the start too, or a quiet source would be missing."""
    for each in heard:
        if each.heard_at:
            SOURCE_HEARD.labels(each.tenant, each.source).set(each.heard_at / SECOND)
