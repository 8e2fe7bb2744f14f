"""Which dead letters wait, counted by reason and source: kept in memory, brought up to date by what is new.

A tenant may have a million of them, and a page that shows the counts must not read them all each time: 16 bytes a
letter stay in memory, and a question reads only what came since the last one.
"""

import threading
from array import array
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import dataclass, field

from services.ingest.store.replays import ReplayStore
from shared.log.dead_letters import Letter, letters_above
from shared.log.event_log import DEAD_LETTERS, EventLog


@dataclass(frozen=True, slots=True)
class Waiting:
    """The letters of one reason and source that wait; times are machine microseconds, the newest is the example."""

    reason: str
    source: str
    count: int
    first_at: int
    last_at: int
    offset: int
    error: str


@dataclass(slots=True)
class _Group:
    reason: str
    source: str
    error: str = ""
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    times: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, letter: Letter) -> None:
        """Take in a letter, the newest so far."""
        self.error = letter.content.error
        self.offsets.append(letter.record.offset)
        self.times.append(letter.content.machine_at)

    def keep_from(self, begin: int) -> None:
        """Forget letters that left the log."""
        gone = bisect_left(self.offsets, begin)
        del self.offsets[:gone], self.times[:gone]

    def drop(self, offsets: Collection[int]) -> None:
        """Forget letters that wait no longer."""
        kept = [n for n, offset in enumerate(self.offsets) if offset not in offsets]
        self.offsets = array("q", [self.offsets[n] for n in kept])
        self.times = array("q", [self.times[n] for n in kept])

    def shown(self) -> Waiting:
        """Return what is said of a group that has letters."""
        first, last = min(self.times), max(self.times)
        return Waiting(self.reason, self.source, len(self.offsets), first, last, self.offsets[-1], self.error)


@dataclass(slots=True)
class _Tally:
    after: int = -1  # the last offset that was looked at
    groups: dict[tuple[str, str], _Group] = field(default_factory=dict)


class Backlog:
    """The letters that wait, of each tenant. Safe among threads."""

    def __init__(self, log: EventLog, replays: ReplayStore) -> None:
        """Count the letters of a log, without those that a store says are done with."""
        self._log = log
        self._replays = replays
        self._lock = threading.Lock()
        self._tallies: dict[str, _Tally] = {}

    def of(self, tenant: str) -> list[Waiting]:
        """Return what waits of a tenant, the most first. Raises LogUnavailableError."""
        with self._lock:
            tally = self._tallies.setdefault(tenant, _Tally())
            end = self._log.end(DEAD_LETTERS, 0)
            for letters in letters_above(self._log, tenant, tally.after):
                self._add(tally, letters)
            tally.after = max(tally.after, end - 1)
            begin = self._log.begin(DEAD_LETTERS, 0)
            for group in tally.groups.values():
                group.keep_from(begin)
            found = [group.shown() for group in tally.groups.values() if group.offsets]
        return sorted(found, key=lambda waiting: (-waiting.count, waiting.reason, waiting.source))

    def done(self, tenant: str, offsets: Collection[int]) -> None:
        """Forget letters that were replayed or dismissed."""
        chosen = frozenset(offsets)
        with self._lock:
            for group in self._tallies.get(tenant, _Tally()).groups.values():
                group.drop(chosen)

    def _add(self, tally: _Tally, letters: list[Letter]) -> None:
        done = self._replays.of(self._log.log_id, [letter.record.offset for letter in letters])
        for letter in letters:
            tally.after = max(tally.after, letter.record.offset)
            if letter.record.offset not in done:
                place = (letter.content.reason, letter.content.source)
                group = tally.groups.get(place)
                if group is None:
                    group = tally.groups[place] = _Group(*place)
                group.add(letter)
