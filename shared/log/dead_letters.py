"""Pages of dead letters: the answer of every service's `GET /v1/dead-letters`."""

from contextlib import closing
from typing import Any

import msgspec

from shared.events import DeadLetter, decode_dead_letter
from shared.log.event_log import DEAD_LETTERS, EventLog, Record
from shared.times import rfc3339

SCAN = 1000


def dead_letter_page(log: EventLog, tenant: str, after: int, limit: int) -> dict[str, Any]:
    """Return a tenant's dead letters above offset `after`, oldest first; `next` is the `after` of the next page."""
    found: list[dict[str, Any]] = []
    offset = max(after + 1, log.begin(DEAD_LETTERS, 0))
    with closing(log.subscribe(DEAD_LETTERS, "dead-letter-pages", lambda _: None, lambda _: None)) as reader:
        reader.seek(0, min(offset, log.end(DEAD_LETTERS, 0)))
        while len(found) <= limit and (records := reader.poll(0, SCAN)):
            found += [letter_answer(r, letter) for r in records if (letter := _of(r, tenant)) is not None]
    page = found[:limit]
    return {"dead_letters": page, "next": page[-1]["offset"] if len(found) > limit else None}


def _of(record: Record, tenant: str) -> DeadLetter | None:
    try:
        letter = decode_dead_letter(record.value)
    except msgspec.DecodeError:
        return None
    return letter if letter.tenant == tenant else None


def letter_answer(record: Record, letter: DeadLetter, status: str = "waiting") -> dict[str, Any]:
    """Return one dead letter as the API shows it."""
    return {
        "part": record.part,
        "offset": record.offset,
        "source": letter.source,
        "event_id": letter.event_id,
        "reason": letter.reason,
        "error": letter.error,
        "stage": letter.stage,
        "at": rfc3339(letter.machine_at),
        "body": letter.body,
        "status": status,
    }
