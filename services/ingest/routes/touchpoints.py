"""Our own door, POST /v1/touchpoints: one event, a list, or one a line, with a result for each."""

from functools import partial

from fastapi import FastAPI
from msgspec import Struct

from services.ingest.accept.acceptor import Acceptor, remarks
from services.ingest.accept.submission import Submission
from services.ingest.domain.parcel import read_touchpoints
from services.ingest.domain.refusal import Note
from services.ingest.routes.door import Door, Write
from shared.auth import KeyRing

BODY_BYTES = 5 * 1024 * 1024
EVENTS = 5000


class Result(Struct, frozen=True, omit_defaults=True):
    """What became of one event."""

    index: int
    event_id: str
    accepted: bool
    code: str = ""
    message: str = ""


class Results(Struct, frozen=True):
    """What became of all events of a request: durable, all of it."""

    success: bool
    accepted: int
    refused: list[Note]
    warnings: list[Note]
    results: list[Result]


def results(submission: Submission) -> Results:
    """Return what the client learns, event by event."""
    letters = submission.letters
    wrong = {note.index: note for note in letters}
    each = [Result(n.index, n.event_id, accepted=False, code=n.code, message=n.message) for n in letters]
    each += [
        Result(index, touchpoint.event_id, accepted=True)
        for index, touchpoint in submission.touchpoints
        if index not in wrong
    ]
    each.sort(key=lambda result: result.index)
    return Results(
        success=True, accepted=submission.accepted, refused=letters, warnings=remarks(submission), results=each
    )


TOUCHPOINTS = Door("/v1/touchpoints", partial(read_touchpoints, most=EVENTS), results, BODY_BYTES, EVENTS, keyed=False)


def add_touchpoint_route(app: FastAPI, acceptor: Acceptor, keys: KeyRing) -> None:
    """Add the door to a service."""
    app.add_route("/v1/touchpoints", Write(TOUCHPOINTS, acceptor, keys), ["POST", "OPTIONS"])  # type: ignore[arg-type]
