"""What every event log promises, checked on every implementation (log_kits.py)."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from shared.log.event_log import Append, EventLog, LogMismatchError, NewRecord, Record, Subscription
from tests.contract.log_kits import KITS, Kit, SqliteKit


@pytest.fixture(params=KITS)
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    kit = KITS[request.param](tmp_path)
    yield kit
    kit.close()


@pytest.fixture
def log(kit: Kit) -> EventLog:
    return kit.open()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteKit]:
    kit = SqliteKit(tmp_path)
    yield kit
    kit.close()


def records(*values: str, key: bytes = b"k") -> list[NewRecord]:
    return [NewRecord(key, value.encode()) for value in values]


def nothing(_: Sequence[int]) -> None:
    """Take the partitions as they come."""


def reader(log: EventLog, topic: str = "one") -> Subscription:
    return log.subscribe(topic, "readers", nothing, nothing)


def drain(subscription: Subscription, limit: int = 2000) -> list[Record]:
    found: list[Record] = []
    while batch := subscription.poll(0, limit):
        found += batch
    return found


def values(found: Sequence[Record]) -> list[str]:
    return [record.value.decode() for record in found]


def test_records_come_back_in_order_and_whole(log: EventLog) -> None:
    assert log.append([Append("one", records("a", "b"))]) == [0]
    assert log.append([Append("one", [NewRecord(b"\x00\xff", b"c", (("tenant", "acme"), ("kind", "ü")))])]) == [2]
    first, second, third = drain(reader(log))
    assert (first.topic, first.part, first.offset, first.key, first.value) == ("one", 0, 0, b"k", b"a")
    assert (second.offset, second.value, second.headers) == (1, b"b", ())
    assert (third.offset, third.key, third.headers) == (2, b"\x00\xff", (("tenant", "acme"), ("kind", "ü")))
    assert first.machine_at <= third.machine_at
    assert first.machine_at > 1_600_000_000_000_000


def test_headers_stay_with_their_record_in_a_mixed_append(log: EventLog) -> None:
    mixed = [NewRecord(b"", b"a"), NewRecord(b"", b"b", (("x", "y"),)), NewRecord(b"", b"c")]
    log.append([Append("one", mixed)])
    assert [record.headers for record in drain(reader(log))] == [(), (("x", "y"),), ()]


@pytest.mark.parametrize("size", [0, 1, 300_000, 1_000_000])
def test_values_may_be_empty_or_large(log: EventLog, size: int) -> None:
    sent = [NewRecord(bytes([n]), bytes([n]) * size) for n in range(3)]
    log.append([Append("one", sent)])
    found = drain(reader(log))
    assert [(r.offset, r.key, r.value) for r in found] == [(n, r.key, r.value) for n, r in enumerate(sent)]


def test_offsets_are_dense_for_each_topic_and_partition(log: EventLog) -> None:
    for _ in range(3):
        assert len(log.append([Append("many", records("a", "b"), part) for part in (0, 2)])) == 2
    log.append([Append("one", records("c"))])
    found = drain(reader(log, "many"))
    assert sorted((r.part, r.offset) for r in found) == [(part, n) for part in (0, 2) for n in range(6)]
    assert [log.end("many", part) for part in range(3)] == [6, 0, 6]
    assert (log.begin("many", 0), log.end("one", 0), log.end("unused", 0)) == (0, 1, 0)


def test_appends_of_one_call_to_one_partition_follow_each_other(log: EventLog) -> None:
    given = [Append("one", records("a", "b")), Append("one", []), Append("one", records("c"))]
    assert log.append(given) == [0, 2, 2]
    assert values(drain(reader(log))) == ["a", "b", "c"]


def test_an_append_of_nothing_adds_nothing(log: EventLog) -> None:
    assert log.append([]) == []
    assert log.append([Append("one", [])]) == [0]
    assert log.end("one", 0) == 0


def test_an_append_with_a_wrong_partition_adds_nothing_at_all(log: EventLog) -> None:
    with pytest.raises(ValueError, match="many has no partition 3"):
        log.append([Append("one", records("a")), Append("many", records("b"), 3)])
    assert log.end("one", 0) == 0


def test_an_append_that_fails_midway_adds_nothing_at_all(sqlite: SqliteKit) -> None:
    log = sqlite.open()
    broken = NewRecord(b"", 7)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        log.append([Append("one", records("a")), Append("many", [*records("b"), broken], 1), Append("two", [])])
    assert (log.end("one", 0), log.end("many", 1)) == (0, 0)
    assert log.append([Append("one", records("c"))]) == [0]
    assert values(drain(reader(log))) == ["c"]


@pytest.mark.parametrize("limit", [1, 3, 999, 2000, 10_000])
def test_a_limit_bounds_what_a_poll_returns_and_loses_nothing(log: EventLog, limit: int) -> None:
    sent = [str(n) for n in range(2500 if limit > 10 else 25)]
    for start in range(0, len(sent), 1100):
        log.append([Append("one", records(*sent[start : start + 1100]))])
    subscription = reader(log)
    found: list[str] = []
    while batch := subscription.poll(0, limit):
        assert len(batch) <= limit
        found += values(batch)
    assert found == sent


def test_reading_may_start_at_any_offset(log: EventLog) -> None:
    log.append([Append("one", records(*map(str, range(10))))])
    log.append([Append("one", records(*map(str, range(10, 15))))])
    subscription = reader(log)
    for start in range(16):
        subscription.seek(0, start)
        assert values(drain(subscription)) == [str(n) for n in range(start, 15)]


def test_no_partition_starves_another(log: EventLog) -> None:
    log.append([Append("many", records(*["x"] * 50), part) for part in range(3)])
    subscription = reader(log, "many")
    assert {record.part for _ in range(3) for record in subscription.poll(0, 10)} == {0, 1, 2}


@pytest.mark.parametrize("offset", [-1, 3, 2**40])
def test_an_offset_outside_the_log_is_refused_with_advice(log: EventLog, offset: int) -> None:
    log.append([Append("one", records("a", "b"))])
    with pytest.raises(LogMismatchError, match=r"holds offsets 0 to 2.*stands at.*Restore the log"):
        reader(log).seek(0, offset)


def test_a_partition_that_does_not_exist_is_refused(log: EventLog) -> None:
    with pytest.raises(LogMismatchError, match="one has 1 partitions"):
        reader(log).seek(1, 0)


def test_the_end_may_be_sought(log: EventLog) -> None:
    log.append([Append("one", records("a"))])
    subscription = reader(log)
    subscription.seek(0, 1)
    assert subscription.poll(0) == []
    log.append([Append("one", records("b"))])
    assert values(drain(subscription)) == ["b"]


def test_the_first_poll_assigns_and_its_listener_may_seek(log: EventLog) -> None:
    log.append([Append("many", records("a", "b"), part) for part in range(3)])
    heard: list[tuple[str, tuple[int, ...]]] = []

    def assigned(parts: Sequence[int]) -> None:
        heard.append(("assigned", tuple(parts)))
        subscription.seek(1, 1)

    subscription = log.subscribe("many", "g", assigned, lambda parts: heard.append(("revoked", tuple(parts))))
    assert heard == []
    found = drain(subscription)
    assert sorted((r.part, r.offset) for r in found) == [(0, 0), (0, 1), (1, 1), (2, 0), (2, 1)]
    subscription.close()
    assert heard == [("assigned", (0, 1, 2)), ("revoked", (0, 1, 2))]


def test_a_listener_that_raises_is_asked_again_before_anything_is_read(log: EventLog) -> None:
    log.append([Append("one", records("a", "b"))])
    calls: list[int] = []

    def assigned(_: Sequence[int]) -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError
        subscription.seek(0, 1)

    subscription = log.subscribe("one", "g", assigned, nothing)
    with pytest.raises(ConnectionError):
        subscription.poll(0)
    assert values(drain(subscription)) == ["b"]


def test_lag_counts_what_is_still_to_be_read(log: EventLog) -> None:
    log.append([Append("many", records("a", "b", "c"), 0), Append("many", records("d"), 2)])
    subscription = reader(log, "many")
    assert subscription.lag() == {0: 3, 1: 0, 2: 1}
    subscription.poll(0, 2)
    subscription.report(0, 2)
    assert sum(subscription.lag().values()) == 2
    drain(subscription)
    assert subscription.lag() == {0: 0, 1: 0, 2: 0}
    assert subscription.end(0) == 3


def test_a_paused_partition_rests_until_resumed(log: EventLog) -> None:
    subscription = reader(log, "many")
    subscription.pause(1)
    log.append([Append("many", records("a"), 0), Append("many", records("b"), 1)])
    assert values(drain(subscription)) == ["a"]
    subscription.resume(1)
    assert values(drain(subscription)) == ["b"]


def test_groups_read_independently(log: EventLog) -> None:
    log.append([Append("one", records("a", "b"))])
    first, second = reader(log), log.subscribe("one", "others", nothing, nothing)
    assert values(first.poll(0, 1)) == ["a"]
    assert values(drain(second)) == ["a", "b"]
    assert values(drain(first)) == ["b"]


def test_poll_waits_for_the_first_record(kit: Kit) -> None:
    log, writer = kit.open(), kit.open()
    subscription = reader(log)
    assert subscription.poll(0.05) == []
    later = threading.Timer(0.1, lambda: writer.append([Append("one", records("a"))]))
    later.start()
    assert values(subscription.poll(30)) == ["a"]
    later.join()


def test_a_log_keeps_its_id_and_no_other_has_it(kit: Kit) -> None:
    log = kit.open()
    born = log.log_id
    assert born
    assert kit.another().log_id != born
    log.close()
    assert kit.open().log_id == born


def test_a_log_keeps_its_records_when_reopened(kit: Kit) -> None:
    log = kit.open()
    log.append([Append("many", records("a", "b"), 2)])
    log.close()
    again = kit.open()
    assert values(drain(reader(again, "many"))) == ["a", "b"]
    assert again.append([Append("many", records("c"), 2)]) == [2]


def trimmed(log: EventLog) -> None:
    """Leave offsets 2 and 3 of 0 to 3."""
    log.append([Append("one", records("a", "b"))])
    log.append([Append("one", records("c", "d"))])
    while (found := drain(reader(log)))[-1].machine_at == found[0].machine_at:  # one microsecond for all
        log.append([Append("one", records("e"))])
    assert log.trim("one", found[2].machine_at) == 2


def test_trim_drops_the_oldest_and_moves_the_beginning(log: EventLog) -> None:
    trimmed(log)
    assert (log.begin("one", 0), log.end("one", 0)) == (2, 4)
    assert values(drain(reader(log))) == ["c", "d"]
    assert log.append([Append("one", records("e"))]) == [4]
    assert log.trim("one", 0) == 0


def test_a_place_that_was_trimmed_away_is_reported_not_skipped(log: EventLog) -> None:
    subscription = reader(log)
    subscription.seek(0, 0)
    trimmed(log)
    with pytest.raises(LogMismatchError, match="holds offsets 2 to 4, and the reader stands at 0"):
        subscription.poll(0)


def test_all_may_be_trimmed_and_offsets_go_on(log: EventLog) -> None:
    log.append([Append("many", records("a"), part) for part in range(3)])
    assert log.trim("many", 2**60) == 3
    assert drain(reader(log, "many")) == []
    assert log.append([Append("many", records("b"), 1)]) == [1]
    assert values(drain(reader(log, "many"))) == ["b"]


def test_size_grows_with_records_and_shrinks_when_trimmed(log: EventLog) -> None:
    before = log.size()
    for _ in range(20):
        log.append([Append("one", [NewRecord(b"", b"x" * 100_000)])])
    full = log.size()
    assert full - before >= 2_000_000
    log.trim("one", 2**60)
    assert log.append([Append("one", records("a"))]) == [20]
    assert log.size() < full


def test_concurrent_writers_and_readers_see_one_dense_order(kit: Kit) -> None:
    def write(name: int) -> None:
        log = kit.open()
        for number in range(60):
            log.append([Append("one", records(f"{name}:{number}:a", f"{name}:{number}:b"))])

    def read(into: list[Record]) -> None:
        subscription = reader(kit.open())
        while len(into) < 4 * 60 * 2:
            into += subscription.poll(5, random.Random(len(into)).randint(1, 50))

    seen: list[list[Record]] = [[], []]
    _together([*(lambda n=n: write(n) for n in range(4)), *(lambda into=into: read(into) for into in seen)])
    for found in seen:
        _assert_all_in_order(found, {str(n): 60 for n in range(4)})


def _together(jobs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def _assert_all_in_order(found: Sequence[Record], writers: dict[str, int]) -> None:
    assert [record.offset for record in found] == list(range(len(found)))
    for name, count in writers.items():
        own = [text for text in values(found) if text.startswith(f"{name}:") and not text.endswith(":b")]
        assert [int(text.split(":")[1]) for text in own] == list(range(count))


def test_writers_in_several_processes_share_one_order_that_readers_never_see_change(sqlite: SqliteKit) -> None:
    """Nothing appears below an offset already read: the live reader saw all that is there afterwards."""
    writers = [sqlite.writer(name, 150) for name in ("p", "q", "r")]
    live = reader(sqlite.open(), "shared")
    seen: list[Record] = []
    while len(seen) < 3 * 150 * 2:
        batch = live.poll(20, 100)
        assert batch, "no record for 20 seconds"
        seen += batch
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert seen == drain(reader(sqlite.open(), "shared"))
    _assert_all_in_order([seen[n] for n in range(len(seen))], {"p": 150, "q": 150, "r": 150})


@pytest.mark.parametrize("acknowledged", [1, 40, 90])
def test_what_was_acknowledged_outlives_kill_9_and_nothing_is_half_there(sqlite: SqliteKit, acknowledged: int) -> None:
    writer = sqlite.writer("p", 100_000)
    assert writer.stdout is not None
    told = [writer.stdout.readline().strip() for _ in range(acknowledged)]
    writer.kill()
    told += writer.communicate()[0].split()
    log = sqlite.open()
    found, echo = drain(reader(log, "shared")), drain(reader(log, "echo"))
    stored = values(found)[::2]
    assert stored[: len(told)] == told
    assert len(stored) - len(told) <= 1  # the one that was committed and not yet told
    assert values(echo) == stored
    assert log.append([Append("shared", records("next"))]) == [len(found)]
