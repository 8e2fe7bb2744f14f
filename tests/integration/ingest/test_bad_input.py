"""Bad input: a clear error, nothing lost, and never a failure of the service."""

import gzip
import json
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from services.ingest.routes import segment, touchpoints
from tests.integration.ingest.running import Ingest

TRACK: dict[str, Any] = {"type": "track", "event": "Paid", "userId": "u", "messageId": "m"}
DOORS = ["/v1/batch", "/v1/track", "/v1/touchpoints"]
DEEP = b"[" * 20_000 + b"]" * 20_000


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingest]:
    """Run one service for all of these tests: whatever it was sent before, it goes on."""
    with Ingest(tmp_path_factory.mktemp("ingest")) as running:
        yield running


def refused(answer: Any, status: int, code: str) -> None:  # noqa: ANN401 (httpx's)
    """Check an error answer: its status, its code, and that it says something."""
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len(answer.json()["message"]) > 10


def kept(ingest: Ingest) -> tuple[int, int]:
    """Return how many touchpoints and dead letters there are."""
    return len(ingest.touchpoints()), len(ingest.letters())


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("body", [b"", b"{", b"<xml/>", b"data=%7B%7D", b"\xff\xfe{}", b'{"batch": [{"a"', b"\0" * 100])
def test_broken_json_is_refused_and_nothing_stored(ingest: Ingest, path: str, body: bytes) -> None:
    before = kept(ingest)
    refused(ingest.ask("POST", path, content=body), 400, "bad_json")

    assert kept(ingest) == before
    assert 'reason="unreadable_body"' in ingest.http.get("/metrics").text


@pytest.mark.parametrize(
    ("path", "limit"), list(zip(DOORS, [segment.BODY_BYTES] * 2 + [touchpoints.BODY_BYTES], strict=True))
)
def test_a_body_over_the_cap_is_refused_and_the_connection_goes_on(ingest: Ingest, path: str, limit: int) -> None:
    ten_megabytes = b'{"batch": [' + b" " * 10_000_000 + b"]}"
    chunks = iter([b" " * 100_000] * 100)

    refused(ingest.ask("POST", path, content=ten_megabytes), 413, "too_large")
    refused(ingest.ask("POST", path, content=chunks), 413, "too_large")
    refused(ingest.ask("POST", path, content=b" " * (limit + 1)), 413, "too_large")
    assert ingest.ask("POST", path, content=b" " * limit).status_code == 400
    assert ingest.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["keys", "erasures", "dead-letters/replay", "dead-letters/dismiss"])
def test_who_administers_may_send_no_endless_body_either(ingest: Ingest, path: str) -> None:
    chunks = iter([b" " * 100_000] * 100)
    json_ = {"Content-Type": "application/json"}

    refused(ingest.ask("POST", f"/v1/{path}", scope="admin", content=chunks, headers=json_), 413, "too_large")
    refused(ingest.ask("POST", f"/v1/{path}", scope="admin", content=b" ", headers=json_), 422, "invalid")


@pytest.mark.parametrize("path", DOORS)
def test_a_gzip_bomb_is_never_inflated_beyond_the_cap(ingest: Ingest, path: str) -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(b" " * 10_000_000) for _ in range(5)) + packer.flush()  # 50 MB in 50 KB
    assert len(bomb) < 100_000

    refused(ingest.ask("POST", path, content=bomb), 413, "too_large")
    refused(ingest.ask("POST", path, content=bomb, headers={"Content-Encoding": "gzip"}), 413, "too_large")
    many = gzip.compress(b" " * 400_000) * 20
    refused(ingest.ask("POST", path, content=many), 413, "too_large")


@pytest.mark.parametrize(
    "broken", [b"\x1f\x8b", b"\x1f\x8bxxxx", gzip.compress(b"{}", mtime=0)[:-4], gzip.compress(b"{}", mtime=0) + b"x"]
)
def test_broken_gzip_is_refused(ingest: Ingest, broken: bytes) -> None:
    refused(ingest.ask("POST", "/v1/batch", content=broken), 400, "bad_gzip")


def test_another_compression_is_refused(ingest: Ingest) -> None:
    body = zlib.compress(json.dumps(TRACK).encode())

    refused(
        ingest.ask("POST", "/v1/track", content=body, headers={"Content-Encoding": "deflate"}),
        415,
        "unsupported_encoding",
    )


@pytest.mark.parametrize(("path", "limit"), [("/v1/batch", segment.EVENTS), ("/v1/touchpoints", touchpoints.EVENTS)])
def test_too_many_events_at_once_are_refused(ingest: Ingest, path: str, limit: int) -> None:
    events = ",".join(["0"] * (limit + 1))
    body = f'{{"batch": [{events}]}}' if path == "/v1/batch" else f"[{events}]"

    before = kept(ingest)
    refused(ingest.ask("POST", path, content=body), 413, "too_large")
    assert kept(ingest) == before


HOSTILE = [
    (b"[" + b"1," * 2_621_000 + b"1]", 413, "too_large"),
    (b"[" + b"{}," * 1_747_000 + b"x]", 413, "too_large"),
    (b"[" * 5_000_000, 400, "bad_json"),
    (b"{\n" * 2_600_000, 400, "bad_json"),
    (gzip.compress(b"") * 200_000, 400, "bad_gzip"),
]


@pytest.mark.parametrize(("body", "status", "code"), HOSTILE, ids=["numbers", "empty", "lists", "lines", "gzip"])
def test_a_hostile_body_is_answered_and_stores_nothing(ingest: Ingest, body: bytes, status: int, code: str) -> None:
    before = kept(ingest)
    refused(ingest.ask("POST", "/v1/touchpoints", content=body), status, code)
    refused(ingest.http.post("/v1/touchpoints", content=body), 401, "unauthorized")

    for path in ("/v1/batch", "/v1/track"):
        refused(ingest.http.post(path, content=body[:400_000]), *NO_KEY.get(code, (401, "unauthorized")))
    assert kept(ingest) == before


NO_KEY = {"bad_gzip": (400, "bad_gzip")}  # packed: whether it holds a key cannot be seen


def test_a_body_nested_without_end_is_a_dead_letter(ingest: Ingest) -> None:
    answer = ingest.post("/v1/touchpoints", b'{"a":' * 100_000 + b"1" + b"}" * 100_000)

    assert [note["code"] for note in answer["refused"]] == ["too_deep"]


def event(more: str) -> bytes:
    """Return a good event as JSON text with one bad thing in it."""
    return (json.dumps(TRACK)[:-1] + ", " + more + "}").encode()


BAD: list[tuple[str, bytes, str]] = [
    ("a wrong type", event('"userId": {"id": 1}'), "wrong_type"),
    ("a list for an event", b"[1, 2]", "wrong_type"),
    ("endless nesting", event('"properties": {"a": ').replace(b"}", DEEP + b"}}"), "too_deep"),
    ("a null id", event('"userId": null'), "no_identity"),
    ("a blocked id", event('"userId": "00000000-0000-0000-0000-000000000000"'), "no_identity"),
    ("a huge id", event(f'"userId": "{"x" * 10_000}"'), "id_too_long"),
    ("a huge number for an id", event(f'"userId": {10**40}'), "number_out_of_range"),
    ("NUL", event('"properties": {"a": "\\u0000"}'), "bad_text"),
    ("NUL in an id", event('"userId": "a\\u0000"'), "bad_text"),
    ("half a surrogate", event('"properties": {"a": "\\ud800"}'), "bad_text"),
    ("half a surrogate in an id", event('"userId": "\\ud800"'), "bad_text"),
    ("half a surrogate in the context", event('"context": {"a": "\\udfff"}'), "bad_text"),
    ("bytes that are not UTF-8", event('"event": "x"').replace(b'"x"', b'"\xff"'), "bad_text"),
    ("an integer beyond 64 bits", event(f'"properties": {{"a": {1 << 64}}}'), "number_out_of_range"),
    ("a number beyond all floats", event('"context": {"a": 1e999}'), "number_out_of_range"),
    ("NaN", event('"properties": {"a": NaN}'), "bad_json"),
    ("the year 1970", event('"timestamp": "1970-01-01T00:00:00Z"'), "too_old"),
    ("the year 2099", event('"timestamp": "2099-01-01T00:00:00Z"'), "in_future"),
    ("no time", event('"timestamp": "tomorrow"'), "bad_time"),
    ("a long event name", event(f'"event": "{"x" * 1000}"'), "field_too_long"),
    ("an event over 32 KB", event(f'"properties": {{"a": "{"x" * 33_000}"}}'), "too_large"),
    ("an unknown type", event('"type": "purchase"'), "unknown_type"),
]


@pytest.mark.parametrize(("body", "code"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_bad_event_is_kept_as_a_dead_letter_and_the_good_ones_are_stored(
    ingest: Ingest, body: bytes, code: str
) -> None:
    stored, dead = kept(ingest)
    good = json.dumps(TRACK | {"messageId": "good"}).encode()
    for path, whole in [
        ("/v1/batch", b'{"batch": [' + good + b"," + body + b"]}"),
        ("/v1/touchpoints", b"[" + good + b"," + body + b"]"),
        ("/v1/touchpoints", good + b"\n" + body + b"\n"),
    ]:
        answer = ingest.post(path, whole)
        assert answer["accepted"] == 1
        assert [(r["index"], r["code"]) for r in answer["refused"]] == [(1, code)]

    letters = ingest.letters()[dead:]
    assert [letter.reason for letter in letters] == [code] * 3
    assert {letter.body for letter in letters} == {body.decode(errors="replace")}
    assert [t.event_id for t in ingest.touchpoints()[stored:]] == ["good"] * 3
    assert ingest.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("data", ["", "?", "e30", "bm8ganNvbg==", "%00", "x" * 5000])
def test_a_pixel_without_an_event_is_refused(ingest: Ingest, data: str) -> None:
    stored, dead = kept(ingest)
    answer = ingest.ask("GET", f"/v1/pixel/track?data={data}")

    assert answer.status_code == (200 if data == "e30" else 400)  # e30 is {}
    assert kept(ingest) == (stored, dead + (answer.status_code == 200))
