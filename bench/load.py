"""A load generator in a process of its own: keep-alive connections, one request in flight on each.

Started as `python -m bench.load`; reads an Order as JSON on its standard input and prints a Outcome as JSON.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections import deque
from pathlib import Path
from typing import cast

import msgspec
import uvloop

PATIENCE_S = 600  # a load that hangs ends with an error


class Order(msgspec.Struct):
    """What to send. `rate`: requests a second over all connections; 0: as fast as they are answered."""

    port: int
    path: str
    bodies: str  # a file with a msgpack list of bodies
    connections: int
    seconds: float
    key: str = ""
    rate: float = 0.0
    requests: int = 0  # stop after so many; 0: after `seconds`


class Outcome(msgspec.Struct):
    """What came of it; times in machine seconds. `wrong` is the first answer that was not 200."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float
    wrong: str = ""

    @property
    def rate(self) -> float:
        """Return answered requests a second."""
        return self.requests / self.seconds


class _Load:
    def __init__(self, order: Order) -> None:
        bodies = msgspec.msgpack.decode(Path(order.bodies).read_bytes(), type=list[bytes])
        head = (
            f"POST {order.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {order.key}\r\nContent-Length: "
        )
        self.order = order
        self.wires = deque(f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies)
        self.latencies: list[float] = []
        self.wrong = ""
        self.began = self.ended = time.perf_counter()
        self.sent = self.closed = 0
        self.done = asyncio.Event()

    def due(self) -> float:
        """Return the seconds until the next request may go; 0 at once, negative never."""
        now = time.perf_counter()
        over = self.sent >= self.order.requests if self.order.requests else now - self.began >= self.order.seconds
        if over or self.wrong:
            return -1.0
        return max(0.0, self.began + self.sent / self.order.rate - now) if self.order.rate else 0.0

    def next(self) -> bytes:
        """Return the next request."""
        self.sent += 1
        self.wires.rotate(-1)
        return self.wires[0]

    def answered(self, took: float) -> None:
        """Note an answer."""
        self.latencies.append(took)
        self.ended = time.perf_counter()

    def hung_up(self) -> None:
        """Note the end of a connection; after the last all is done."""
        self.closed += 1
        if self.closed == self.order.connections:
            self.done.set()


class _Connection(asyncio.Protocol):
    def __init__(self, load: _Load) -> None:
        self.load = load
        self.buffer = b""
        self.began = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        """Send the next request when it is due, or hang up."""
        assert self.transport is not None  # noqa: S101 (for the type)
        wait = self.load.due()
        if wait < 0:
            self.transport.close()
        elif wait > 0:
            asyncio.get_running_loop().call_later(wait, self.send)
        else:
            self.began = time.perf_counter()
            self.transport.write(self.load.next())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, gap, body = self.buffer.partition(b"\r\n\r\n")
        if not gap:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        if b" 200 " not in head[:20]:
            self.load.wrong = self.buffer[:500].decode(errors="replace")
        self.load.answered(time.perf_counter() - self.began)
        self.buffer = b""
        self.send()

    def connection_lost(self, exc: Exception | None) -> None:
        if exc and not self.load.wrong:
            self.load.wrong = repr(exc)
        self.load.hung_up()


async def _run(order: Order) -> Outcome:
    load = _Load(order)
    loop = asyncio.get_running_loop()
    load.began = time.perf_counter()
    for _ in range(order.connections):
        await loop.create_connection(lambda: _Connection(load), "127.0.0.1", order.port)
    async with asyncio.timeout(PATIENCE_S):
        await load.done.wait()
    times = sorted(load.latencies) or [0.0]
    p99 = times[min(len(times) - 1, int(len(times) * 0.99))]
    took = max(load.ended - load.began, 1e-9)
    return Outcome(len(load.latencies), took, statistics.median(times) * 1e3, p99 * 1e3, load.wrong)


def start_load(order: Order) -> "subprocess.Popen[bytes]":
    """Start a load in a process of its own."""
    process = subprocess.Popen([sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None  # noqa: S101 (for the type)
    process.stdin.write(msgspec.json.encode(order))
    process.stdin.close()
    return process


def finish_load(process: "subprocess.Popen[bytes]") -> Outcome:
    """Wait for a load to end. Raises RuntimeError when anything but 200 was answered."""
    assert process.stdout is not None  # noqa: S101 (for the type)
    outcome = msgspec.json.decode(process.stdout.read(), type=Outcome)
    process.wait()
    if outcome.wrong:
        message = f"a request of the load was answered: {outcome.wrong}"
        raise RuntimeError(message)
    return outcome


def put_load(order: Order) -> Outcome:
    """Run a load in a process of its own. Raises RuntimeError when anything but 200 was answered."""
    return finish_load(start_load(order))


if __name__ == "__main__":
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    sys.stdout.buffer.write(msgspec.json.encode(uvloop.run(_run(order))))
