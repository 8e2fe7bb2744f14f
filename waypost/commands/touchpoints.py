"""Rows of a file as touchpoints, by the rules of the door that an import would go through, for replays."""

from datetime import UTC, datetime
from typing import Final

import msgspec

from services.ingest.domain.draft import Drafter
from services.ingest.domain.refusal import Refusal
from services.ingest.domain.stamping import occurred_at
from services.ingest.domain.times import microseconds
from services.ingest.domain.wire import read_own
from services.ingest.files.opening import Event
from shared.events import Touchpoint

TENANT: Final = "default"
SOURCE: Final = "file"
FAR: Final = round(datetime(2200, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000  # a replay judges the future too


class UnfitError(Exception):
    """Raised when ingest would refuse a row; the message is its reason."""


class Stamp:
    """Drafts touchpoints as ingest does. A row counts as received when it happened, unless it has `receivedAt`."""

    def __init__(self) -> None:
        """Begin; every row brings its own id."""
        self._drafter = Drafter(TENANT, SOURCE, careful=True, fresh_id=lambda: "")

    def touchpoint(self, row: Event) -> Touchpoint:
        """Return a row as a touchpoint. Raises UnfitError."""
        data = msgspec.json.encode(row)
        received = row.get("receivedAt")
        try:
            draft = self._drafter.draft(read_own(data), 0, lambda _: data)
            at = occurred_at(draft.original_at, 0, FAR)
            came = microseconds(received) if isinstance(received, str) and received else at
        except Refusal as error:
            raise UnfitError(error.message) from error
        except msgspec.ValidationError as error:
            raise UnfitError(str(error)) from error
        self._drafter.notes.clear()
        return msgspec.structs.replace(draft, occurred_at=at, received_at=came)
