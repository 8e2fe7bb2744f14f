"""One append for all that wait; errors reach exactly those whom they concern."""

import asyncio
import threading
from collections.abc import Iterator, Sequence

import pytest

from shared.errors import TooBusyError
from shared.log.event_log import Append, LogUnavailableError, NewRecord
from shared.log.group_commit import Bounds, GroupCommitter
from shared.log.memory_log import MemoryLog

Item = dict[str, str]


class GatedLog(MemoryLog):
    """A log whose appends wait for a gate, so that a test can let a queue grow; it counts them, and fails on demand."""

    def __init__(self) -> None:
        """Start with an open gate."""
        super().__init__()
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.appended: list[int] = []
        self.failing: list[Exception] = []

    def append(self, appends: Sequence[Append]) -> list[int]:
        """Append once the gate is open."""
        self.entered.release()
        assert self.gate.wait(20)
        if self.failing:
            raise self.failing.pop()
        self.appended.append(sum(len(append.records) for append in appends))
        return super().append(appends)


def seal(items: Sequence[Item]) -> list[Append]:
    for item in items:
        if "wrong" in item:
            raise KeyError(item["wrong"])
        item["sealed"] = "yes"
    return [Append("one", [NewRecord(b"", item["value"].encode()) for item in items if item["value"]])]


@pytest.fixture
def log() -> GatedLog:
    return GatedLog()


@pytest.fixture
def committer(log: GatedLog) -> Iterator[GroupCommitter[Item]]:
    committer = GroupCommitter(log, seal, Bounds(items=100, size=1000))
    yield committer
    log.gate.set()
    committer.close()


def commit(committer: GroupCommitter[Item], item: Item, size: int = 0) -> None:
    """Hand in an item from an event loop of its own, and wait until it is durable."""

    async def run() -> None:
        await committer.submit(item, size)

    asyncio.run(run())


def stored(log: MemoryLog) -> list[str]:
    return [record.value.decode() for record in log.read("one", 0, 0, 10_000)]


def items(*values: str) -> list[Item]:
    return [{"value": value} for value in values]


async def behind_the_gate(
    log: GatedLog, committer: GroupCommitter[Item], waiting: Sequence[Item]
) -> list["asyncio.Future[None]"]:
    """Submit while an earlier append holds the committer, so that all of `waiting` fall into one group."""
    log.gate.clear()
    first = committer.submit({"value": "first"})
    await asyncio.to_thread(log.entered.acquire)
    futures = [committer.submit(item) for item in waiting]
    log.gate.set()
    await first
    return futures


async def outcomes(futures: Sequence["asyncio.Future[None]"]) -> list[BaseException | None]:
    return await asyncio.gather(*futures, return_exceptions=True)


def test_a_single_item_is_durable_when_its_future_is_done(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    async def run() -> None:
        item = {"value": "a"}
        await committer.submit(item)
        assert item["sealed"] == "yes"
        assert stored(log) == ["a"]

    asyncio.run(run())


def test_all_that_wait_share_one_append_in_the_order_of_submission(
    log: GatedLog, committer: GroupCommitter[Item]
) -> None:
    async def run() -> None:
        await asyncio.gather(*await behind_the_gate(log, committer, items(*map(str, range(50)))))

    asyncio.run(run())
    assert stored(log) == ["first", *map(str, range(50))]
    assert log.appended == [1, 50]


def test_nothing_is_answered_before_the_append_returned(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    async def run() -> None:
        log.gate.clear()
        future = committer.submit({"value": "a"})
        await asyncio.to_thread(log.entered.acquire)
        await asyncio.sleep(0.02)
        assert not future.done()
        assert committer.waiting() == (1, 0)
        log.gate.set()
        await future
        assert committer.waiting() == (0, 0)

    asyncio.run(run())


def test_an_item_that_cannot_be_sealed_fails_alone(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    waiting: list[Item] = [{"value": "a"}, {"value": "b", "wrong": "no such place"}, {"value": "c"}]

    async def run() -> list[BaseException | None]:
        return await outcomes(await behind_the_gate(log, committer, waiting))

    good, bad, also_good = asyncio.run(run())
    assert (good, also_good) == (None, None)
    assert isinstance(bad, KeyError)
    assert stored(log) == ["first", "a", "c"]
    assert log.appended == [1, 2]


def test_a_lone_item_that_cannot_be_sealed_fails_and_appends_nothing(
    log: GatedLog, committer: GroupCommitter[Item]
) -> None:
    with pytest.raises(KeyError):
        commit(committer, {"value": "a", "wrong": "x"})
    assert log.appended == []


def test_an_append_that_fails_fails_its_group_and_no_other(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    async def run() -> list[BaseException | None]:
        group = await behind_the_gate(log, committer, [])
        log.failing.append(LogUnavailableError("disk full"))
        group = await behind_the_gate_failing(log, committer)
        results = await outcomes(group)
        await committer.submit({"value": "after"})
        return results

    async def behind_the_gate_failing(log: GatedLog, committer: GroupCommitter[Item]) -> list["asyncio.Future[None]"]:
        log.gate.clear()
        futures = [committer.submit(item) for item in items("x")]
        await asyncio.to_thread(log.entered.acquire)
        late = committer.submit({"value": "late"})
        log.gate.set()
        return [*futures, late]

    failed, late = asyncio.run(run())
    assert isinstance(failed, LogUnavailableError)
    assert late is None
    assert stored(log) == ["first", "late", "after"]


def test_any_other_failure_reaches_the_waiting_and_the_committer_lives_on(
    log: GatedLog, committer: GroupCommitter[Item]
) -> None:
    log.failing.append(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        commit(committer, {"value": "a"})
    commit(committer, {"value": "b"})
    assert stored(log) == ["b"]


def test_items_of_which_nothing_is_to_be_stored_are_answered_without_an_append(
    log: GatedLog, committer: GroupCommitter[Item]
) -> None:
    commit(committer, {"value": ""})
    assert log.end("one", 0) == 0


@pytest.mark.parametrize(("count", "size"), [(99, 1), (9, 100)])
def test_a_full_queue_refuses_with_429_and_takes_again_when_drained(
    log: GatedLog, committer: GroupCommitter[Item], count: int, size: int
) -> None:
    async def run() -> None:
        log.gate.clear()
        futures = [committer.submit({"value": "a"}, size)]
        await asyncio.to_thread(log.entered.acquire)
        futures += [committer.submit({"value": "b"}, size) for _ in range(count)]
        with pytest.raises(TooBusyError) as refused:
            committer.submit({"value": "c"}, size)
        assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
        log.gate.set()
        await asyncio.gather(*futures)
        await committer.submit({"value": "d"}, size)

    asyncio.run(run())
    assert stored(log) == ["a", *["b"] * count, "d"]


def test_one_item_larger_than_the_whole_bound_passes_alone(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    commit(committer, {"value": "a"}, size=5000)
    assert stored(log) == ["a"]


def test_a_cancelled_request_disturbs_no_other(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    async def run() -> None:
        first, second = await behind_the_gate(log, committer, items("a", "b"))
        first.cancel()
        await second

    asyncio.run(run())
    assert stored(log) == ["first", "a", "b"]


def test_a_loop_that_ended_disturbs_no_other(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    async def leave() -> None:
        log.gate.clear()
        committer.submit({"value": "a"})

    asyncio.run(leave())
    log.gate.set()
    commit(committer, {"value": "b"})
    assert stored(log) == ["a", "b"]


def test_the_loops_of_several_threads_may_wait(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    threads = [threading.Thread(target=lambda n=n: commit(committer, {"value": str(n)}), daemon=True) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(stored(log)) == [str(n) for n in range(8)]


def test_close_stores_what_waits_and_refuses_what_comes(log: GatedLog, committer: GroupCommitter[Item]) -> None:
    async def run() -> None:
        futures = await behind_the_gate(log, committer, items("a", "b"))
        await asyncio.to_thread(committer.close)
        assert await outcomes(futures) == [None, None]
        with pytest.raises(LogUnavailableError, match="stopping"):
            committer.submit({"value": "c"})
        committer.close()

    asyncio.run(run())
    assert stored(log) == ["first", "a", "b"]
