"""One request on its way to the log: what was drafted, what was refused, and what sealing found."""

from dataclasses import dataclass, field

from services.ingest.domain.draft import UNREAD, Drafter, Request
from services.ingest.domain.parcel import Parcel
from services.ingest.domain.refusal import Note, Refusal
from services.ingest.domain.values import message_id
from services.ingest.domain.wire import OWN_TYPES, SEGMENT_TYPES
from shared.auth import new_key
from shared.events import Touchpoint


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a dead letter keeps of its first acceptance, so that a replay stamps as that would have."""

    ordinal: int
    shift: int  # microseconds by which the client's clock was behind
    received_at: int


@dataclass(slots=True)
class Submission:
    """The touchpoints of one request. `late` and `received_at` are written by the sealer."""

    tenant: str
    source: str
    door: str
    parcel: Parcel
    touchpoints: list[tuple[int, Touchpoint]] = field(default_factory=list)  # with their place in the request
    refused: list[Note] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    replayed: Replayed | None = None
    late: list[Note] = field(default_factory=list)  # refused by their stamp or their size
    received_at: int = 0

    @property
    def letters(self) -> list[Note]:
        """Everything that was refused, in order; valid once sealed."""
        return sorted(self.refused + self.late, key=lambda note: note.index) if self.late else self.refused

    @property
    def accepted(self) -> int:
        """How many touchpoints are stored; valid once durable."""
        return len(self.touchpoints) - len(self.late)


def fresh_id() -> str:
    """Return a random event id."""
    return new_key("r")


def draft_all(tenant: str, source: str, door: str, parcel: Parcel) -> Submission:
    """Draft every event of a request; those that cannot be accepted are noted as refused.

    Raises UnreadableError where the bytes of one are wanted and cannot be told from the others'.
    """
    submission = Submission(tenant, source, door, parcel)
    types = OWN_TYPES if parcel.own else SEGMENT_TYPES
    drafter = Drafter(Request(tenant, source, parcel, types, parcel.careful), fresh_id)
    said, around = parcel.said()
    for index, event in enumerate(parcel.events):
        if isinstance(event, Refusal):
            event_id = message_id(parcel.raw(index))
            submission.refused.append(Note(index, event_id, event.reason, event.message))
            continue
        try:
            draft = drafter.draft(event, index, said[index] if said else UNREAD, around[index] if around else UNREAD)
            submission.touchpoints.append((index, draft))
        except Refusal as refusal:
            submission.refused.append(Note(index, drafter.event_id, refusal.reason, refusal.message))
    submission.notes = drafter.notes
    if submission.refused:
        parcel.raw(submission.refused[0].index)  # once stored as letters it is too late to say that they cannot be cut
    return submission
