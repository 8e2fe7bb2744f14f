"""What the subscriptions of the embedded logs share: places, pauses, assignment, and the wait for the first record.

An embedded log has one member in each group, so a subscription has every partition of its topic.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from shared.clock import monotonic
from shared.log.event_log import Append, LogMismatchError, OnPartitions, Record


def check_partitions(appends: Sequence[Append], partitions: Callable[[str], int]) -> None:
    """Raise ValueError when records are for a partition that does not exist: no reader would ever see them."""
    for append in appends:
        if append.part and not 0 <= append.part < partitions(append.topic):
            message = f"{append.topic} has no partition {append.part}"
            raise ValueError(message)


class PlacedSubscription(ABC):
    """A reader of all partitions of a topic; what remains to be said is how to read and how to wait."""

    def __init__(self, topic: str, partitions: int, on_assigned: OnPartitions, on_revoked: OnPartitions) -> None:
        """Stand at no place yet: the first poll assigns."""
        self._topic = topic
        self._parts = tuple(range(partitions))
        self._places: dict[int, int] = {}
        self._paused: set[int] = set()
        self._turn = 0
        self._assigned = False
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked

    @abstractmethod
    def _range(self, part: int) -> tuple[int, int]:
        """Return (begin, end) of a partition."""

    @abstractmethod
    def _read(self, part: int, start: int, limit: int) -> list[Record]:
        """Return what stands from an offset on, without waiting; of bounded size."""

    @abstractmethod
    def _changed(self) -> bool:
        """Whether reading may give something; may say yes too often, never no too often."""

    @abstractmethod
    def _wait(self, seconds: float) -> None:
        """Wait for a change, at most so long; may return early."""

    def seek(self, part: int, offset: int) -> None:
        """Read on from an offset. Raises LogMismatchError outside [begin, end]."""
        self._check(part, offset)
        self._places[part] = offset
        self._look_again()

    def poll(self, timeout: float, limit: int = 2000) -> list[Record]:
        """Return the next records, waiting up to `timeout` seconds for the first."""
        if not self._assigned:
            self._on_assigned(self._parts)
            self._assigned = True
        deadline = monotonic() + timeout
        while True:
            records = self._next(limit) if self._changed() else []
            left = deadline - monotonic()
            if records or left <= 0:
                return records
            self._wait(left)

    def pause(self, part: int) -> None:
        """Leave a partition out of poll."""
        self._paused.add(part)

    def resume(self, part: int) -> None:
        """Take it in again."""
        self._paused.discard(part)
        self._look_again()

    def lag(self) -> dict[int, int]:
        """Return how many records each partition still holds for this reader."""
        return {part: self.end(part) - self._place(part) for part in self._parts}

    def end(self, part: int) -> int:
        """Return the offset that the next record of a partition will get."""
        return self._range(part)[1]

    def close(self) -> None:
        """Leave the group."""
        if self._assigned:
            self._assigned = False
            self._on_revoked(self._parts)

    @abstractmethod
    def _look_again(self) -> None:
        """Forget that there was nothing to read: a place or a pause changed."""

    def _place(self, part: int) -> int:
        place = self._places.get(part)
        return self._range(part)[0] if place is None else place

    def _next(self, limit: int) -> list[Record]:
        records: list[Record] = []
        count = len(self._parts)
        for step in range(count):  # a different first partition each time, so that none starves
            part = self._parts[(self._turn + step) % count]
            if part in self._paused or len(records) >= limit:
                continue
            place = self._place(part)
            found = self._read(part, place, limit - len(records))
            if not found or found[0].offset != place:
                self._check(part, place)
                continue
            self._places[part] = found[-1].offset + 1
            records += found
        self._turn = (self._turn + 1) % count
        return records

    def _check(self, part: int, offset: int) -> None:
        if part not in self._parts:
            message = f"{self._topic} has {len(self._parts)} partitions, and the reader asks for {part}"
            raise LogMismatchError(message)
        begin, end = self._range(part)
        if not begin <= offset <= end:
            message = (
                f"{self._topic}/{part} holds offsets {begin} to {end}, and the reader stands at {offset}: its records "
                "were trimmed, or the log was replaced. Restore the log that belongs to the reader's database, or "
                "reset that database and read again from the beginning."
            )
            raise LogMismatchError(message)
