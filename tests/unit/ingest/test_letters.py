"""The last stamp that the log holds, over all its partitions."""

from services.ingest.store.letters import last_received
from shared.events import Touchpoint, encode
from shared.log.event_log import TOUCHPOINTS, Append, NewRecord
from shared.log.memory_log import MemoryLog


def record(received_at: int) -> NewRecord:
    touchpoint = Touchpoint(1, "t", "web", str(received_at), "track", [("user", "u")], 0, received_at, received_at)
    return NewRecord(b"", encode(touchpoint))


def test_an_empty_log_holds_none() -> None:
    assert last_received(MemoryLog()) == 0
    assert last_received(MemoryLog({TOUCHPOINTS: 3})) == 0


def test_the_greatest_of_the_last_of_each_partition_counts() -> None:
    log = MemoryLog({TOUCHPOINTS: 3})
    log.append([Append(TOUCHPOINTS, [record(5), record(9)], 0), Append(TOUCHPOINTS, [record(7)], 2)])

    assert last_received(log) == 9


def test_what_was_trimmed_counts_no_longer() -> None:
    log = MemoryLog()
    log.append([Append(TOUCHPOINTS, [record(5)])])
    log.trim(TOUCHPOINTS, 1 << 62)

    assert last_received(log) == 0
