"""`waypost dead-letters` against a running ingest, and letters of journey on their way back."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from typer.testing import CliRunner

from shared.auth import LOCAL_KEYS, LocalKeys
from shared.clock import DAY, SECOND, SteppedClock
from shared.events import Touchpoint, encode
from tests.integration.ingest.running import Ingest
from waypost.cli import app
from waypost.commands.letters import event_of

NOW = 1_795_283_847 * SECOND
LATER = {"type": "track", "event": "Paid", "userId": "u", "messageId": "m", "timestamp": "2026-11-28T17:57:27Z"}


@pytest.fixture(autouse=True)
def no_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands find the keys in the data folder."""
    monkeypatch.delenv("WAYPOST_WRITE_KEY", raising=False)
    monkeypatch.delenv("WAYPOST_API_TOKEN", raising=False)


def waypost(ingest: Ingest, *words: str) -> tuple[int, str]:
    """Return exit code and output of a command that finds the keys in the data folder."""
    keys = LocalKeys(write_key=ingest.keys["acme", "write"], api_token=ingest.keys["acme", "admin"])
    (ingest.folder / LOCAL_KEYS).write_bytes(msgspec.json.encode(keys))
    where = ["--port", str(ingest.port - 1), "--data", str(ingest.folder)]
    ran = CliRunner().invoke(app, ["dead-letters", *words, *where])
    return ran.exit_code, ran.output


def test_letters_are_listed_with_their_reason_and_replayed_when_the_cause_is_gone(tmp_path: Path) -> None:
    clock = SteppedClock(NOW)
    with Ingest(tmp_path, clock=clock) as ingest:
        ingest.post("/v1/batch", {"batch": [LATER, {"type": "nothing", "messageId": "n"}]})
        listed = waypost(ingest, "list", "--service", "ingest")
        lines = waypost(ingest, "list", "--service", "ingest", "--json", "--limit", "1")
        few = waypost(ingest, "list", "--service", "ingest", "--limit", "1")
        clock.step(7 * DAY)
        one = waypost(ingest, "replay", "0")
        rest = waypost(ingest, "replay", "--all")
        left = waypost(ingest, "list", "--service", "ingest", "--json")
        gone = waypost(ingest, "list", "--service", "ingest", "--status", "replayed", "--json")
        neither = waypost(ingest, "replay")
        stored = [t.event_id for t in ingest.touchpoints()]

    assert listed[0] == 0
    assert "in_future" in listed[1]
    assert "unknown_type" in listed[1]
    assert ", of user:u, event m\n    The event lies more than " in listed[1]
    assert "And more" not in listed[1]
    assert few[1].splitlines()[-1] == "And more: see them with --limit above 1."
    assert [json.loads(line)["event_id"] for line in lines[1].splitlines()] == ["m"]
    assert (one[0], one[1].splitlines()[-1]) == (0, "1 replayed, 0 refused again.")
    assert (rest[0], rest[1].splitlines()[-1]) == (1, "0 replayed, 1 refused again.")
    assert [json.loads(line)["event_id"] for line in left[1].splitlines()] == ["n"]
    assert [json.loads(line)["status"] for line in gone[1].splitlines()] == ["replayed"]
    assert (neither[0], "--all" in neither[1]) == (2, True)
    assert stored == ["m"]


def test_a_system_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    words = ["dead-letters", "list", "--port", "1", "--data", str(tmp_path)]
    ran = CliRunner().invoke(app, words, env={"WAYPOST_API_TOKEN": "at_of_another_system"})

    assert ran.exit_code == 2
    assert "does not answer" in ran.output
    assert "no key: set WAYPOST_API_TOKEN" in CliRunner().invoke(app, words).output
    assert len(ran.output.strip().splitlines()) == 1


def touchpoint() -> Touchpoint:
    return Touchpoint(
        v=1,
        tenant="acme",
        source="web",
        event_id="m",
        type="track",
        ids=[("user", "u"), ("crm", "7")],
        digest=5,
        occurred_at=NOW,
        received_at=NOW,
        original_at=NOW - DAY,
        ordinal=3,
        event="Paid",
        channel="phone",
        actor="ann",
        account="x",
        attributes=msgspec.Raw(b'{"a":1}'),
    )


def test_a_touchpoint_that_journey_could_not_read_comes_back_as_it_was(tmp_path: Path) -> None:
    sent = touchpoint()
    event = event_of(encode(sent).decode())
    with Ingest(tmp_path, clock=SteppedClock(NOW)) as ingest:
        ingest.post("/v1/touchpoints", event)
        [stored] = ingest.touchpoints()

    same = ("source", "event_id", "type", "ids", "original_at", "ordinal", "event", "channel", "actor", "account")
    assert {name: getattr(stored, name) for name in same} == {name: getattr(sent, name) for name in same}
    assert bytes(stored.attributes) == b'{"a":1}'


def test_what_is_no_touchpoint_is_not_sent() -> None:
    assert event_of("{}") is None
    assert event_of("no json") is None


class Listing(BaseHTTPRequestHandler):
    """Answers as journey lists its dead letters."""

    letters: ClassVar[list[dict[str, Any]]] = []

    def do_GET(self) -> None:
        """Answer with one page."""
        body = json.dumps({"dead_letters": self.letters, "next": None}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def listing_journey(port: int, letters: list[dict[str, Any]]) -> Iterator[None]:
    """Serve dead letters where journey would."""
    handler = type("Letters", (Listing,), {"letters": letters})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def test_letters_of_journey_are_replayed_through_ingest(tmp_path: Path) -> None:
    letters = [{"offset": 4, "body": encode(touchpoint()).decode()}, {"offset": 5, "body": "?"}]
    with Ingest(tmp_path, clock=SteppedClock(NOW)) as ingest, listing_journey(ingest.port + 1, letters):
        everything = waypost(ingest, "replay", "--service", "journey", "--all")
        one = waypost(ingest, "replay", "--service", "journey", "4", "9")
        stored = [t.event_id for t in ingest.touchpoints()]

    assert (everything[0], everything[1].splitlines()[-1]) == (1, "1 replayed, 1 refused again.")
    assert (one[0], one[1].splitlines()[-1]) == (1, "1 replayed, 0 refused again, 1 not there.")
    assert "9: No such letter. (not_found)" in one[1]
    assert stored == ["m", "m"]
