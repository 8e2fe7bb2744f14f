"""The committer's side: stamps the touchpoints of a group and turns them, and what was refused, into records."""

from collections import defaultdict
from collections.abc import Sequence

from msgspec.structs import force_setattr as stamp  # a draft is frozen for everyone but the sealer

from services.ingest.accept.submission import Submission
from services.ingest.domain.limits import EVENT_BYTES
from services.ingest.domain.refusal import Note, Reason, Refusal
from services.ingest.domain.stamping import occurred_at, shift_of
from shared.clock import Clock, machine_now
from shared.events import DeadLetter, encode, partition_of
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, Append, NewRecord

Parts = defaultdict[int, list[NewRecord]]


class Sealer:
    """Gives received_at, which never falls, and occurred_at; called by the committer's thread only."""

    def __init__(self, clock: Clock, partitions: int, last: int = 0) -> None:
        """Stamp by a clock; `last` is the greatest received_at that the log holds already."""
        self._clock = clock
        self._partitions = partitions
        self._last = last

    def __call__(self, group: Sequence[Submission]) -> list[Append]:
        """Return the appends of a group; each submission learns its received_at and what came too late."""
        now = self._last = max(self._last, self._clock.now())
        parts: Parts = defaultdict(list)
        letters: list[NewRecord] = []
        for submission in group:
            shift = self._stamp(submission, now, parts)
            if submission.replayed is None:
                letters += [letter(submission, note, shift) for note in submission.letters]
        appends = [Append(TOUCHPOINTS, records, part) for part, records in parts.items()]
        return [*appends, Append(DEAD_LETTERS, letters)] if letters else appends

    def _stamp(self, submission: Submission, now: int, parts: Parts) -> int:
        submission.received_at = now
        submission.late = []
        tenant = submission.tenant
        first = submission.replayed
        shift = first.shift if first else shift_of(now, submission.parcel.sent, self._clock.speed)
        since = first.received_at if first else now
        for index, draft in submission.touchpoints:
            try:
                stamp(draft, "occurred_at", occurred_at(draft.original_at, shift, since, now))
                stamp(draft, "received_at", now)
                value = encode(draft)
                if len(value) > EVENT_BYTES:
                    raise too_large(len(value))
            except Refusal as refusal:
                submission.late.append(Note(index, draft.event_id, refusal.reason, refusal.message))
                continue
            identity = draft.ids[0] if draft.ids else ("account", draft.account)
            part = partition_of(tenant, identity, self._partitions) if self._partitions > 1 else 0
            parts[part].append(NewRecord(f"{tenant}\0{identity[0]}:{identity[1]}".encode(), value))
        return shift


def too_large(size: int) -> Refusal:
    """Return why a touchpoint over the limit is refused."""
    return Refusal(Reason.TOO_LARGE, f"The event has {size} bytes as stored; {EVENT_BYTES} are the limit.")


def letter(submission: Submission, note: Note, shift: int) -> NewRecord:
    """Return the dead letter of one event, whole, with what its replay needs in the headers."""
    dead = DeadLetter(
        tenant=submission.tenant,
        source=submission.source,
        event_id=note.event_id,
        reason=note.code,
        error=note.message,
        stage="ingest",
        machine_at=machine_now(),
        body=submission.parcel.raw(note.index).decode(errors="replace"),
        door=submission.door,
    )
    headers = (
        ("ordinal", str(note.index)),
        ("shift", str(shift)),
        ("received_at", str(submission.received_at)),
    )
    return NewRecord(submission.tenant.encode(), encode(dead), headers)
