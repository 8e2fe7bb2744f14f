"""The last stamp that the log holds, over all its partitions."""

import pytest

from services.ingest.accept.sealer import Sealer
from services.ingest.accept.submission import Submission
from services.ingest.domain.parcel import Parcel
from services.ingest.store.letters import last_received
from shared.clock import SteppedClock
from shared.events import Touchpoint, encode
from shared.log.event_log import NOTHING, TOUCHPOINTS, Append, NewRecord
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


@pytest.mark.parametrize(
    ("stamps", "scrubbed", "last"),
    [([5, 7, 9], {2}, 7), ([5, 7, 9], {1}, 9), ([5, 7, 9], {0, 1, 2}, 0), ([*range(1, 3001)], {*range(40, 3000)}, 40)],
    ids=["the last", "another", "all", "a long end"],
)
def test_where_the_last_was_scrubbed_the_one_before_counts(stamps: list[int], scrubbed: set[int], last: int) -> None:
    log = MemoryLog({TOUCHPOINTS: 2})
    log.append([Append(TOUCHPOINTS, [record(stamp) for stamp in stamps], 1)])
    log.scrub(TOUCHPOINTS, 1, 0, lambda found: NOTHING if found.offset in scrubbed else None)

    assert last_received(log) == last


def test_received_at_does_not_fall_when_the_clock_does_and_the_last_was_scrubbed() -> None:
    log = MemoryLog()
    log.append([Append(TOUCHPOINTS, [record(5000), record(9000)])])
    log.scrub(TOUCHPOINTS, 0, 1, lambda _: NOTHING)
    sealer = Sealer(SteppedClock(1000), 1, last_received(log))
    submission = Submission("t", "web", "/v1/track", Parcel(b"", [], list), [])

    sealer([submission])

    assert submission.received_at == 5000


def test_what_was_trimmed_counts_no_longer() -> None:
    log = MemoryLog()
    log.append([Append(TOUCHPOINTS, [record(5)])])
    log.trim(TOUCHPOINTS, 1 << 62)

    assert last_received(log) == 0
