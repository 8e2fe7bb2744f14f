"""The use case: dead letters go through their door again, with the event id, place and clock of the first time."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from services.ingest.accept.acceptor import Acceptor
from services.ingest.accept.submission import Replayed, Submission, draft_all
from services.ingest.domain.parcel import Parcel, read_again
from services.ingest.domain.refusal import Refusal
from services.ingest.domain.split import UnreadableError
from services.ingest.domain.wire import OwnEvent
from services.ingest.store.letters import Letters
from shared.log.dead_letters import Letter


class Replay(Struct, frozen=True, omit_defaults=True):
    """What became of one letter."""

    offset: int
    event_id: str
    accepted: bool
    code: str = ""
    message: str = ""


class Replayer:
    """Replays dead letters; those that are accepted wait no longer."""

    def __init__(self, acceptor: Acceptor, letters: Letters) -> None:
        """Replay letters through an acceptor."""
        self._acceptor = acceptor
        self._letters = letters

    async def replay(self, tenant: str, letters: Iterable[Letter]) -> list[Replay]:
        """Replay letters in one commit. Raises as the acceptor does: then all of them still wait."""
        tries = [(letter, again(letter)) for letter in letters]
        await asyncio.gather(*(self._acceptor.commit(tried) for _, tried in tries if isinstance(tried, Submission)))
        results = [outcome(letter, tried) for letter, tried in tries]
        accepted = [result.offset for result in results if result.accepted]
        if accepted:
            await asyncio.to_thread(self._letters.remember, tenant, accepted, "replayed")
        return results


def again(letter: Letter) -> Submission | UnreadableError:
    """Draft a letter as its door would, with what the first acceptance knew; what went wrong where it cannot be."""
    dead = letter.content
    try:
        parcel = read_again(dead.body.encode(), dead.door)
    except UnreadableError as error:
        return error
    _give_id(parcel, dead.event_id)
    first = first_time(letter)
    submission = draft_all(dead.tenant, dead.source, dead.door, parcel)
    submission.replayed = first
    submission.touchpoints = [
        (index, draft if _has_ordinal(parcel) else replace(draft, ordinal=first.ordinal))
        for index, draft in submission.touchpoints
    ]
    return submission


def first_time(letter: Letter) -> Replayed:
    """Return what a letter's headers keep of its first acceptance."""
    headers = dict(letter.record.headers)
    numbers = {"ordinal": 0, "shift": 0, "received_at": letter.record.machine_at}
    for name in numbers:
        with suppress(KeyError, ValueError):
            numbers[name] = int(headers[name])
    return Replayed(**numbers)


def _give_id(parcel: Parcel, event_id: str) -> None:
    for event in parcel.events:
        if event_id and not isinstance(event, Refusal) and not event.messageId:
            event.messageId = event_id


def _has_ordinal(parcel: Parcel) -> bool:
    [event] = parcel.events
    return type(event) is OwnEvent and event.ordinal is not None


def outcome(letter: Letter, tried: Submission | UnreadableError) -> Replay:
    """Return what became of one letter."""
    offset, event_id = letter.record.offset, letter.content.event_id
    if isinstance(tried, UnreadableError):
        return Replay(offset, event_id, accepted=False, code="bad_json", message=str(tried))
    if tried.letters:
        note = tried.letters[0]
        return Replay(offset, note.event_id or event_id, accepted=False, code=note.code, message=note.message)
    return Replay(offset, tried.touchpoints[0][1].event_id, accepted=True)
