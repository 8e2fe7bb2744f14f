"""The worst bodies of 5 MB cost little: nobody can hold up the service with one."""

import gzip
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.ingest.domain.parcel import keys_in, read_batch, read_touchpoints
from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.split import TooManyError, UnreadableError
from services.ingest.routes.bodies import gunzip
from shared.errors import ApiError

SIZE = 5 * 1024 * 1024
TIMES = 20  # what a body may cost against 5 MB of ordinary JSON: it is 4 at most, and was 40 to 300

WORST: list[tuple[str, bytes, type[Exception]]] = [
    ("numbers", b"[" + b"1," * 2_621_000 + b"1]", TooManyError),
    ("empty events", b"[" + b"{}," * (SIZE // 3 - 2) + b"{}]", TooManyError),
    ("empty events, then broken", b"[" + b"{}," * (SIZE // 3 - 2) + b"x]", TooManyError),
    ("commas", b"[" + b"," * (SIZE - 1), TooManyError),
    ("nested lists", b"[" * (SIZE // 2) + b"]" * (SIZE // 2), UnreadableError),
    ("open lists", b"[" * SIZE, UnreadableError),
    ("open texts", b'[x"' + b'\\"' * (SIZE // 2 - 2), UnreadableError),
    ("open objects a line", b"{\n" * (SIZE // 2), UnreadableError),
    ("empty events a line", b"{}\n" * (SIZE // 3), TooManyError),
]


@pytest.fixture(scope="module")
def ordinary() -> float:
    """Return the processor seconds in which the standard library reads 5 MB of JSON, on this machine and now."""
    body = b"[" + b"{}," * (SIZE // 3 - 1) + b"{}]"
    started = time.process_time()
    json.loads(body)
    return time.process_time() - started


@contextmanager
def bounded(ordinary: float) -> Iterator[None]:
    """Fail where a block takes many times as long as ordinary JSON does."""
    started = time.process_time()
    yield
    assert time.process_time() - started < TIMES * ordinary


@pytest.mark.parametrize(("body", "error"), [row[1:] for row in WORST], ids=[row[0] for row in WORST])
def test_the_worst_bodies_are_answered_within_a_bounded_time(
    body: bytes, error: type[Exception], ordinary: float
) -> None:
    with bounded(ordinary), pytest.raises(error):
        read_touchpoints(body)


@pytest.mark.parametrize("inner", [b"1,", b"{},", b"[", b",", b'"",'])
def test_the_worst_batches_are_answered_within_a_bounded_time(inner: bytes, ordinary: float) -> None:
    body = b'{"batch": [' + inner * (500_000 // len(inner)) + b"x]}"
    with bounded(ordinary):
        with pytest.raises((TooManyError, UnreadableError)):
            read_batch(body)
        assert keys_in(body) == []


def test_many_gzip_members_are_refused_before_they_are_read(ordinary: float) -> None:
    body = gzip.compress(b"") * 200_000
    with bounded(ordinary), pytest.raises(ApiError, match="members") as refused:
        gunzip(body, SIZE)

    assert refused.value.code == "bad_gzip"
    assert gunzip(gzip.compress(b"ab") * 64, SIZE) == b"ab" * 64


@pytest.mark.parametrize("end", [b"", b"1" + b"}" * 100_000])
def test_a_body_nested_without_end_is_too_deep(end: bytes) -> None:
    [event] = read_touchpoints(b'{"a":' * 100_000 + end).events

    assert isinstance(event, Refusal)
    assert event.reason is Reason.TOO_DEEP


def test_the_key_of_a_body_is_found_before_its_events_are_read() -> None:
    assert keys_in(b'{"batch": [{"a": NaN}], "writeKey": "k"}') == ["k"]
    assert keys_in(b'{"batch": [{"writeKey": "no"}], "writeKey": "k"}') == ["k"]
    assert keys_in(b"[1]") == []
