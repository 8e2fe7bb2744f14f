"""Bodies as events: one that cannot be read never costs the others, and a body that is broken says so."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.domain.parcel import Parcel, read_again, read_batch, read_single, read_touchpoints
from services.ingest.domain.refusal import Reason, Refusal
from services.ingest.domain.split import TooManyError, UnreadableError

GOOD = b'{"type":"track","event":"A","userId":"u"}'
DEEP = b"[" * 100_000 + b"]" * 100_000


def batch(*events: bytes, more: bytes = b"") -> bytes:
    return b'{"batch": [' + b", ".join(events) + b"]" + more + b"}"


def verdicts(parcel: Parcel) -> list[str]:
    return [event.reason.value if isinstance(event, Refusal) else "ok" for event in parcel.events]


BROKEN = [
    (b'{"type":"track","event":5}', Reason.WRONG_TYPE),
    (b'{"type":"track","userId":true}', Reason.WRONG_TYPE),
    (b'{"type":"track","userId":["u"]}', Reason.WRONG_TYPE),
    (b"5", Reason.WRONG_TYPE),
    (b"null", Reason.WRONG_TYPE),
    (b'"x"', Reason.WRONG_TYPE),
    (b"[]", Reason.WRONG_TYPE),
    (b'{"type":"track","properties":{"a":NaN}}', Reason.BAD_JSON),
    (b'{"type":"track","properties":{"a":Infinity}}', Reason.BAD_JSON),
    (b'{"type" "track"}', Reason.BAD_JSON),
    (b"{'type': 'track'}", Reason.BAD_JSON),
    (b'{"type":"track",}', Reason.BAD_JSON),
    (b'{"event":"\\x"}', Reason.BAD_JSON),
    (b'{"event":"a\x00b"}', Reason.BAD_JSON),
    (b'{"event":"\\ud800"}', Reason.BAD_TEXT),
    (b'{"event":"\\udc00\\ud800"}', Reason.BAD_TEXT),
    (b'{"event":"\xff"}', Reason.BAD_TEXT),
    (b'{"event":"\xed\xa0\x80"}', Reason.BAD_TEXT),
    (b'{"timestamp":1e999}', Reason.NUMBER_OUT_OF_RANGE),
    (b'{"z":' + DEEP + b"}", Reason.TOO_DEEP),
]


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
def test_a_broken_event_in_a_batch_costs_only_itself(broken: bytes, reason: Reason) -> None:
    parcel = read_batch(batch(GOOD, broken, GOOD, more=b', "sentAt": "2026-11-21T17:57:27Z", "writeKey": "k"'))

    assert verdicts(parcel) == ["ok", reason, "ok"]
    assert parcel.raw(1) == broken
    assert parcel.raw(2) == GOOD
    assert (parcel.sent, parcel.write_key) == (1_795_283_847_000_000, "k")


@pytest.mark.parametrize(("broken", "reason"), BROKEN)
def test_a_broken_event_in_a_list_or_a_line_costs_only_itself(broken: bytes, reason: Reason) -> None:
    assert verdicts(read_touchpoints(b"[" + GOOD + b"," + broken + b"]")) == ["ok", reason]
    lines = read_touchpoints(GOOD + b"\n" + broken + b"\n" + GOOD)
    assert verdicts(lines) == ["ok", reason, "ok"]
    assert lines.raw(1) == broken


@pytest.mark.parametrize(
    "body",
    [b"", b" ", b"x", b"5", b"null", b"[]", b"{}", b'"x"', b'{"batch": 5}', b'{"batch": {}}', b'{"batch": null}', b"{",
     batch(GOOD)[:-1], batch(GOOD)[:-2], batch(GOOD)[:-10], batch(GOOD) + b"x", batch(GOOD) + batch(GOOD),
     batch(GOOD, b""), batch(b"", GOOD), batch(GOOD, more=b', "sentAt": '), b"\xff\xfe", DEEP, b'{"batch": ' + DEEP,
     b'{"batch": [' * 1000, batch(GOOD, more=b', "a": NaN'), b'{"batch": ["}', b'{"batch": [{"a": "b]}'],
)  # fmt: skip
def test_a_batch_that_is_broken_as_a_whole_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_batch(body)


@pytest.mark.parametrize("body", [b"", b" \n ", b"x", b"[" + GOOD, b"[" + GOOD + b"] x", b"[,]", GOOD[:-1], b"\xff"])
def test_touchpoints_that_are_broken_as_a_whole_are_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_touchpoints(body)


@pytest.mark.parametrize(
    "body", [b"", b"x", GOOD[:-1], GOOD + b"x", b'{"a": NaN}', b'{"event": 5, "a": NaN}', b"\xff", b'{"event": 5']
)
def test_a_single_event_that_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_single(body, "track")


@pytest.mark.parametrize("body", [b"5", b"[]", b"null", b'{"event": 5, "writeKey": "k"}'])
def test_a_single_event_of_wrong_types_is_one_refusal(body: bytes) -> None:
    parcel = read_single(body, "track")

    assert verdicts(parcel) == [Reason.WRONG_TYPE]
    assert parcel.raw(0) == body
    assert parcel.write_key == ("k" if b"writeKey" in body else "")


@pytest.mark.parametrize("body", [DEEP, b'{"z": ' + DEEP + b"}", b'{"event": 5, "z": ' + DEEP + b"}"])
def test_a_single_event_that_is_nested_without_end_is_one_refusal(body: bytes) -> None:
    assert verdicts(read_single(body, "track")) == [Reason.TOO_DEEP]


def test_the_path_names_the_type_of_a_single_event() -> None:
    [event] = read_single(b'{"type": "page", "event": "A"}', "track").events

    assert not isinstance(event, Refusal)
    assert event.type == "track"


def test_an_empty_batch_holds_nothing() -> None:
    assert read_batch(b'{"batch": []}').events == []
    assert read_batch(b'{"batch": [ ], "a": [1, {"b": "]"}]}').events == []


@pytest.mark.parametrize("text", ['a"b', "a\\", "]}", ',"', '\\"]', "é😀", "{[,"])
def test_brackets_and_quotes_in_texts_bound_no_event(text: str) -> None:
    tricky = json.dumps({"type": "track", "event": text, "userId": "u"}).encode()
    parcel = read_batch(b'{"batch2": [1], "x": "batch", "batch": [' + tricky + b', {"a": NaN}, ' + tricky + b"]}")

    assert verdicts(parcel) == ["ok", Reason.BAD_JSON, "ok"]
    assert parcel.raw(0) == parcel.raw(2) == tricky


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        GOOD + b"\n",
        b"\r\n" + GOOD,
        json.dumps(json.loads(GOOD), indent=2).encode(),
        b"[" + GOOD + b"]",
        b" [ " + GOOD + b" ] ",
    ],
)
def test_one_touchpoint_may_stand_alone_in_a_list_or_on_many_lines(body: bytes) -> None:
    parcel = read_touchpoints(body)

    assert verdicts(parcel) == ["ok"]
    assert json.loads(parcel.raw(0)) == json.loads(GOOD)


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"\n\n", b"\n  ", b" ", b"", b"\t", b" \n\n "])
def test_touchpoints_may_stand_one_a_line(between: bytes) -> None:
    parcel = read_touchpoints(between.join([GOOD, GOOD, GOOD]) + between)

    assert verdicts(parcel) == ["ok"] * 3
    assert [raw.strip() for raw in parcel.raws] == [GOOD] * 3


PIECES = [GOOD, json.dumps(json.loads(GOOD), indent=1).encode(), b"{}", b"5", b"[]", b"[", b"]", b",", b" ", b"\n",
          b"\r", b"\x0b", b"\0", b'"', b'{"event":"\\x"}', b'{"event":5}', b'{"batch":[', b'{"batch":[{},{}]}', b"]}",
          b"NaN", b'{"z":' + b"[" * 900 + b"]" * 900 + b"}", DEEP]  # fmt: skip


@pytest.mark.parametrize("read", [read_batch, read_touchpoints])
@given(pieces=st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=7))
def test_what_was_read_as_so_many_events_is_cut_into_as_many(
    read: Callable[[bytes], Parcel], pieces: list[bytes]
) -> None:
    try:
        parcel = read(b"".join(pieces))
        assert len(parcel.raws) == len(parcel.events)
    except (UnreadableError, TooManyError):
        pass


@pytest.mark.parametrize("body", [GOOD + b"{}", b"{} {}", b" {}\t" + GOOD + b"\n5", GOOD + b"\n{} {}"])
def test_events_that_share_a_line_are_kept_apart(body: bytes) -> None:
    assert b"".join(read_touchpoints(body).raws) == body.replace(b" ", b"").replace(b"\t", b"").replace(b"\n", b"")


@pytest.mark.parametrize(
    ("door", "kind", "own"),
    [
        ("/v1/batch", "track", False),
        ("/v1/page", "page", False),
        ("/v1/touchpoints", "track", True),
        ("", "track", True),
    ],
)
def test_a_dead_letter_is_read_as_its_door_did(door: str, kind: str, own: bool) -> None:  # noqa: FBT001 (a table)
    parcel = read_again(GOOD, door)
    [event] = parcel.events

    assert not isinstance(event, Refusal)
    assert (event.type, parcel.own) == (kind, own)


def test_escapes_that_could_be_nul_make_a_parcel_careful() -> None:
    cases: list[tuple[Any, bool]] = [(GOOD, False), (b'{"a":"\\n"}', False), (b'{"a":"\\u0000"}', True)]

    assert [read_single(body, "track").careful for body, _ in cases] == [careful for _, careful in cases]
