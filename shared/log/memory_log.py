"""A log in memory: for tests and simulation in process. Durable only as long as the process."""

import threading
import uuid
from collections.abc import Mapping, Sequence

from msgspec import structs

from shared.clock import machine_now
from shared.log.event_log import Append, Change, OnPartitions, Record
from shared.log.places import PlacedSubscription, check_partitions


class _Part:
    def __init__(self) -> None:
        self.begin = 0
        self.records: list[Record] = []

    @property
    def end(self) -> int:
        return self.begin + len(self.records)


class MemoryLog:
    """An event log in memory, safe among threads."""

    def __init__(self, partitions: Mapping[str, int] | None = None) -> None:
        """Make an empty log; topics have one partition unless said otherwise."""
        self._log_id = uuid.uuid4().hex
        self._partitions = dict(partitions or {})
        self._parts: dict[tuple[str, int], _Part] = {}
        self.changed = threading.Condition()
        self.progress: dict[tuple[str, str, int], int] = {}

    @property
    def log_id(self) -> str:
        """Return the id that this log was born with."""
        return self._log_id

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append all; return the first offset of each. Raises ValueError for a partition that does not exist."""
        check_partitions(appends, self.partitions)
        with self.changed:
            firsts = [self._append(append) for append in appends]
            self.changed.notify_all()
        return firsts

    def _append(self, append: Append) -> int:
        part = self._part(append.topic, append.part)
        first, at = part.end, machine_now()
        part.records += [
            Record(append.topic, append.part, first + index, new.key, new.value, at, new.headers)
            for index, new in enumerate(append.records)
        ]
        return first

    def partitions(self, topic: str) -> int:
        """Return how many partitions a topic has."""
        return self._partitions.get(topic, 1)

    def begin(self, topic: str, part: int) -> int:
        """Return the least offset still kept."""
        return self._part(topic, part).begin

    def end(self, topic: str, part: int) -> int:
        """Return the offset that the next record will get."""
        return self._part(topic, part).end

    def read(self, topic: str, part: int, start: int, limit: int) -> list[Record]:
        """Return what stands from an offset on; nothing below `begin`."""
        with self.changed:
            held = self._part(topic, part)
            low = start - held.begin
            return held.records[low : low + limit] if low >= 0 else []

    def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: OnPartitions,
        on_revoked: OnPartitions,
    ) -> "MemorySubscription":
        """Join a group."""
        return MemorySubscription(self, topic, group, (on_assigned, on_revoked))

    def trim(self, topic: str, before_machine_at: int, below: Mapping[int, int] | None = None) -> int:
        """Drop the oldest records, those appended before a machine time; return how many."""
        dropped = 0
        with self.changed:
            for part in range(self.partitions(topic)):
                held = self._part(topic, part)
                stays = held.end if below is None else below.get(part, 0)
                cut = next(
                    (i for i, r in enumerate(held.records) if r.machine_at >= before_machine_at or r.offset >= stays),
                    None,
                )
                gone = len(held.records) if cut is None else cut
                held.begin += gone
                held.records = held.records[gone:]
                dropped += gone
        return dropped

    def scrub(self, topic: str, part: int, start: int, change: Change) -> int:
        """Put other content in the place of kept records; see the port."""
        with self.changed:
            held = self._part(topic, part)
            for index, record in enumerate(held.records):
                if record.offset >= start and (new := change(record)) is not None:
                    held.records[index] = structs.replace(record, key=new.key, value=new.value, headers=new.headers)
            return held.end

    def size(self) -> int:
        """Return the bytes of all keys and values kept."""
        with self.changed:
            return sum(len(r.key) + len(r.value) for part in self._parts.values() for r in part.records)

    def tidy(self) -> bool:
        """Return True: what was overwritten in memory is gone."""
        return True

    def close(self) -> None:
        """Nothing to release."""

    def _part(self, topic: str, part: int) -> _Part:
        return self._parts.setdefault((topic, part), _Part())


class MemorySubscription(PlacedSubscription):
    """A reader of a log in memory."""

    def __init__(self, log: MemoryLog, topic: str, group: str, listeners: tuple[OnPartitions, OnPartitions]) -> None:
        """Read all partitions of a topic."""
        super().__init__(topic, log.partitions(topic), *listeners)
        self._log = log
        self._group = group

    def report(self, part: int, offset: int) -> None:
        """Note how far the group has come."""
        self._log.progress[self._group, self._topic, part] = offset

    def _range(self, part: int) -> tuple[int, int]:
        return self._log.begin(self._topic, part), self._log.end(self._topic, part)

    def _read(self, part: int, start: int, limit: int) -> list[Record]:
        return self._log.read(self._topic, part, start, limit)

    def _changed(self) -> bool:
        return True

    def _look_again(self) -> None:
        """Nothing to forget: it always looks."""

    def _wait(self, seconds: float) -> None:
        with self._log.changed:
            if not any(self._log.end(self._topic, p) > self._place(p) for p in self._parts if p not in self._paused):
                self._log.changed.wait(seconds)
