"""Sending a file's events to ingest: in batches, again where ingest asks for it, never more than once in effect."""

import gzip
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from services.ingest.files.opening import Refusal
from services.ingest.files.read import EventFile
from shared.clear_error import ClearError
from shared.client import CannotReachError, said
from shared.clock import monotonic
from shared.words import counted
from waypost.commands.import_look import Look
from waypost.commands.import_progress import Progress
from waypost.commands.shown import Shown

MAX_EVENTS: Final = 500
MAX_BYTES: Final = 400_000  # before gzip; ingest takes 500 KB
PATIENCE_S: Final = 300.0  # machine seconds for one batch before the import gives up, to be continued
LONGEST_WAIT_S: Final = 30.0
AT_ONCE: Final = 3  # batches on their way: while one waits for the disk, the next is read
UNKNOWN_KEY: Final = 401
AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})

Rows = list[tuple[int, bytes]]  # (row number, event as JSON)


class CannotSendError(ClearError):
    """Raised when ingest refuses a batch for good, or does not take it in time. The text says what to do."""


class Asks(Protocol):
    """What sending needs of shared/client.py: any client with the same door."""

    def request(self, method: str, service: str, path: str, **more: Any) -> Any:  # noqa: ANN401 (httpx's own)
        """Ask a service."""
        ...

    def refusal(self, answer: Any, service: str, *, writes: bool = False) -> str:  # noqa: ANN401 (httpx's own)
        """Say why a service will not."""
        ...


@dataclass(slots=True)
class Sender:
    """Sends batches and counts what came of them."""

    client: Asks
    say: Callable[[str], None]
    wait: Callable[[float], object] | None = None
    stop: threading.Event = field(default_factory=threading.Event)  # set: whoever waits to try again gives up
    patience_s: float = PATIENCE_S
    sent: int = 0  # accepted, and durable
    refused: list[tuple[int, str]] = field(default_factory=list)  # (row, reason)
    remarks: Counter[str] = field(default_factory=Counter)  # what ingest had to say about events that it accepted

    def send(self, rows: Rows) -> dict[str, Any]:
        """Return ingest's answer to a batch, trying again where that may help. Raises CannotSendError."""
        body = gzip.compress(b"[" + b",".join(event for _, event in rows) + b"]", compresslevel=1)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        pause, deadline, told = 0.2, monotonic() + self.patience_s, False
        while True:
            asked: float | None = None
            try:
                answer = self.client.request("POST", "ingest", "/v1/touchpoints", content=body, headers=headers)
            except CannotReachError as error:
                reason = str(error)
            else:
                if answer.is_success:
                    found: dict[str, Any] = answer.json()
                    return found
                reason = f"ingest answers {answer.status_code}: {said(answer)}"
                if answer.status_code == UNKNOWN_KEY:
                    raise CannotSendError(self.client.refusal(answer, "ingest", writes=True))
                if answer.status_code not in AGAIN:
                    raise CannotSendError(reason)
                asked = _retry_after(answer.headers.get("Retry-After", ""))
            if self.stop.is_set() or monotonic() >= deadline:
                message = f"{reason}; given up after {self.patience_s:.0f} s: the same command continues later"
                raise CannotSendError(message)
            if not told:
                self.say(f"Trying again: {reason}")
                told = True
            (self.wait or self.stop.wait)(min(asked if asked is not None else pause, LONGEST_WAIT_S))
            pause = min(pause * 2, 10.0)

    def count(self, rows: Rows, answer: dict[str, Any]) -> None:
        """Count what ingest said of a batch."""
        self.sent += int(answer["accepted"])
        self.refused += [(rows[note["index"]][0], note["message"]) for note in answer["refused"]]
        self.remarks.update(note["message"] for note in answer["warnings"])


def send_all(file: EventFile, sender: Sender, progress: Progress, look: Look, shown: Shown) -> float:
    """Send every event that was not sent before; return the seconds taken. Raises FileError and CannotSendError."""
    began = monotonic()
    on_their_way: deque[tuple[Rows, Future[dict[str, Any]]]] = deque()
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        for rows in batches(file, look, progress.sent):
            on_their_way.append((rows, pool.submit(sender.send, rows)))
            if len(on_their_way) > AT_ONCE:
                _settle(on_their_way, sender, progress)
            shown.at(file.part(), f"{counted(progress.sent, 'event')} sent")
        while on_their_way:
            _settle(on_their_way, sender, progress)
    finally:
        sender.stop.set()
        pool.shutdown(cancel_futures=True)
        progress.close()
    return monotonic() - began


def _settle(on_their_way: deque[tuple[Rows, Future[dict[str, Any]]]], sender: Sender, progress: Progress) -> None:
    """Wait for the oldest batch: progress has no gaps."""
    rows, future = on_their_way.popleft()
    sender.count(rows, future.result())
    progress.reached(progress.sent + len(rows))


def batches(file: EventFile, look: Look, skip: int) -> Iterator[Rows]:
    """Yield the events of a file as batches, without the first `skip`. Raises FileError."""
    rows: Rows = []
    size = 0
    for row in file.events():
        look.add(row)
        if isinstance(row, Refusal):
            continue
        if look.events <= skip:
            continue
        event = msgspec.json.encode(row)
        if rows and (len(rows) >= MAX_EVENTS or size + len(event) + 1 > MAX_BYTES):
            yield rows
            rows, size = [], 0
        rows.append((_row(row.get("ordinal")), event))
        size += len(event) + 1
    if rows:
        yield rows


def _row(ordinal: object) -> int:
    return ordinal if isinstance(ordinal, int) else 0


def _retry_after(text: str) -> float | None:
    try:
        return max(float(text), 0.0)
    except ValueError:
        return None
