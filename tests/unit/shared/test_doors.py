"""Clients that send too much, too slowly or nothing at all, against a real server."""

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse

from shared.doors import BODY_BYTES, HEAD_BYTES, Door, EventsDoor, door_of
from tests.servers import free_ports, until


class Hasty(Door):
    """Waits for moments only."""

    head_s = 0.4
    body_s = 0.4


async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
    request = Request(scope, receive)  # type: ignore[arg-type]
    if request.url.path == "/slow-answer":

        async def parts() -> AsyncIterator[bytes]:
            for _ in range(4):
                await asyncio.sleep(0.25)
                yield b"part "

        await StreamingResponse(parts())(scope, receive, send)  # type: ignore[arg-type]
        return
    body = await request.body()
    await JSONResponse({"bytes": len(body), "headers": len(request.headers)})(scope, receive, send)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    number = free_ports(1)
    config = uvicorn.Config(app, port=number, http=Hasty, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield number
    server.should_exit = True
    thread.join()


def talk(port: int, *parts: bytes, pause: float = 0.0) -> tuple[int, dict[str, object]]:
    """Send parts, and return status and JSON of the answer; 0 where the connection closed without one.

    Raises TimeoutError where neither happens.
    """
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
        for part in parts:
            try:
                client.sendall(part)
            except OSError:
                break
            time.sleep(pause)
        return read(client)


def read(client: socket.socket) -> tuple[int, dict[str, object]]:
    answer = b""
    while True:
        try:
            more = client.recv(65536)
        except ConnectionError:
            more = b""
        answer += more
        head, _, body = answer.partition(b"\r\n\r\n")
        length = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        if not more or (length and len(body) >= int(length[0])):
            break
    return (int(head.split()[1]), json.loads(body)) if head else (0, {})


def request(headers: bytes = b"", body: bytes = b"", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"POST / HTTP/1.1\r\nhost: x\r\n%scontent-length: %d\r\n\r\n%s" % (headers, size, body)


def test_requests_within_the_bounds_are_served_one_after_the_other(port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
        for size in (0, 10, 1_000_000, BODY_BYTES):
            client.sendall(request(b"x-long: %s\r\n" % (b"a" * 60_000), b"b" * size))
            assert read(client) == (200, {"bytes": size, "headers": 3})


@pytest.mark.parametrize("count", [1, 2000])
def test_headers_that_are_too_large_are_refused(port: int, count: int) -> None:
    headers = b"".join(b"x-%d: %s\r\n" % (n, b"a" * (70_000 // count)) for n in range(count))
    status, said = talk(port, request(headers, b"body"))
    assert (status, said["code"]) == (431, "headers_too_large")
    assert str(HEAD_BYTES) in str(said["message"])


def test_a_header_without_an_end_is_cut_off(port: int) -> None:
    status, said = talk(port, b"GET / HTTP/1.1\r\nx: ", *[b"a" * 65536] * 12)
    assert (status, said.get("code")) in {(431, "headers_too_large"), (0, None)}  # reset while it still sends


def test_a_body_that_is_too_large_is_refused_whatever_it_said_of_its_length(port: int) -> None:
    assert talk(port, request(b"", b"b" * (BODY_BYTES + 1)))[0] in {413, 0}
    chunk = b"10000\r\n" + b"b" * 65536 + b"\r\n"
    head = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
    assert talk(port, head, *[chunk] * 40)[0] in {413, 0}


@pytest.mark.parametrize(
    "parts",
    [
        [b"GET / HTTP/1.1\r\n", *[b"x: y\r\n"] * 20],
        [request(b"", b"", 100), *[b"b"] * 20],
    ],
    ids=["headers", "body"],
)
def test_a_trickle_is_told_that_it_is_too_slow(port: int, parts: list[bytes]) -> None:
    status, said = talk(port, *parts, pause=0.05)
    assert (status, said.get("code")) in {(408, "too_slow"), (0, None)}  # reset while it still sends


def test_a_connection_that_says_nothing_is_closed(port: int) -> None:
    assert talk(port)[0] == 408


def test_a_long_answer_is_not_cut_off(port: int) -> None:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
        client.sendall(b"GET /slow-answer HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = b""
        while more := client.recv(65536):
            answer += more
    assert answer.count(b"part ") == 4


@pytest.mark.parametrize("junk", [b"\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"])
def test_what_is_no_http_is_refused_as_everything_else_is(port: int, junk: bytes) -> None:
    status, said = talk(port, junk)
    assert (status, said["code"], bool(said["message"])) == (400, "bad_request", True)


def test_who_leaves_before_the_answer_is_no_error(port: int, caplog: pytest.LogCaptureFixture) -> None:
    ahead = b"GET /slow-answer HTTP/1.1\r\nhost: x\r\n\r\n" * 20
    for pause in (0.0, 0.1, 0.3, 0.6):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # cut, not closed
            client.sendall(ahead)
            time.sleep(pause)
    time.sleep(1.2)
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


def test_ingest_alone_takes_large_bodies() -> None:
    assert [door_of(name) for name in ("console", "ingest", "journey", "alerts")] == [Door, EventsDoor, Door, Door]
