"""Dead letters read back from a log, each tenant its own; a page of them answers `GET /v1/dead-letters` everywhere."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.events import DeadLetter, decode_dead_letter
from shared.log.event_log import DEAD_LETTERS, EventLog, Record, Subscription
from shared.log.sql_subscription import head
from shared.times import rfc3339

SCAN = 1000  # records that are read at once


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and where it lies."""

    record: Record
    content: DeadLetter


def letters_held(db: sqlite3.Connection) -> int:
    """Return how many dead letters lie in the log tables of a service's own database."""
    begin, end = head(db, DEAD_LETTERS, 0)
    return end - begin


def letter_reader(log: EventLog) -> Subscription:
    """Return a reader of a log's dead letters, which the caller closes."""
    return log.subscribe(DEAD_LETTERS, "dead-letter-pages", lambda _: None, lambda _: None)


def letters_of(tenant: str, records: Iterable[Record]) -> Iterator[Letter]:
    """Yield those records that are a tenant's letters."""
    for record in records:
        try:
            content = decode_dead_letter(record.value)
        except msgspec.DecodeError:
            continue
        if content.tenant == tenant:
            yield Letter(record, content)


def letters_above(log: EventLog, tenant: str, after: int) -> Iterator[list[Letter]]:
    """Yield a tenant's letters above an offset, oldest first, as many at once as are read at once."""
    start = max(after + 1, log.begin(DEAD_LETTERS, 0))
    with closing(letter_reader(log)) as reader:
        reader.seek(0, min(start, log.end(DEAD_LETTERS, 0)))
        while records := reader.poll(0, SCAN):
            yield list(letters_of(tenant, records))


def dead_letter_page(log: EventLog, tenant: str, after: int, limit: int) -> dict[str, Any]:
    """Return a tenant's dead letters above offset `after`, oldest first; `next` is the `after` of the next page."""
    found: list[Letter] = []
    for letters in letters_above(log, tenant, after):
        found += letters
        if len(found) > limit:
            break
    page = [letter_answer(letter) for letter in found[:limit]]
    return {"dead_letters": page, "next": page[-1]["offset"] if len(found) > limit else None}


def letter_answer(letter: Letter, status: str = "waiting") -> dict[str, Any]:
    """Return one dead letter as the API shows it."""
    record, content = letter.record, letter.content
    return {
        "part": record.part,
        "offset": record.offset,
        "source": content.source,
        "event_id": content.event_id,
        "reason": content.reason,
        "error": content.error,
        "stage": content.stage,
        "at": rfc3339(content.machine_at),
        "body": content.body,
        "status": status,
    }
