"""Real clients against a real server: everything that they send is stored as they meant it, and they are content."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

from shared.events import Touchpoint
from tests.integration.ingest.running import Ingest
from tests.shared_data import shared_path

SAMPLES = ["segment-analytics-python-2.4.0", "segment-analytics-node-3.1.0", "rudder-sdk-python-2.1.9"]
Client = Any  # the SDKs are untyped


def segment_client(ingest: Ingest, *, compress: bool, on_error: Callable[[Exception, Any], None]) -> Client:
    return segment.Client(
        ingest.keys["acme", "write"], host=ingest.url, gzip=compress, on_error=on_error, max_retries=0
    )


def rudder_client(ingest: Ingest, *, compress: bool, on_error: Callable[[Exception, Any], None]) -> Client:
    return rudder.Client(ingest.keys["acme", "write"], host=ingest.url, gzip=compress, on_error=on_error, max_retries=0)


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("make", [segment_client, rudder_client])
def test_a_python_client_is_content_and_all_that_it_sent_is_stored(
    ingest: Ingest, make: Callable[..., Client], *, compress: bool
) -> None:
    errors: list[Exception] = []
    client = make(ingest, compress=compress, on_error=lambda error, _: errors.append(error))
    client.identify("u1", {"email": "a@b.c", "plan": "pro"})
    client.track("u1", "Order Completed", {"total": 9.5})
    client.page("u1", "Docs", "Intro", {"url": "https://e/x"})
    client.screen("u1", "Main", "Home")
    client.group("u1", "g1", {"size": 3})
    client.alias("anon", "u1")
    for n in range(150):
        client.track(anonymous_id=f"a{n}", event="Visited")
    client.flush()
    client.join()

    assert errors == []
    by_type: dict[str, list[Touchpoint]] = {}
    for touchpoint in ingest.touchpoints():
        by_type.setdefault(touchpoint.type, []).append(touchpoint)
    assert {kind: len(found) for kind, found in by_type.items()} == {
        "identify": 1, "track": 151, "page": 1, "screen": 1, "group": 1, "alias": 1
    }  # fmt: skip
    assert json.loads(bytes(by_type["identify"][0].traits)) == {"email": "a@b.c", "plan": "pro"}
    assert (by_type["track"][0].event, json.loads(bytes(by_type["track"][0].attributes))) == (
        "Order Completed",
        {"total": 9.5},
    )
    assert json.loads(bytes(by_type["page"][0].attributes)) == {
        "name": "Intro",
        "category": "Docs",
        "url": "https://e/x",
    }
    assert by_type["group"][0].account == "g1"
    assert by_type["alias"][0].ids == [("user", "u1"), ("user", "anon"), ("anonymous", "anon")]
    assert ingest.letters() == []


def captured(name: str) -> list[dict[str, Any]]:
    """Return the requests that a client once sent."""
    with shared_path(f"samples/{name}.jsonl").open() as lines:
        return [json.loads(line) for line in lines if line.strip()]


@pytest.mark.parametrize("name", SAMPLES)
def test_captured_requests_are_stored_event_by_event(ingest: Ingest, name: str) -> None:
    sent = []
    for request in captured(name):
        if not request["path"].startswith("/v1/"):
            continue
        kept = {"content-type"} | ({"content-encoding"} if request["raw_len"] == 0 else set())
        headers = {name: value for name, value in request["headers"] if name.lower() in kept}
        answer = ingest.ask("POST", request["path"], content=json.dumps(request["body"]), headers=headers)
        assert answer.status_code == 200
        assert answer.json()["refused"] == []
        sent += request["body"]["batch"]

    assert len(sent) > 5
    assert [(t.event_id, t.type) for t in ingest.touchpoints()] == [(e["messageId"], e["type"]) for e in sent]


def test_a_retried_batch_has_the_same_keys_though_it_says_another_time_of_sending(ingest: Ingest) -> None:
    [request, *_] = captured("segment-analytics-node-3.1.0")
    ingest.post("/v1/batch", request["body"])
    ingest.post("/v1/batch", request["body"] | {"sentAt": "2026-11-21T18:30:00.000Z"})
    first, again = (
        ingest.touchpoints()[: len(request["body"]["batch"])],
        ingest.touchpoints()[len(request["body"]["batch"]) :],
    )

    assert len(first) > 5
    keys = [[(t.source, t.event_id, t.original_at, t.digest, t.ids) for t in batch] for batch in (first, again)]
    assert keys[0] == keys[1]


RETRIES = ["nodeseg_429_2_200", "nodeseg_503_503_200", "pyseg_429_2_200", "pyseg_503_503_200", "pyrud_503_200"]


@pytest.mark.parametrize("name", RETRIES)
def test_the_attempts_of_a_client_that_retries_are_one_touchpoint(ingest: Ingest, name: str) -> None:
    attempts = captured(f"retry/{name}")
    for attempt in attempts:
        ingest.post(attempt["path"], attempt["body"])
    found = {(t.event_id, t.original_at, t.digest) for t in ingest.touchpoints()}

    assert len(attempts) > 1
    assert len(found) == len(attempts[0]["body"]["batch"])
