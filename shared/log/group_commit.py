"""Group commit: many requests hand in their items and wait; one append, one fsync, makes all that wait durable.

One thread takes whatever is queued, seals it, appends it, and wakes each event loop once for the whole group. Nothing
is held back to fill a group: an idle committer appends a single item at once, and the longer an append takes, the
larger the next group grows.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from shared.errors import TooBusyError
from shared.log.event_log import Append, EventLog, LogUnavailableError

Item = TypeVar("Item")
Seal: TypeAlias = Callable[[Sequence[Item]], Sequence[Append]]

GROUP_BYTES = 8 * 1024 * 1024
GROUP_ITEMS = 2000


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item]):
    item: Item
    size: int
    future: "asyncio.Future[None]"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may wait for the log before submit raises TooBusyError."""

    items: int = 10_000
    size: int = 128 * 1024 * 1024


class GroupCommitter(Generic[Item]):
    """Appends what many submit, group by group, in the order of submission.

    `seal` turns the items of a group into appends; only the committer's thread calls it, group after group, so stamps
    that it gives never fall. It may write into the items what the submitters shall know. When it raises, it is called
    again for each item alone: only an item that raises then fails, with that error. So `seal` must overwrite, not add
    to, what it writes into an item.
    """

    def __init__(self, log: EventLog, seal: Seal[Item], bounds: Bounds = Bounds()) -> None:
        """Start the committer's thread."""
        self._log = log
        self._seal = seal
        self._bounds = bounds
        self._queue: SimpleQueue[_Waiting[Item] | None] = SimpleQueue()
        self._lock = threading.Lock()  # guards the counts and `closed`, so that nothing enters after the end mark
        self._items = self._bytes = 0
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, item: Item, size: int = 0) -> "asyncio.Future[None]":
        """Hand in an item from an event loop; the future is done once it is durable. `size` counts its bytes.

        Raises TooBusyError at once when too much waits already, LogUnavailableError after close. The future raises
        LogUnavailableError when the append of the item's group failed, or what `seal` raised for this item.
        """
        future = asyncio.get_running_loop().create_future()
        self._enter(_Waiting(item, size, future))
        return future

    def waiting(self) -> tuple[int, int]:
        """Return (items, bytes) that are not durable yet."""
        return self._items, self._bytes

    def close(self) -> None:
        """Append what waits, then stop; later submissions raise LogUnavailableError. The log stays open."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _enter(self, entry: _Waiting[Item]) -> None:
        with self._lock:
            if self._closed:
                message = "the service is stopping"
                raise LogUnavailableError(message)
            if self._items and (self._items >= self._bounds.items or self._bytes + entry.size > self._bounds.size):
                message = "Too much waits to be stored. Send it again in a second."
                raise TooBusyError(message, retry_after_s=1)
            self._items += 1
            self._bytes += entry.size
            self._queue.put(entry)

    def _run(self) -> None:
        while True:
            group, ended = self._take()
            if group:
                self._commit(group)
            if ended:
                return

    def _take(self) -> tuple[list[_Waiting[Item]], bool]:
        group: list[_Waiting[Item]] = []
        size = 0
        entry = self._queue.get()
        while entry is not None:
            group.append(entry)
            size += entry.size
            if size >= GROUP_BYTES or len(group) >= GROUP_ITEMS:
                return group, False
            try:
                entry = self._queue.get_nowait()
            except Empty:
                return group, False
        return group, True

    def _commit(self, group: list[_Waiting[Item]]) -> None:
        errors: dict[int, Exception] = {}
        try:
            appends = self._sealed(group, errors)
            if appends:
                self._log.append(appends)
        except Exception as error:  # noqa: BLE001 (each waiting request gets it; the thread must live on)
            errors = {index: errors.get(index, error) for index in range(len(group))}
        with self._lock:
            self._items -= len(group)
            self._bytes -= sum(entry.size for entry in group)
        _settle((entry, errors.get(index)) for index, entry in enumerate(group))

    def _sealed(self, group: list[_Waiting[Item]], errors: dict[int, Exception]) -> Sequence[Append]:
        try:
            return self._seal([entry.item for entry in group])
        except Exception as error:  # noqa: BLE001 (it belongs to one of the items: ask for each alone)
            if len(group) == 1:
                errors[0] = error
                return []
        appends: list[Append] = []
        for index, entry in enumerate(group):
            try:
                appends += self._seal([entry.item])
            except Exception as error:  # noqa: BLE001 (handed to the one who submitted the item)
                errors[index] = error
        return appends


def _settle(outcomes: Iterable[tuple[_Waiting[Item], Exception | None]]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], Exception | None]]] = {}
    for entry, error in outcomes:
        loops.setdefault(entry.future.get_loop(), []).append((entry.future, error))
    for loop, futures in loops.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits there any more
            loop.call_soon_threadsafe(_finish, futures)


def _finish(futures: list[tuple["asyncio.Future[None]", Exception | None]]) -> None:
    for future, error in futures:
        if future.done():  # the request may have been cancelled
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
