"""What ingest reads back from its log: dead letters with what became of them, its last stamp, its oldest record."""

from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

from services.ingest.store.backlog import Backlog, Waiting
from services.ingest.store.replays import Fate, ReplayStore
from shared.events import decode_touchpoint
from shared.log.dead_letters import Letter, letter_answer, letter_reader, letters_above, letters_of
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, EventLog, Record, Subscription

WAIT_S = 10.0  # for the last record of a partition, which is there
WAITING = "waiting"
Status = Literal["waiting", "replayed", "dismissed", "all"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters: of a status, and of a reason or a source where they are given."""

    status: Status = "waiting"
    reason: str = ""
    source: str = ""

    def takes(self, letter: Letter, fate: str) -> bool:
        """Say whether a letter is meant."""
        return (
            self.status in ("all", fate)
            and self.reason in ("", letter.content.reason)
            and self.source in ("", letter.content.source)
        )


class Letters:
    """The dead letters of the log, each tenant seeing its own; those done with are remembered in ingest.db."""

    def __init__(self, log: EventLog, replays: ReplayStore) -> None:
        """Read a log."""
        self._log = log
        self._replays = replays
        self._backlog = Backlog(log, replays)

    def page(self, tenant: str, after: int, limit: int, choice: Choice) -> dict[str, Any]:
        """Return a tenant's dead letters above offset `after`, oldest first; `next` is the `after` of the next page."""
        found = self.some(tenant, after, limit + 1, choice)
        done = self._replays.of(self._log.log_id, [letter.record.offset for letter in found])
        page = [letter_answer(letter, done.get(letter.record.offset, WAITING)) for letter in found[:limit]]
        return {"dead_letters": page, "next": page[-1]["offset"] if len(found) > limit else None}

    def some(self, tenant: str, after: int, limit: int, choice: Choice) -> list[Letter]:
        """Return up to `limit` letters of a tenant and a choice above an offset."""
        found: list[Letter] = []
        for letters in letters_above(self._log, tenant, after):
            done = self._replays.of(self._log.log_id, [letter.record.offset for letter in letters])
            found += [each for each in letters if choice.takes(each, done.get(each.record.offset, WAITING))]
            if len(found) >= limit:
                break
        return found[:limit]

    def waiting(self, tenant: str) -> list[Waiting]:
        """Return the letters that wait, counted by reason and source, the most first."""
        return self._backlog.of(tenant)

    def count(self, tenants: Callable[[], Iterable[str]]) -> int:
        """Return how many letters of all tenants wait."""
        return sum(found.count for tenant in tenants() for found in self.waiting(tenant))

    def at(self, tenant: str, offsets: Iterable[int]) -> dict[int, Letter]:
        """Return a tenant's letters by offset; those that are gone or another's are missing."""
        wanted = sorted(set(offsets))
        begin, end = self._log.begin(DEAD_LETTERS, 0), self._log.end(DEAD_LETTERS, 0)
        found: dict[int, Letter] = {}
        with closing(letter_reader(self._log)) as reader:
            for offset in wanted:
                if begin <= offset < end:
                    reader.seek(0, offset)
                    found |= {letter.record.offset: letter for letter in letters_of(tenant, reader.poll(0, 1))}
        return found

    def remember(self, tenant: str, offsets: Collection[int], fate: Fate) -> None:
        """Note that letters wait no longer."""
        self._replays.add(self._log.log_id, tenant, offsets, fate)
        self._backlog.done(tenant, offsets)


def last_received(log: EventLog) -> int:
    """Return the greatest received_at that the log holds, so that it never falls over a restart; 0: it holds none.

    It never falls within a partition, so it is the last record's, or that of the last one that was not scrubbed.
    """
    last = 0
    with closing(log.subscribe(TOUCHPOINTS, "ingest", lambda _: None, lambda _: None)) as reader:
        for part in range(log.partitions(TOUCHPOINTS)):
            reader.pause(part)
        for part in range(log.partitions(TOUCHPOINTS)):
            reader.resume(part)
            last = max(last, _last_in(reader, part, log.begin(TOUCHPOINTS, part), log.end(TOUCHPOINTS, part)))
            reader.pause(part)
    return last


def _last_in(reader: Subscription, part: int, begin: int, end: int) -> int:
    step = 1
    while end > begin:
        start = max(begin, end - step)
        reader.seek(part, start)
        left = end - start
        found: list[Record] = []
        while left and (more := reader.poll(WAIT_S, left)):
            left -= len(more)
            found += [record for record in more if not record.scrubbed]
        if found:
            return decode_touchpoint(found[-1].value).received_at
        end, step = start, step * 2
    return 0


def oldest_at(log: EventLog) -> int | None:
    """Return when the oldest touchpoint that the log still holds was appended, by the machine; None: it holds none."""
    found: list[int] = []
    with closing(log.subscribe(TOUCHPOINTS, "ingest", lambda _: None, lambda _: None)) as reader:
        for part in range(log.partitions(TOUCHPOINTS)):
            begin = log.begin(TOUCHPOINTS, part)
            if begin < log.end(TOUCHPOINTS, part):
                reader.seek(part, begin)
                found += [record.machine_at for record in reader.poll(0, 1)]
                reader.pause(part)
    return min(found, default=None)
