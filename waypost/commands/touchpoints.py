"""Rows of a file as touchpoints, by the rules of the door that an import would go through, for replays."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from services.ingest.accept.submission import draft_all
from services.ingest.domain.parcel import read_touchpoints
from services.ingest.domain.refusal import Refusal
from services.ingest.domain.stamping import occurred_at
from services.ingest.domain.times import microseconds
from services.ingest.files.opening import Event
from shared.events import Touchpoint

TENANT: Final = "default"
SOURCE: Final = "file"
DOOR: Final = "/v1/touchpoints"
FAR: Final = round(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # a replay judges the future too


class UnfitError(Exception):
    """Raised when ingest would refuse a row; the message is its reason."""


def touchpoint_of(row: Event) -> Touchpoint:
    """Return a row as a touchpoint; it counts as received when it happened, unless it has `receivedAt`.

    Raises UnfitError.
    """
    submission = draft_all(TENANT, SOURCE, DOOR, read_touchpoints(msgspec.json.encode(row)))
    if submission.refused:
        raise UnfitError(submission.refused[0].message)
    draft = submission.touchpoints[0][1]
    received = row.get("receivedAt")
    try:
        at = occurred_at(draft.original_at, 0, FAR)
        came = microseconds(received) if isinstance(received, str) and received else at
    except Refusal as error:
        raise UnfitError(error.message) from error
    return msgspec.structs.replace(draft, occurred_at=at, received_at=came)
