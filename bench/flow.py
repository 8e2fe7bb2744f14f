"""From an HTTP request to the committed journey, all services running, the load generator on the same two cores."""

import sqlite3
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from bench.crowd import MAP, START, crowd, sent_bytes, stored_bytes, token
from bench.load import Order, finish_load, put_load, start_load
from bench.measure import Measure, ratio, rounds, scaled, scratch
from bench.naive import NaiveConsumer
from bench.running import Running, running
from shared.clock import machine_now
from shared.database import connect
from shared.log.event_log import TOUCHPOINTS
from shared.log.sql_log import SqlLog

SEED = 30000
CUSTOMERS = 1000
BATCH, SMALL = 100, 10  # touchpoints a request under full load, and under the light one
LIGHT = 0.15  # of the maximum


class Requests:
    """Bodies of POST /v1/touchpoints that never repeat: the same crowd under ever new names."""

    def __init__(self, folder: Path) -> None:
        """Simulate the crowd."""
        touches = crowd(CUSTOMERS, SEED, START).sent
        self._folder = folder
        self._events = sent_bytes(touches)
        self.stored = stored_bytes(touches)
        self._copies = 0
        self._left: list[bytes] = []

    def put(self, name: str, touchpoints: int, size: int) -> tuple[str, int]:
        """Write a file of bodies; return its path and the number of bodies."""
        while len(self._left) < touchpoints:
            self._copies += 1
            new = token(SEED + self._copies).encode()
            self._left += [event.replace(token(SEED).encode(), new) for event in self._events]
        taken, self._left = self._left[:touchpoints], self._left[touchpoints:]
        bodies = [b"[" + b",".join(taken[n : n + size]) + b"]" for n in range(0, len(taken), size)]
        path = self._folder / name
        path.write_bytes(msgspec.msgpack.encode(bodies))
        return str(path), len(bodies)


class Watch:
    """Sees in the database itself how far journeys are committed."""

    def __init__(self, folder: Path) -> None:
        """Watch the journey database of a folder."""
        self._folder = folder
        self.seen: list[tuple[float, int]] = []  # (machine seconds, next offset), when it changed

    def consumed(self, connection: sqlite3.Connection) -> int:
        """Return the next offset."""
        found: int = connection.execute("SELECT coalesce(sum(next), 0) FROM offsets").fetchone()[0]
        return found

    def wait(self, end: int, patience: float = 600.0) -> float:
        """Wait until everything below an offset is committed; return when."""
        began = time.perf_counter()
        with closing(connect(self._folder / "journey.db", read_only=True)) as connection:
            while self.consumed(connection) < end:
                time.sleep(0.005)
                if time.perf_counter() - began > patience:
                    message = f"after {patience} s the journey service is at {self.consumed(connection)} of {end}"
                    raise RuntimeError(message)
        return time.perf_counter()

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note every change of the next offset while the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._note, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _note(self, stop: threading.Event) -> None:
        last = -1
        with closing(connect(self._folder / "journey.db", read_only=True)) as connection:
            while not stop.wait(0.001):
                found = self.consumed(connection)
                if found != last:
                    self.seen.append((machine_now() / 1e6, found))
                    last = found


def _end(folder: Path) -> int:
    with closing(SqlLog(folder / "log.db")) as log:
        return log.end(TOUCHPOINTS, 0)


def _burst(system: Running, requests: Requests, touchpoints: int) -> float:
    """Send as fast as ingest answers; return touchpoints a second until all journeys are committed."""
    path, count = requests.put("burst", touchpoints, BATCH)
    before = _end(system.folder)
    order = Order(system.servers["ingest"].port, "/v1/touchpoints", path, 4, 0.0, system.keys.write, requests=count)
    began = time.perf_counter()
    put_load(order)
    return touchpoints / (Watch(system.folder).wait(before + touchpoints) - began)


def _light(system: Running, requests: Requests, rate: float, seconds: float) -> list[float]:
    """Send at a steady rate; return the milliseconds from each touchpoint's append to its committed journey."""
    path, count = requests.put("light", max(SMALL, int(rate * seconds)), SMALL)
    port, first = system.servers["ingest"].port, _end(system.folder)
    order = Order(port, "/v1/touchpoints", path, 8, 0.0, system.keys.write, rate=rate / SMALL, requests=count)
    watch = Watch(system.folder)
    with watch.noting():
        finish_load(start_load(order))
        end = _end(system.folder)
        watch.wait(end)
        time.sleep(0.05)
    return _latencies(system.folder, first, end, watch.seen)


def _latencies(folder: Path, first: int, end: int, seen: list[tuple[float, int]]) -> list[float]:
    with (
        closing(SqlLog(folder / "log.db")) as log,
        closing(log.subscribe(TOUCHPOINTS, "bench", _take, _take)) as reader,
    ):
        reader.seek(0, first)
        found: list[float] = []
        changes = iter(seen)
        at, visible = next(changes)
        while first < end:
            for record in reader.poll(0.0):
                while visible <= record.offset:
                    at, visible = next(changes)
                found.append((at - record.machine_at / 1e6) * 1e3)
                first = record.offset + 1
    return found


def _take(_: object) -> None:
    """Take every partition."""


def measure() -> list[Measure]:
    """Measure throughput from end to end next to the naive consumer, then latency under a light load."""
    with scratch("flow") as folder, running(folder, ["ingest", "journey", "alerts"]) as system:
        system.publish(MAP, "onboarding")
        requests = Requests(folder)
        naive = NaiveConsumer(folder / "naive.db", requests.stored)
        _burst(system, requests, scaled(10_000, 1000))  # warm
        ours, theirs = [], []
        for _ in range(rounds()):
            ours.append(_burst(system, requests, scaled(30_000, 3000)))
            theirs.append(naive.run(2.0))
        naive.close()
        most = statistics.median(ours)
        latencies = sorted(_light(system, requests, most * LIGHT, max(3.0, scaled(20))))
    return [
        Measure("end to end / naive ORM per touchpoint (SQLite)", ratio(ours, theirs), ">= 20"),
        Measure("  end to end: touchpoints/s", most),
        Measure("  naive ORM: touchpoints/s", statistics.median(theirs)),
        Measure(
            "p99 accepted -> journey visible at 15 % of the maximum load, ms (SQLite)",
            latencies[int(len(latencies) * 0.99)],
            "<= 300",
        ),
        Measure("  p50, ms", statistics.median(latencies)),
        Measure("  load: touchpoints/s", most * LIGHT),
    ]
