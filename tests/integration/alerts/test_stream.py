"""The stream of changes, read as browsers and npm's eventsource read it: come back with the last id, miss nothing."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2 as httpx
import pytest
import uvicorn
from fastapi import FastAPI

from services.alerts.app import create_app
from shared.auth import StoredKey, hash_key, write_snapshot
from shared.clock import monotonic
from tests.integration.alerts.house import House
from tests.servers import until
from tests.unit.alerts.facts import ended, skipped, stall, withdrawn


@dataclass
class EventSource:
    """A client after the standard: remembers the last id and sends it when it connects again."""

    url: str
    key: str = "acme"
    last_id: str = ""
    retry_ms: int = 0
    comments: list[str] = field(default_factory=list)

    def events(self) -> Iterator[dict[str, Any]]:
        """Connect and yield events until the connection ends. Raises httpx.HTTPStatusError when refused."""
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache", "Authorization": f"Bearer {self.key}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        with httpx.stream("GET", self.url, headers=headers, timeout=15) as answer:
            answer.raise_for_status()
            assert answer.headers["content-type"].startswith("text/event-stream")
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                if not line:
                    self.last_id = event.get("id", self.last_id)
                    self.retry_ms = int(event.get("retry", self.retry_ms))
                    if "data" in event:
                        yield {"id": event["id"], "event": event["event"], "data": json.loads(event["data"])}
                    event = {}
                elif line.startswith(":"):
                    self.comments.append(line[1:].strip())
                else:
                    name, _, value = line.partition(": ")
                    event[name] = value

    def take(self, count: int) -> list[dict[str, Any]]:
        """Connect, take so many events and drop the connection."""
        events = self.events()
        found = [next(events) for _ in range(count)]
        events.close()  # type: ignore[attr-defined]
        return found


def words(events: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(event["id"], event["event"], event["data"]["alert"]["alert"]) for event in events]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def serving(house: House, port: int) -> Iterator[FastAPI]:
    """Serve on a port until the end of the block; it waits for streams to end, and they do, by themselves."""
    app = create_app(house.settings, house.clock)
    config = uvicorn.Config(app, port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    app.state.leaving = lambda: server.should_exit
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        threading.Event().wait(0.005)
    try:
        yield app
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def port(house: House) -> int:
    keys = [StoredKey(tenant, hash_key(tenant), "read", "test") for tenant in ("acme", "globex")]
    write_snapshot(house.folder, keys)
    return free_port()


@pytest.fixture
def source(house: House, port: int) -> Iterator[EventSource]:
    with serving(house, port):
        yield EventSource(f"http://127.0.0.1:{port}/v1/alerts/stream")


def test_every_change_is_an_event_with_its_trail_number_as_id(house: House, source: EventSource) -> None:
    source.last_id = "0"
    house.take([stall()], [stall(2, level="beyond")])
    with house.acts() as acts:
        acts.acknowledge("acme", 1, "ana")
    house.take([ended(stall(), 3)])
    events = source.take(4)
    assert words(events) == [("1", "opened", 1), ("2", "updated", 1), ("3", "acknowledged", 1), ("4", "ended", 1)]
    assert events[2]["data"]["because"] == {"by": "ana"}
    assert [event["data"]["alert"]["status"] for event in events] == ["open", "open", "acknowledged", "ended"]
    assert source.retry_ms == 2000


def test_a_client_that_comes_back_gets_what_it_missed_and_nothing_twice(house: House, source: EventSource) -> None:
    source.last_id = "0"
    house.take([stall(), skipped()])
    assert words(source.take(1)) == [("1", "opened", 1)]
    house.take([withdrawn(skipped(), 2)])
    assert words(source.take(2)) == [("2", "opened", 2), ("3", "withdrawn", 2)]


def test_a_new_client_starts_now_and_loses_nothing_from_then_on(house: House, source: EventSource) -> None:
    house.take([stall()])
    events = source.events()
    reader = threading.Thread(target=lambda: next(events, None), daemon=True)
    reader.start()
    while not source.last_id:
        reader.join(0.01)
    assert source.last_id == "1"  # known before anything has happened
    house.take([skipped()])
    reader.join(10)
    assert not reader.is_alive()
    source.last_id = "1"
    assert words(source.take(1)) == [("2", "opened", 2)]


def test_changes_reach_an_open_stream_before_it_is_silent_for_long(house: House, source: EventSource) -> None:
    found: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: found.extend(source.take(2)))
    reader.start()
    while not source.last_id:
        reader.join(0.01)
    house.take([stall(), skipped()])
    reader.join(10)
    assert source.comments == []  # no heartbeat came before
    assert words(found) == [("1", "opened", 1), ("2", "opened", 2)]


def test_a_stream_carries_only_the_tenants_own_changes(house: House, source: EventSource) -> None:
    house.take([stall(), stall(tenant="globex", customer=2), skipped()])
    source.last_id = "0"
    other = EventSource(source.url, "globex", "0")
    assert words(source.take(2)) == [("1", "opened", 1), ("3", "opened", 3)]
    assert words(other.take(1)) == [("2", "opened", 2)]


def test_more_changes_than_one_page_come_whole_and_in_order(house: House, source: EventSource) -> None:
    house.take([stall(customer=n) for n in range(1, 251)])
    source.last_id = "0"
    assert [event["id"] for event in source.take(250)] == [str(n) for n in range(1, 251)]


def test_an_id_beyond_the_last_goes_on_from_the_last(house: House, source: EventSource) -> None:
    house.take([stall()])
    source.last_id = "999999"
    found: list[dict[str, Any]] = []
    reader = threading.Thread(target=lambda: found.extend(source.take(1)))
    reader.start()
    while source.last_id != "1":
        reader.join(0.01)
    house.take([skipped()])
    reader.join(10)
    assert words(found) == [("2", "opened", 2)]


@pytest.mark.parametrize(("last_id", "key", "status"), [("x", "acme", 422), ("-1", "acme", 422), ("1", "wrong", 401)])
def test_a_wrong_id_or_key_is_refused(source: EventSource, last_id: str, key: str, status: int) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        EventSource(source.url, key, last_id).take(1)
    assert refused.value.response.status_code == status


def test_silence_is_broken_by_comments(house: House, port: int) -> None:
    with serving(house, port) as app:
        app.state.streams.heartbeat_s = 0.2
        source = EventSource(f"http://127.0.0.1:{port}/v1/alerts/stream")
        reader = threading.Thread(target=lambda: source.take(1))
        reader.start()
        while len(source.comments) < 2:
            reader.join(0.01)
        house.take([stall()])
        reader.join(10)
    assert source.comments[:2] == ["still here"] * 2


def test_too_many_streams_are_told_to_come_back(house: House, port: int) -> None:
    with serving(house, port) as app:
        app.state.streams.most = 1
        house.take([stall()])
        first = EventSource(f"http://127.0.0.1:{port}/v1/alerts/stream", last_id="0").events()
        next(first)
        with pytest.raises(httpx.HTTPStatusError) as refused:
            EventSource(f"http://127.0.0.1:{port}/v1/alerts/stream").take(1)
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["retry-after"] == "10"
        first.close()  # type: ignore[attr-defined]


def test_as_many_as_come_at_once_never_get_more_places_than_there_are(house: House, port: int) -> None:
    request = b"GET /v1/alerts/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer acme\r\n\r\n"
    with serving(house, port) as app, ExitStack() as stack:
        app.state.streams.most = 5
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(40)]
        for client in clients:
            client.sendall(request)
        answers = Counter(client.recv(13)[9:12] for client in clients)
        assert answers == {b"200": 5, b"429": 35}
        for client in clients:
            client.close()
        until(lambda: app.state.streams.count == 0)


def test_a_stream_ends_soon_after_its_key_was_revoked(house: House, port: int) -> None:
    with serving(house, port) as app:
        source = EventSource(f"http://127.0.0.1:{port}/v1/alerts/stream")
        reader = threading.Thread(target=lambda: list(source.events()))
        reader.start()
        until(lambda: app.state.streams.count == 1 and bool(source.retry_ms))
        write_snapshot(house.folder, [StoredKey("acme", hash_key("acme"), "read", "test", revoked=True)])
        reader.join(5)
        assert not reader.is_alive()


def test_without_its_database_a_stream_is_refused_as_any_other_question(house: House, port: int) -> None:
    with serving(house, port):
        (house.folder / "alerts.db").rename(house.folder / "elsewhere.db")
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/alerts/stream", headers={"Authorization": "Bearer acme"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_an_open_stream_does_not_hold_up_the_service_and_goes_on_after_its_restart(house: House, port: int) -> None:
    environment = os.environ | {"WAYPOST_DATA": str(house.folder), "WAYPOST_PORT": str(port - 3)}
    environment["WAYPOST_LOG_LEVEL"] = "error"
    source = EventSource(f"http://127.0.0.1:{port}/v1/alerts/stream", last_id="0")
    house.write(stall())
    for expected in ([("1", "opened", 1)], [("2", "opened", 2)]):
        with subprocess.Popen([sys.executable, "-m", "services.alerts"], env=environment) as process:
            try:
                assert words(connected(source)) == expected
                source.retry_ms = 0
                whole: list[list[dict[str, Any]]] = []
                reader = threading.Thread(target=lambda whole=whole: whole.append(list(source.events())))
                reader.start()
                while not source.retry_ms:
                    reader.join(0.01)
                process.terminate()
                process.wait(20)
                reader.join(20)
                assert whole == [[]]  # it ended by itself: one that is cut off raises
            finally:
                process.kill()
        house.write(skipped())


def connected(source: EventSource) -> list[dict[str, Any]]:
    """Take one event from a service that may still be starting."""
    deadline = monotonic() + 60
    while True:
        try:
            return source.take(1)
        except httpx.ConnectError:
            assert monotonic() < deadline
            threading.Event().wait(0.05)
