"""The use case: a request's events become touchpoints in the log, or dead letters beside them, in one commit."""

import asyncio

from msgspec import Struct

from services.ingest.accept.counting import Counting
from services.ingest.accept.pressure import Pressure
from services.ingest.accept.submission import Submission, draft_all
from services.ingest.domain.parcel import Parcel
from services.ingest.domain.refusal import Note
from shared.auth import Caller
from shared.errors import TooBusyError, TooLargeError, UnavailableError
from shared.log.event_log import LogUnavailableError
from shared.log.group_commit import GroupCommitter

LARGE = 256 * 1024  # bytes from which on a body is read and drafted beside the loop
RETRY_AFTER_S = 10  # of a full log: it empties by retention, not within seconds


class Accepted(Struct, frozen=True):
    """What became of the events of one request: all of it is durable."""

    success: bool
    accepted: int
    refused: list[Note]
    warnings: list[Note]


class Acceptor:
    """Takes what the doors read and answers once it is durable."""

    def __init__(self, committer: GroupCommitter[Submission], pressure: Pressure, counting: Counting) -> None:
        """Commit through a group committer, unless the pressure is too high."""
        self._committer = committer
        self._pressure = pressure
        self._counting = counting

    async def accept(self, caller: Caller, door: str, parcel: Parcel, limit: int) -> Submission:
        """Store the events of a request. Raises TooBusyError, UnavailableError, TooLargeError."""
        self._need_room()
        if len(parcel.events) > limit:
            message = f"The request holds {len(parcel.events)} events; {limit} are the limit: send it in parts."
            raise TooLargeError(message)
        request = (caller.tenant, caller.source, door, parcel)
        submission = await asyncio.to_thread(draft_all, *request) if parcel.size > LARGE else draft_all(*request)
        await self.commit(submission)
        return submission

    async def commit(self, submission: Submission) -> None:
        """Make a submission durable. Raises TooBusyError and UnavailableError."""
        self._need_room()
        if not submission.touchpoints and (not submission.refused or submission.replayed):
            return
        try:
            await self._committer.submit(submission, submission.parcel.size)
        except LogUnavailableError as error:
            self._pressure.failed(str(error))
            message = "The event log cannot be written now; nothing of this request was stored. Send it again."
            raise UnavailableError(message) from error
        self._counting.count(submission)

    def _need_room(self) -> None:
        if self._pressure.wrong:
            raise TooBusyError(self._pressure.wrong, RETRY_AFTER_S)


def remarks(submission: Submission) -> list[Note]:
    """Return what is worth saying about the events that were accepted."""
    refused = {note.index for note in submission.letters}
    return [note for note in submission.notes if note.index not in refused]


def answer(submission: Submission) -> Accepted:
    """Return what the client learns."""
    return Accepted(
        success=True, accepted=submission.accepted, refused=submission.letters, warnings=remarks(submission)
    )
