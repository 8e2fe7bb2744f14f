"""What only the SQL log has: outboxes inside a caller's transaction, failing disks, segments, progress."""

import resource
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from migrations.run import upgrade
from shared.database import connect, transaction
from shared.log import segments
from shared.log.event_log import Append, LogUnavailableError, NewRecord, Record
from shared.log.sql_log import SqlLog, append_in


def nothing(_: Sequence[int]) -> None:
    """Take the partitions as they come."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "log.db"
    upgrade("log", path)
    return path


@pytest.fixture
def log(path: Path) -> Iterator[SqlLog]:
    log = SqlLog(path, busy_s=0.05)
    yield log
    log.close()


def one(value: str, size: int = 0) -> list[Append]:
    return [Append("one", [NewRecord(b"k", value.encode() + b"." * size)])]


def everything(log: SqlLog, topic: str = "one") -> list[Record]:
    subscription = log.subscribe(topic, "g", nothing, nothing)
    found: list[Record] = []
    while batch := subscription.poll(0):
        found += batch
    subscription.close()
    return found


@contextmanager
def no_room_on_disk() -> Iterator[None]:
    """Let every write beyond the first page of a file fail, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [10, 100_000])
def test_a_full_disk_is_an_error_to_retry_and_the_log_recovers(log: SqlLog, size: int) -> None:
    log.append(one("before"))
    for _ in range(3):
        with no_room_on_disk(), pytest.raises(LogUnavailableError, match=r"log\.db does not work"):
            log.append(one("lost", size))
    assert log.append(one("after")) == [1]
    assert [record.value for record in everything(log)] == [b"before", b"after"]


def test_a_locked_file_is_an_error_to_retry_and_the_log_recovers(log: SqlLog, path: Path) -> None:
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailableError, match="locked"):
        log.append(one("lost"))
    other.execute("ROLLBACK")
    assert log.append(one("after")) == [0]
    other.close()


def test_a_damaged_file_is_reported_by_readers_and_writers(log: SqlLog, path: Path) -> None:
    subscription = log.subscribe("one", "g", nothing, nothing)
    log.close()
    path.write_bytes(b"no database at all" * 1000)
    with pytest.raises(LogUnavailableError, match="not a database"):
        log.append(one("lost"))
    with pytest.raises(LogUnavailableError, match="not a database"):
        subscription.poll(0)


def test_a_missing_file_is_never_made_in_silence(tmp_path: Path) -> None:
    with pytest.raises(LogUnavailableError, match="waypost migrate"):
        SqlLog(tmp_path / "log.db")
    assert list(tmp_path.iterdir()) == []


def test_a_file_without_log_tables_is_refused(tmp_path: Path) -> None:
    connect(tmp_path / "log.db").close()
    with pytest.raises(LogUnavailableError, match="no such table"):
        SqlLog(tmp_path / "log.db")


def test_an_outbox_commits_with_its_transaction(log: SqlLog, path: Path) -> None:
    connection = connect(path)
    with transaction(connection):
        assert append_in(connection, one("a"), 7) == [0]
        assert append_in(connection, [*one("b"), Append("two", [])], 8) == [1, 0]
        assert everything(log) == []
    assert [(record.value, record.machine_at) for record in everything(log)] == [(b"a", 7), (b"b", 8)]
    connection.close()


def test_an_outbox_rolls_back_with_its_transaction_and_leaves_no_gap(log: SqlLog, path: Path) -> None:
    connection = connect(path)

    def fail() -> None:
        with transaction(connection):
            append_in(connection, one("lost"), 7)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        fail()
    assert not connection.in_transaction
    with transaction(connection):
        assert append_in(connection, one("a"), 8) == [0]
    assert [record.value for record in everything(log)] == [b"a"]
    connection.close()


def test_a_commit_that_fails_leaves_no_open_transaction(path: Path) -> None:
    connection = connect(path, busy_s=0.05)
    connection.execute("INSERT INTO log_heads VALUES ('one', 0, 0, 1)")
    with pytest.raises(sqlite3.OperationalError), no_room_on_disk(), transaction(connection):
        connection.execute("UPDATE log_heads SET next = 2")
    assert not connection.in_transaction
    assert connection.execute("SELECT next FROM log_heads").fetchall() == [(1,)]
    connection.close()


def test_readers_hold_no_transaction_between_polls(log: SqlLog, path: Path) -> None:
    log.append(one("a"))
    subscription = log.subscribe("one", "g", nothing, nothing)
    assert len(subscription.poll(0)) == 1
    assert subscription.poll(0.01) == []
    log.append(one("b"))
    checkpointer = connect(path)
    busy, in_wal, moved = checkpointer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert (busy, in_wal, moved) == (0, 0, 0)
    assert len(subscription.poll(0)) == 1
    checkpointer.close()
    subscription.close()


def test_one_poll_reads_a_bounded_number_of_bytes(log: SqlLog) -> None:
    for _ in range(3):
        log.append([Append("one", [NewRecord(b"", b"x" * 1_000_000)] * 20)])
    subscription = log.subscribe("one", "g", nothing, nothing)
    sizes = []
    while batch := subscription.poll(0):
        sizes.append(len(batch))
    assert sum(sizes) == 60
    assert 32 < max(sizes) < 36
    subscription.close()


def test_partitions_that_hold_records_count_even_when_not_set(log: SqlLog, path: Path) -> None:
    wide = SqlLog(path, {"one": 4})
    wide.append([Append("one", [NewRecord(b"", b"a")], 3)])
    wide.close()
    assert log.partitions("one") == 4
    assert [record.part for record in everything(log)] == [3]


def test_progress_lies_beside_the_log_and_only_informs(log: SqlLog, tmp_path: Path) -> None:
    assert log.progress("one") == {}
    first, second = (log.subscribe("one", group, nothing, nothing) for group in ("journey", "audit"))
    first.report(0, 5)
    first.report(0, 7)
    second.report(0, 2)
    assert log.progress("one") == {("journey", 0): 7, ("audit", 0): 2}
    assert log.progress("two") == {}
    with no_room_on_disk():
        first.report(0, 9)
    assert (tmp_path / "log-progress.db").exists()


def test_trim_works_through_more_segments_than_one_transaction_takes(log: SqlLog, path: Path) -> None:
    connection = connect(path)
    with transaction(connection):
        for at in range(1200):
            append_in(connection, one("a"), at)
    assert log.trim("one", 1100) == 1100
    assert (log.begin("one", 0), log.end("one", 0)) == (1100, 1200)
    connection.close()


CUTS = [
    ([10] * 5, [5]),
    ([10] * segments.SEGMENT_RECORDS, [segments.SEGMENT_RECORDS]),
    ([10] * (segments.SEGMENT_RECORDS + 1), [segments.SEGMENT_RECORDS, 1]),
    ([segments.SEGMENT_BYTES - 1], [1]),
    ([segments.SEGMENT_BYTES - 1, 1], [1, 1]),
    ([segments.SEGMENT_BYTES * 3, 1, 1, segments.SEGMENT_BYTES * 2], [1, 2, 1]),
    ([segments.SEGMENT_BYTES // 2 - 1] * 5, [2, 2, 1]),
    ([], []),
]


@pytest.mark.parametrize(("sizes", "expected"), CUTS)
def test_segments_stay_within_both_bounds(sizes: list[int], expected: list[int]) -> None:
    records = [NewRecord(b"k", bytes(size)) for size in sizes]
    cut = list(segments.split(records))
    assert [len(part) for part in cut] == expected
    assert [record for part in cut for record in part] == records


def test_the_body_of_a_segment_keeps_its_bytes() -> None:
    """Segments are stored for years: [keys, values, headers] in msgpack."""
    plain = [NewRecord(b"k", b"{}"), NewRecord(b"", b"")]
    assert segments.pack(plain).hex() == "9392c4016bc40092c4027b7dc40090"
    headed = [NewRecord(b"k", b"{}", (("a", "b"),))]
    assert segments.pack(headed).hex() == "9391c4016b91c4027b7d919192a161a162"
    for records in (plain, headed):
        found = segments.unpack("one", 2, (5, 77, segments.pack(records)), 5, 10)
        assert [(r.topic, r.part, r.offset, r.machine_at) for r in found] == [
            ("one", 2, 5 + n, 77) for n in range(len(records))
        ]
        assert [NewRecord(r.key, r.value, r.headers) for r in found] == records
