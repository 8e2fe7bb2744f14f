"""The doors over HTTP: paths and short forms, keys, compression, browsers, the pixel, and their answers."""

import base64
import gzip
import json
from typing import Any

import pytest

from services.ingest.routes.segment import GIF, SHORT
from tests.integration.ingest.running import Ingest

TRACK: dict[str, Any] = {"event": "Paid", "userId": "u", "messageId": "m", "timestamp": "2026-11-21T17:57:27Z"}
FIELDS: dict[str, dict[str, Any]] = {
    "track": {"event": "Paid"},
    "identify": {"traits": {"a": 1}},
    "page": {"name": "Docs"},
    "screen": {"name": "Home"},
    "group": {"groupId": "g"},
    "alias": {"previousId": "p"},
}


@pytest.mark.parametrize(("kind", "short"), SHORT.items())
def test_each_type_has_a_path_a_short_form_and_a_pixel(ingest: Ingest, kind: str, short: str) -> None:
    event = {"userId": "u"} | FIELDS[kind]
    data = base64.urlsafe_b64encode(json.dumps(event | {"messageId": "3"}).encode()).decode().rstrip("=")
    ingest.post(f"/v1/{kind}", event | {"messageId": "1"})
    ingest.post(f"/v1/{short}", event | {"messageId": "2"})
    pixel = ingest.ask("GET", f"/v1/pixel/{kind}", params={"data": data})

    assert (pixel.status_code, pixel.headers["content-type"], pixel.content) == (200, "image/gif", GIF)
    assert [(t.type, t.event_id) for t in ingest.touchpoints()] == [(kind, "1"), (kind, "2"), (kind, "3")]


def test_batches_have_a_short_form_and_nothing_redirects(ingest: Ingest) -> None:
    batch = {"batch": [TRACK | {"type": "track"}]}

    assert ingest.post("/v1/b", batch)["accepted"] == 1
    assert ingest.ask("POST", "/v1/batch/", json=batch).status_code == 404
    assert ingest.ask("GET", "/v1/batch").status_code == 405
    assert ingest.ask("GET", "/v1/pixel/batch").status_code == 404


def basic(text: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(text.encode()).decode()}"}


def test_a_key_may_come_in_three_ways(ingest: Ingest) -> None:
    key = ingest.keys["globex", "write"]
    ways: list[tuple[dict[str, str], dict[str, Any]]] = [
        (basic(f"{key}:"), {}),
        (basic(key), {}),
        ({"Authorization": f"Bearer {key}"}, {}),
        ({}, {"writeKey": key}),
    ]
    for headers, more in ways:
        assert ingest.http.post("/v1/track", json=TRACK | more, headers=headers).status_code == 200
        batch = {"batch": [TRACK | {"type": "track"}]} | more
        assert ingest.http.post("/v1/batch", json=batch, headers=headers).status_code == 200
        own = ingest.http.post("/v1/touchpoints", json=[TRACK | more, TRACK], headers=headers)
        assert own.status_code == (200 if headers else 401)  # our own door takes keys in the header only

    assert {(t.tenant, t.source) for t in ingest.touchpoints()} == {("globex", "web")}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/track", "/v1/touchpoints"])
def test_without_a_key_that_stands_and_may_write_nothing_is_taken(ingest: Ingest, path: str) -> None:
    body = json.dumps({"batch": []} if path == "/v1/batch" else TRACK | {"type": "track"})
    statuses = {
        "none": ingest.http.post(path, content=body).status_code,
        "unknown": ingest.http.post(path, content=body, headers=basic("nobody:")).status_code,
        "broken": ingest.http.post(path, content=body, headers={"Authorization": "Basic ?"}).status_code,
        "read": ingest.ask("POST", path, content=body, scope="read").status_code,
        "admin": ingest.ask("POST", path, content=body, scope="admin").status_code,
        "none, broken body": ingest.http.post(path, content=b"{").status_code,
    }

    assert statuses == {"none": 401, "unknown": 401, "broken": 401, "read": 403, "admin": 403, "none, broken body": 401}
    assert ingest.touchpoints() == []


def test_the_tenant_is_the_keys_whatever_the_body_says(ingest: Ingest) -> None:
    ingest.post("/v1/track", TRACK | {"tenant": "globex", "source": "x", "writeKey": ingest.keys["globex", "write"]})

    assert [(t.tenant, t.source) for t in ingest.touchpoints()] == [("acme", "web")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Encoding": "gzip", "Content-Type": "application/json"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {},
    ],
)
def test_gzip_is_recognised_whatever_it_is_called(ingest: Ingest, headers: dict[str, str]) -> None:
    whole = gzip.compress(json.dumps({"batch": [TRACK | {"type": "track"}]}).encode())
    members = gzip.compress(b'{"batch": [') + gzip.compress(b"]}") + b"\0\0"

    assert ingest.post("/v1/batch", whole, headers=headers)["accepted"] == 1
    assert ingest.post("/v1/batch", members, headers=headers)["accepted"] == 0
    assert ingest.post("/v1/touchpoints", gzip.compress(json.dumps(TRACK).encode()), headers=headers)["accepted"] == 1


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "nonsense"])
def test_the_content_type_makes_no_difference(ingest: Ingest, kind: str) -> None:
    answer = ingest.ask("POST", "/v1/track", content=json.dumps(TRACK), headers={"Content-Type": kind})

    assert answer.status_code == 200


def test_a_chunked_body_and_a_byte_order_mark_are_read(ingest: Ingest) -> None:
    text = json.dumps(TRACK).encode()

    assert ingest.ask("POST", "/v1/track", content=iter([text[:9], text[9:]])).json()["accepted"] == 1
    assert ingest.post("/v1/track", b"\xef\xbb\xbf" + text)["accepted"] == 1


def test_a_browser_may_ask_send_and_read_from_any_origin(ingest: Ingest) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = ingest.http.options("/v1/t", headers=asked)
    sent = ingest.ask(
        "POST",
        "/v1/t",
        content=json.dumps(TRACK),
        headers={"Origin": "https://shop.example", "Content-Type": "text/plain"},
    )
    refused = ingest.http.post("/v1/t", content=b"{", headers={"Origin": "null"})

    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
    assert sent.status_code == 200
    assert refused.status_code == 401
    assert sent.headers["access-control-allow-origin"] == refused.headers["access-control-allow-origin"] == "*"


def test_what_is_for_readers_is_not_opened_to_other_origins(ingest: Ingest) -> None:
    answer = ingest.ask("GET", "/v1/sources", scope="read", headers={"Origin": "https://evil.example"})

    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_a_batch_answers_what_became_of_each_event(ingest: Ingest) -> None:
    answer = ingest.post(
        "/v1/batch",
        {
            "batch": [
                TRACK | {"type": "track"},
                {"type": "track", "event": 5, "messageId": "bad"},
                {"type": "track", "event": "A", "anonymousId": "null", "userId": "u"},
                TRACK | {"type": "track", "messageId": "old", "timestamp": 0},
            ]
        },
    )

    assert (answer["success"], answer["accepted"]) == (True, 2)
    assert [(r["index"], r["event_id"], r["code"]) for r in answer["refused"]] == [
        (1, "bad", "wrong_type"),
        (3, "old", "too_old"),
    ]
    assert [(w["index"], w["code"]) for w in answer["warnings"]] == [(2, "not_deduplicated"), (2, "blocked_id")]
    assert all(r["message"] for r in answer["refused"] + answer["warnings"])
    assert len(ingest.touchpoints()) == 2
    assert [letter.event_id for letter in ingest.letters()] == ["bad", "old"]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([TRACK, TRACK | {"messageId": "n", "userId": None}, TRACK | {"messageId": "o"}]),
        "\n".join(
            json.dumps(e) for e in (TRACK, TRACK | {"messageId": "n", "userId": None}, TRACK | {"messageId": "o"})
        ),
    ],
    ids=["list", "lines"],
)
def test_our_own_door_gives_a_result_for_each_event(ingest: Ingest, body: str) -> None:
    answer = ingest.post("/v1/touchpoints", body.encode())

    assert [(r["index"], r["event_id"], r["accepted"], r.get("code")) for r in answer["results"]] == [
        (0, "m", True, None),
        (1, "n", False, "no_identity"),
        (2, "o", True, None),
    ]
    assert [t.event_id for t in ingest.touchpoints()] == ["m", "o"]


def test_one_touchpoint_may_come_alone(ingest: Ingest) -> None:
    answer = ingest.post("/v1/touchpoints", {"event": "Paid", "ids": {"crm": 7}, "timestamp": 1795283847143})
    [found] = ingest.touchpoints()

    assert answer["results"] == [{"index": 0, "event_id": found.event_id, "accepted": True}]
    assert (found.ids, found.original_at) == ([("crm", "7")], 1_795_283_847_143_000)


def test_health_readiness_and_metrics_need_no_key(ingest: Ingest) -> None:
    ingest.post("/v1/track", TRACK)
    ingest.post("/v1/track", TRACK | {"userId": None})
    page = ingest.http.get("/metrics").text

    assert ingest.http.get("/healthz").status_code == ingest.http.get("/readyz").status_code == 200
    assert 'waypost_touchpoints_accepted_total{source="web",tenant="acme"}' in page
    assert 'waypost_touchpoints_refused_total{reason="no_identity",tenant="acme"}' in page
    assert 'waypost_ingest_requests_total{route="/v1/track",status="200"}' in page
