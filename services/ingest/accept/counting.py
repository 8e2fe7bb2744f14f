"""Counts per tenant and source: metrics at once, the table of sources every second, never in a request's way."""

from collections import Counter

from prometheus_client import Counter as Metric

from services.ingest.accept.submission import Submission
from services.ingest.store.sources import Heard, SourceStore
from shared.metrics import ACCEPTED, REFUSED


class Counting:
    """What was accepted and refused since it was last taken."""

    def __init__(self, store: SourceStore) -> None:
        """Write into a store."""
        self._store = store
        self._heard: dict[tuple[str, str], Heard] = {}
        self._accepted: dict[tuple[str, str], Metric] = {}

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

    def take(self) -> list[Heard]:
        """Return what was counted since, and count anew; on the event loop, as `count`."""
        taken, self._heard = list(self._heard.values()), {}
        return taken

    def write(self, taken: list[Heard]) -> None:
        """Write counts down. Raises sqlite3.Error; a crash or an error loses the counts of a second, nothing else."""
        if taken:
            self._store.add(taken)

    def heard(self, tenant: str, taken: list[Heard]) -> list[Heard]:
        """Write counts down and return the sources of a tenant."""
        self.write(taken)
        return self._store.of(tenant)
