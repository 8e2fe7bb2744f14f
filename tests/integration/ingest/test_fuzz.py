"""No body, however wrong, makes the service fail, and every event of a request is stored or kept as a dead letter."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.app import create_app
from services.ingest.domain.refusal import Reason
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS
from shared.log.memory_log import MemoryLog
from shared.settings import Settings
from tests.integration.ingest.running import make_folder

DOORS = ["/v1/batch", "/v1/track", "/v1/page", "/v1/identify", "/v1/alias", "/v1/group", "/v1/touchpoints"]
FIELDS = ["type", "messageId", "userId", "anonymousId", "groupId", "previousId", "event", "name", "category", "channel",
          "timestamp", "originalTimestamp", "sentAt", "properties", "traits", "context", "ids", "account", "actor",
          "ordinal", "writeKey", "batch"]  # fmt: skip

texts = st.text(max_size=12) | st.sampled_from(
    ["track", "page", "alias", "u", "null", "\0", "2026-11-21T17:57:27Z", "0"]
)
leaves = st.none() | st.booleans() | st.integers() | st.integers(-(10**30), 10**30) | st.floats() | texts
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
events = st.dictionaries(st.sampled_from(FIELDS), anything, max_size=10) | anything
lists = st.lists(events, max_size=5)


class Fuzzed:
    """An ingest service in process, on a log in memory."""

    def __init__(self, folder: Path) -> None:
        """Start."""
        self.keys = make_folder(folder)
        self.log = MemoryLog()
        self.client = TestClient(create_app(Settings(data=folder), None, self.log), raise_server_exceptions=False)

    def send(self, path: str, body: bytes) -> tuple[int, dict[str, Any], int]:
        """Return status, answer, and how many records the log got."""
        before = self.records()
        headers = {"Authorization": f"Bearer {self.keys['acme', 'write']}"}
        answer = self.client.post(path, content=body, headers=headers)
        return answer.status_code, answer.json(), self.records() - before

    def records(self) -> int:
        """Return how many records the log holds."""
        return self.log.end(TOUCHPOINTS, 0) + self.log.end(DEAD_LETTERS, 0)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    service = Fuzzed(tmp_path_factory.mktemp("fuzz"))
    with service.client:
        yield service


def holds(status: int, answer: dict[str, Any], stored: int) -> None:
    """Check what must hold for every request."""
    assert status in {200, 400, 401, 413}, answer
    if status == 200:
        assert answer["accepted"] + len(answer["refused"]) == stored
        assert {r["code"] for r in answer["refused"]} <= {reason.value for reason in Reason}
    else:
        assert stored == 0
        assert answer["code"]
        assert answer["message"]


fuzz = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzz
@given(path=st.sampled_from(DOORS), body=st.binary(max_size=200))
def test_any_bytes(fuzzed: Fuzzed, path: str, body: bytes) -> None:
    holds(*fuzzed.send(path, body))


@fuzz
@given(path=st.sampled_from(DOORS), content=events, packed=st.booleans())
def test_any_json(fuzzed: Fuzzed, path: str, content: Any, packed: bool) -> None:  # noqa: ANN401, FBT001 (hypothesis)
    body = json.dumps(content).encode()
    holds(*fuzzed.send(path, gzip.compress(body) if packed else body))


@fuzz
@given(content=lists, sent=anything)
def test_any_events_in_a_batch_a_list_and_lines(fuzzed: Fuzzed, content: list[Any], sent: Any) -> None:  # noqa: ANN401 (hypothesis)
    parts = [json.dumps(event) for event in content]
    for path, body in [
        ("/v1/batch", json.dumps({"batch": content, "sentAt": sent})),
        ("/v1/touchpoints", "[" + ",".join(parts) + "]"),
        ("/v1/touchpoints", "\n".join(parts)),
    ]:
        if parts and path == "/v1/touchpoints" and body.startswith("[") and body == "\n".join(parts):
            continue  # lines of which the first is a list are a list
        status, answer, stored = fuzzed.send(path, body.encode())
        holds(status, answer, stored)
        if status == 200:
            assert stored == len(content)


@fuzz
@given(content=lists.filter(bool), cut=st.integers(0, 400), put=st.binary(max_size=3))
def test_any_damage(fuzzed: Fuzzed, content: list[Any], cut: int, put: bytes) -> None:
    body = json.dumps({"batch": content}).encode()
    holds(*fuzzed.send("/v1/batch", body[:cut] + put + body[cut + len(put) :]))
    holds(*fuzzed.send("/v1/touchpoints", body[10:-1][:cut] + put + body[10:-1][cut:]))


DEEP = b"[" * 940 + b"]" * 940
PIECES = [b"{}", b'{"userId":"a","event":"x"}', b'{"userId":"b"}', b"[", b"]", b",", b" ", b"\n", b"5", b'{"batch":[',
          b"]}", b'{"userId":"a","event":"x","timestamp":1,"properties":{"z":' + DEEP + b"}}"]  # fmt: skip


@fuzz
@given(path=st.sampled_from(DOORS), pieces=st.lists(st.sampled_from(PIECES), max_size=7), packed=st.booleans())
def test_any_pieces_one_after_the_other(fuzzed: Fuzzed, path: str, pieces: list[bytes], packed: bool) -> None:  # noqa: FBT001 (hypothesis)
    body = b"".join(pieces)
    holds(*fuzzed.send(path, gzip.compress(body) if packed else body))


@pytest.mark.parametrize("body", [b"{} {}", b'{"userId":"a","event":"x"} {"userId":"b"}', b"{}{}\n{}"])
def test_every_event_of_a_line_is_answered(fuzzed: Fuzzed, body: bytes) -> None:
    status, answer, stored = fuzzed.send("/v1/touchpoints", body)
    assert (status, len(answer["results"])) == (200, body.count(b"}"))
    assert stored == len(answer["results"])
