"""The worst bodies of 5 MB cost little: nobody can hold up the service with one."""

import gzip
import time

import pytest

from services.ingest.domain.parcel import keys_in, read_batch, read_touchpoints
from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.split import TooManyError, UnreadableError
from services.ingest.routes.bodies import gunzip
from shared.errors import ApiError

SIZE = 5 * 1024 * 1024
CPU_S = 1.5  # on a busy machine; each took 8 to 60 s

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


@pytest.mark.parametrize(("body", "error"), [row[1:] for row in WORST], ids=[row[0] for row in WORST])
def test_the_worst_bodies_are_answered_within_a_bounded_time(body: bytes, error: type[Exception]) -> None:
    started = time.process_time()
    with pytest.raises(error):
        read_touchpoints(body)

    assert time.process_time() - started < CPU_S


@pytest.mark.parametrize("inner", [b"1,", b"{},", b"[", b",", b'"",'])
def test_the_worst_batches_are_answered_within_a_bounded_time(inner: bytes) -> None:
    body = b'{"batch": [' + inner * (500_000 // len(inner)) + b"x]}"
    started = time.process_time()
    with pytest.raises((TooManyError, UnreadableError)):
        read_batch(body)

    assert keys_in(body) == []
    assert time.process_time() - started < CPU_S


def test_many_gzip_members_are_refused_before_they_are_read() -> None:
    body = gzip.compress(b"") * 200_000
    started = time.process_time()
    with pytest.raises(ApiError, match="members") as refused:
        gunzip(body, SIZE)

    assert refused.value.code == "bad_gzip"
    assert time.process_time() - started < CPU_S
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
