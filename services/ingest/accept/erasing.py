"""The use case: forget somebody. The erasure is a record in the log's one order; then the log itself is scrubbed.

Journey and alerts learn of it from the log. What lies in the log before it is blotted out afterwards, beside the
requests, and again from the beginning after a crash: doing it twice changes nothing.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from services.ingest.accept.forgetting import Forgetting
from services.ingest.accept.pressure import SizedLog
from services.ingest.accept.submission import Submission, fresh_id
from services.ingest.domain.parcel import Parcel
from services.ingest.store.erasures import ErasureRow, ErasureStore, Scrub
from services.ingest.store.letters import Letters
from shared.auth import Caller
from shared.clock import monotonic
from shared.erasure import erasure
from shared.errors import UnavailableError
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, LogUnavailableError
from shared.log.group_commit import GroupCommitter

SCRUB_S = 0.2  # machine seconds of scrubbing at a time: ingest has requests to answer


@dataclass(slots=True)
class _Progress:
    """How far one scrubbing has come."""

    scrub: Scrub
    forgetting: Forgetting
    places: list[tuple[str, int, int, int]]  # topic, partition, next offset, end


class Erasing:
    """Erases, and scrubs the log of what was erased, one erasure after the other."""

    def __init__(
        self, committer: GroupCommitter[Submission], log: SizedLog, letters: Letters, store: ErasureStore
    ) -> None:
        """Commit as touchpoints are committed, so that an erasure has its place among them."""
        self._committer = committer
        self._log = log
        self._letters = letters
        self._store = store
        self._progress: _Progress | None = None
        self._idle = False  # nothing waits, as far as is known

    async def erase(self, caller: Caller, ids: Sequence[tuple[str, str]]) -> ErasureRow:
        """Erase ids, and return once that is durable. Raises UnavailableError: send it again."""
        event_id = fresh_id()
        record = erasure(caller.tenant, caller.source, event_id, ids)
        submission = Submission(caller.tenant, caller.source, "/v1/erasures", Parcel(b"", [], list), [(0, record)])
        try:
            await self._committer.submit(submission)
        except LogUnavailableError as error:
            message = "The event log cannot be written now; nothing was erased. Send it again."
            raise UnavailableError(message) from error
        try:
            row = await asyncio.to_thread(self._store.add, caller.tenant, submission.received_at, list(ids))
        except sqlite3.Error as error:
            message = "The erasure is decided, but ingest.db cannot be written now: send it again to scrub the log too."
            raise UnavailableError(message) from error
        self._idle = False
        return row

    def scrub(self) -> None:
        """Scrub for a moment. Raises LogUnavailableError, sqlite3.Error: it goes on with the next call."""
        deadline = monotonic() + SCRUB_S
        while not self._idle and monotonic() < deadline:
            if self._progress is None:
                self._begin()
            elif self._progress.places:
                self._step(self._progress)
            elif not self._finish(self._progress):
                return

    def _begin(self) -> None:
        self._idle = True  # before the question, so that an erasure in between is not overlooked
        waiting = self._store.waiting()
        if not waiting:
            return
        self._idle = False
        scrub = waiting[0]
        places = [
            (topic, part, self._log.begin(topic, part), self._log.end(topic, part))
            for topic in (TOUCHPOINTS, DEAD_LETTERS)
            for part in range(self._log.partitions(topic))
        ]
        forgetting = Forgetting(scrub.tenant, scrub.erased_at, frozenset(scrub.wanted))
        self._progress = _Progress(scrub, forgetting, places)

    def _step(self, progress: _Progress) -> None:
        topic, part, next_, end = progress.places[0]
        change = progress.forgetting.touchpoint if topic == TOUCHPOINTS else progress.forgetting.letter
        reached = self._log.scrub(topic, part, next_, change)
        progress.places[:1] = [] if reached >= end else [(topic, part, reached, end)]

    def _finish(self, progress: _Progress) -> bool:
        """Say that it is done, unless a reader still holds the write-ahead log: then later."""
        if not self._log.tidy():
            return False
        if progress.forgetting.letters:
            self._letters.remember(progress.scrub.tenant, progress.forgetting.letters, "dismissed")
        self._store.scrubbed(progress.scrub.number)
        self._progress = None
        return True
