"""Erasing the content of records: what every event log promises, checked on every implementation (log_kits.py)."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from shared.log.event_log import NOTHING, Append, Change, EventLog, NewRecord, Record, Subscription
from tests.contract.log_kits import KITS, Kit


@pytest.fixture(params=KITS)
def kit(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kit]:
    kit = KITS[request.param](tmp_path)
    yield kit
    kit.close()


@pytest.fixture
def log(kit: Kit) -> EventLog:
    return kit.open()


def records(*values: str) -> list[NewRecord]:
    return [NewRecord(b"k", value.encode()) for value in values]


def nothing(_: Sequence[int]) -> None:
    """Take the partitions as they come."""


def reader(log: EventLog, topic: str = "one") -> Subscription:
    return log.subscribe(topic, "readers", nothing, nothing)


def drain(subscription: Subscription) -> list[Record]:
    found: list[Record] = []
    while batch := subscription.poll(0):
        found += batch
    return found


def scrub_all(log: EventLog, topic: str, part: int, change: Change) -> None:
    start, rounds = 0, 0
    while (start := log.scrub(topic, part, start, change)) < log.end(topic, part):
        rounds += 1
        assert rounds < 1000


def without(text: str) -> Change:
    return lambda record: NOTHING if text.encode() in record.value else None


def test_scrubbed_records_keep_their_places_and_say_nothing(log: EventLog) -> None:
    log.append([Append("many", [*records("a", "secret"), NewRecord(b"secret", b"b", (("x", "y"),))], 1)])
    log.append([Append("many", records("secret", "c"), 1), Append("many", records("secret"), 2)])
    before = drain(reader(log, "many"))
    scrub_all(log, "many", 1, without("secret"))
    found = drain(reader(log, "many"))
    assert [(r.part, r.offset, r.machine_at) for r in found] == [(r.part, r.offset, r.machine_at) for r in before]
    assert [(r.scrubbed, r.key, r.value) for r in found if r.part == 1] == [
        (False, b"k", b"a"),
        (True, b"", b""),
        (False, b"secret", b"b"),
        (True, b"", b""),
        (False, b"k", b"c"),
    ]
    assert [r.headers for r in found if r.offset == 2] == [(("x", "y"),)]
    assert [r.value for r in found if r.part == 2] == [b"secret"]


def test_a_record_may_be_scrubbed_in_part(log: EventLog) -> None:
    log.append([Append("one", [NewRecord(b"k", b"tom and ann", (("kind", "t"),)), *records("tom")])])
    tom = lambda r: NewRecord(r.key, r.value.replace(b"tom", b"***"), r.headers) if b"tom" in r.value else None  # noqa: E731
    scrub_all(log, "one", 0, tom)
    assert [(r.value, r.headers) for r in drain(reader(log))] == [(b"*** and ann", (("kind", "t"),)), (b"***", ())]


def test_scrubbing_goes_on_where_it_stood_and_past_what_was_trimmed(log: EventLog) -> None:
    log.append([Append("one", records("a", "b"))])
    log.append([Append("one", records("c", "d"))])
    log.trim("one", drain(reader(log))[2].machine_at)
    end = log.end("one", 0)
    scrub_all(log, "one", 0, without("c"))
    assert [r.scrubbed for r in drain(reader(log))][-2:] == [True, False]
    assert log.scrub("one", 0, end, without("d")) == end
    assert log.scrub("unused", 0, 0, without("d")) == 0
    log.append([Append("one", records("d"))])
    assert log.scrub("one", 0, end, without("d")) == end + 1
    assert [r.scrubbed for r in drain(reader(log))][-3:] == [True, False, True]


def test_readers_and_writers_go_on_while_records_are_scrubbed(kit: Kit) -> None:
    """Whoever reads sees each record as it was or scrubbed, in place; whoever appends loses nothing."""
    log = kit.open()
    log.append(
        [Append("one", [NewRecord(b"k", f"{n} {'secret' if n % 7 == 0 else ''}".encode()) for n in range(5000)])]
    )
    seen: list[Record] = []

    def read() -> None:
        subscription = reader(kit.open())
        while len(seen) < 5200:
            seen.extend(subscription.poll(5, 50))

    def write() -> None:
        other = kit.open()
        for n in range(200):
            other.append([Append("one", records(str(5000 + n)))])

    _together([read, write, lambda: scrub_all(kit.open(), "one", 0, without("secret"))])
    assert [r.offset for r in seen] == list(range(5200))
    assert all(r.scrubbed or r.value.startswith(f"{r.offset}".encode()) for r in seen)
    left = drain(reader(log))
    assert [r.offset for r in left if r.scrubbed] == list(range(0, 5000, 7))
    assert b"secret" not in b"".join(r.value for r in left)
    assert len(left) == 5200


def _together(jobs: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=job, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_trimming_leaves_what_a_reader_has_not_read_whatever_its_age(log: EventLog) -> None:
    for _ in range(3):
        log.append([Append("many", records("a", "b"), part) for part in (0, 1)])
    assert log.trim("many", 1 << 62, {0: 3}) == 2 or log.begin("many", 0) == 3  # storage may keep a few more
    assert log.begin("many", 0) in {2, 3}
    assert log.begin("many", 1) == 0
    assert log.trim("many", 1 << 62, {0: 6, 1: 6}) in {9, 10}
    assert [log.begin("many", part) for part in (0, 1)] == [6, 6]
