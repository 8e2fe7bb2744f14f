"""The log port: how services hand records to each other.

One contract suite, tests/contract/test_event_log.py, binds every implementation.

Per topic and partition offsets start at 0, increase by one, and nothing ever appears below an offset already read.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from msgspec import Struct

TOUCHPOINTS = "touchpoints"
FACTS = "facts"
DEAD_LETTERS = "dead_letters"

Headers: TypeAlias = tuple[tuple[str, str], ...]
OnPartitions: TypeAlias = Callable[[Sequence[int]], None]
SCRUBBED: Headers = (("scrubbed", "1"),)  # the headers of a record whose content was erased


class NewRecord(Struct, frozen=True, gc=False):
    """A record to append: key and value are bytes, headers short texts."""

    key: bytes
    value: bytes
    headers: Headers = ()


class Record(Struct, frozen=True, gc=False):
    """A record as read. A struct, not a dataclass: a million of them a second are made."""

    topic: str
    part: int
    offset: int
    key: bytes
    value: bytes
    machine_at: int  # microseconds of machine time at which it was appended
    headers: Headers = ()

    @property
    def scrubbed(self) -> bool:
        """Whether its content was erased: only its place is left, and readers pass over it."""
        return self.headers == SCRUBBED


NOTHING = NewRecord(b"", b"", SCRUBBED)  # what stands in the place of a record that was erased
Change: TypeAlias = Callable[[Record], NewRecord | None]  # what shall stand in a record's place; None: itself


@dataclass(frozen=True, slots=True)
class Append:
    """Records for one partition of one topic."""

    topic: str
    records: Sequence[NewRecord]
    part: int = 0


class LogUnavailableError(Exception):
    """Raised when the log cannot take or give records now: disk full, file locked, broker away. Try again later."""


class LogMismatchError(Exception):
    """Raised when a stored offset is not of this log: other log_id, or outside [begin, end]. Says what to do."""


class Subscription(Protocol):
    """A reader of one topic, which keeps its place in memory; the durable offset is the reader's own affair."""

    def seek(self, part: int, offset: int) -> None:
        """Read on from an offset. Raises LogMismatchError outside [begin, end]."""

    def poll(self, timeout: float, limit: int = 2000) -> list[Record]:
        """Return the next records, waiting up to `timeout` seconds for the first. Holds no transaction then.

        Never more than `limit`; fewer where they are large. The first poll assigns: it calls `on_assigned`. Raises
        LogMismatchError when the place was trimmed away, LogUnavailableError when the log cannot be read now.
        """
        ...

    def report(self, part: int, offset: int) -> None:
        """Tell the log how far the group has come, for lag tools only."""

    def pause(self, part: int) -> None:
        """Leave a partition out of poll."""

    def resume(self, part: int) -> None:
        """Take it in again."""

    def lag(self) -> dict[int, int]:
        """Return how many records each assigned partition still holds for this reader."""

    def end(self, part: int) -> int:
        """Return the offset that the next record of a partition will get."""

    def close(self) -> None:
        """Leave the group."""


class EventLog(Protocol):
    """A durable, partitioned, append-only log."""

    @property
    def log_id(self) -> str:
        """Return the id that this log was born with."""
        ...

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append all or nothing; return the first offset of each, once durable. Raises LogUnavailableError."""

    def partitions(self, topic: str) -> int:
        """Return how many partitions a topic has."""

    def begin(self, topic: str, part: int) -> int:
        """Return the least offset still kept."""

    def end(self, topic: str, part: int) -> int:
        """Return the offset that the next record will get."""

    def subscribe(
        self,
        topic: str,
        group: str,
        on_assigned: OnPartitions,
        on_revoked: OnPartitions,
    ) -> Subscription:
        """Join a group. `on_assigned` gets the partitions, and must seek each that shall not start at `begin`.

        It is called inside the first poll (where the reader may seek), again if it raised, and whenever partitions
        move; `on_revoked` when they leave, at `close` too.
        """

    def trim(self, topic: str, before_machine_at: int, below: Mapping[int, int] | None = None) -> int:
        """Drop the oldest records, those appended before a machine time; return how many. `begin` moves.

        `below` says of each partition which offset stays whatever its age; one that it lacks keeps everything.
        """

    def scrub(self, topic: str, part: int, start: int, change: Change) -> int:
        """Put other content in the place of kept records, for erasure: offsets, order and times stay as they are.

        Looks at some records from an offset on, and returns the offset to go on from; the end: it has seen all.
        What `change` says of a record must not depend on how often it is asked. Raises LogUnavailableError.
        """
        ...

    def size(self) -> int:
        """Return the bytes that the kept records take, for back-pressure."""

    def close(self) -> None:
        """Release files and connections."""
