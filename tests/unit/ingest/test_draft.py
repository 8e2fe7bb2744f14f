"""Drafts: from an event as sent to the touchpoint that is stored, by type, and what makes an event a dead letter."""

import json
from typing import Any

import pytest

from services.ingest.accept.submission import Submission, draft_all
from services.ingest.domain.limits import EVENT_ID, EVENT_NAME, NESTING, ORDINAL, WORD
from services.ingest.domain.parcel import read_batch, read_touchpoints
from services.ingest.domain.refusal import Reason, Remark
from shared.events import Touchpoint

TIME = "2026-11-21T17:57:27.143Z"
US = 1_795_283_847_143_000
TRACK: dict[str, Any] = {"type": "track", "event": "Paid", "userId": "u", "messageId": "m", "timestamp": TIME}


def submitted(*events: dict[str, Any], own: bool = False) -> Submission:
    """Return what becomes of some events at the Segment-compatible batch door, or at our own."""
    body = json.dumps(list(events) if own else {"batch": events}).encode()
    parcel = read_touchpoints(body) if own else read_batch(body)
    return draft_all("acme", "web", "/v1/batch", parcel)


def draft(event: dict[str, Any], *, own: bool = False) -> Touchpoint:
    """Return the touchpoint of one event that must be accepted."""
    submission = submitted(event, own=own)
    assert submission.refused == []
    [(_, touchpoint)] = submission.touchpoints
    return touchpoint


def reason(event: dict[str, Any], *, own: bool = False) -> str:
    """Return why one event is refused."""
    submission = submitted(event, own=own)
    assert submission.touchpoints == []
    [note] = submission.refused
    return note.code


def test_a_track_event_becomes_a_touchpoint() -> None:
    found = draft(
        TRACK
        | {"properties": {"total": 9.50, "b": [1]}, "context": {"ip": "::1"}, "channel": "web", "anonymousId": "a"}
    )

    assert found.v == 1
    assert (found.tenant, found.source, found.event_id, found.type, found.event) == (
        "acme",
        "web",
        "m",
        "track",
        "Paid",
    )
    assert found.ids == [("user", "u"), ("anonymous", "a")]
    assert (found.original_at, found.occurred_at, found.received_at, found.ordinal) == (US, 0, 0, 0)
    assert (found.channel, found.actor, found.account, found.dedupe) == ("web", "", "", True)
    assert bytes(found.attributes) == b'{"total": 9.5, "b": [1]}'
    assert bytes(found.context) == b'{"ip": "::1"}'
    assert bytes(found.traits) == b"{}"


@pytest.mark.parametrize("text", [b'{"n":1.10, "e":1e2,"u":"\\u00e9"}', b'{ "a" :\n1 }', b'{"b":1,"a":2}'])
def test_properties_keep_the_bytes_that_came(text: bytes) -> None:
    body = b'{"batch":[{"type":"track","event":"A","userId":"u","properties":' + text + b"}]}"
    [(_, found)] = draft_all("acme", "web", "/v1/batch", read_batch(body)).touchpoints

    assert bytes(found.attributes) == text


@pytest.mark.parametrize(
    ("more", "attributes"),
    [
        ({}, "{}"),
        ({"name": "Docs"}, '{"name":"Docs"}'),
        ({"name": "Docs", "category": "Help"}, '{"name":"Docs","category":"Help"}'),
        ({"name": "Docs", "properties": {"url": "/d"}}, '{"name":"Docs","url": "/d"}'),
        ({"name": "Docs", "properties": {"name": "Own"}}, '{"name": "Own"}'),
        ({"name": "Docs", "category": "c", "properties": {"name": "Own"}}, '{"category":"c","name": "Own"}'),
        ({"name": None, "category": None, "properties": None}, "{}"),
        ({"name": 'a"b\u00e9', "properties": {}}, '{"name":"a\\"b\u00e9"}'),
    ],
)
@pytest.mark.parametrize(("kind", "event"), [("page", "Page Viewed"), ("screen", "Screen Viewed")])
def test_a_page_or_screen_is_a_view_with_its_name_in_the_attributes(
    kind: str, event: str, more: dict[str, Any], attributes: str
) -> None:
    found = draft(TRACK | {"type": kind, "event": "ignored"} | more)

    assert (found.type, found.event) == (kind, event)
    assert bytes(found.attributes).decode() == attributes
    assert json.loads(bytes(found.attributes)) == json.loads(attributes)


@pytest.mark.parametrize(
    ("more", "traits"),
    [
        ({"traits": {"plan": "pro"}}, b'{"plan": "pro"}'),
        ({"context": {"traits": {"plan": "pro"}}}, b'{"plan":"pro"}'),
        ({"traits": {"plan": "pro"}, "context": {"traits": {"plan": "old"}}}, b'{"plan": "pro"}'),
        ({"traits": {}, "context": {"traits": {"plan": "pro"}}}, b'{"plan":"pro"}'),
        ({"traits": None, "context": {"traits": ["x"]}}, b"{}"),
        ({"context": None}, b"{}"),
    ],
)
def test_an_identify_takes_its_traits_from_where_they_are(more: dict[str, Any], traits: bytes) -> None:
    found = draft({"type": "identify", "userId": "u", "messageId": "m"} | more)

    assert (found.type, found.event, bytes(found.traits)) == ("identify", "", traits)


def test_a_group_names_its_account_and_an_alias_both_meanings_of_the_previous_id() -> None:
    group = draft({"type": "group", "userId": "u", "groupId": "g", "messageId": "m", "traits": {"size": 3}})
    alias = draft({"type": "alias", "userId": "u", "previousId": "p", "messageId": "m"})

    assert (group.account, group.ids, bytes(group.traits)) == ("g", [("user", "u")], b'{"size": 3}')
    assert alias.ids == [("user", "u"), ("user", "p"), ("anonymous", "p")]


def test_an_event_of_an_account_alone_is_accepted() -> None:
    assert draft({"type": "group", "groupId": "g", "messageId": "m"}).ids == []
    assert draft(TRACK | {"userId": None, "account": "x"}, own=True).account == "x"


def test_our_own_door_takes_more() -> None:
    found = draft(
        {"event": "Paid", "ids": {"crm": "7"}, "ordinal": 99, "channel": "phone", "actor": "ann", "account": "x"}
        | {"timestamp": US},
        own=True,
    )

    assert (found.type, found.ids, found.ordinal, found.channel) == ("track", [("crm", "7")], 99, "phone")
    assert (found.actor, found.account, found.original_at) == ("ann", "x", US)


@pytest.mark.parametrize("kind", ["merge", "split"])
def test_a_merge_and_a_split_name_two_ids_at_our_own_door(kind: str) -> None:
    event = {"type": kind, "messageId": "m", "ids": {"user": ["u", "v"]}}

    assert draft(event, own=True).ids == [("user", "u"), ("user", "v")]
    assert reason(event) == Reason.UNKNOWN_TYPE
    assert reason(event | {"ids": {"user": "u"}}, own=True) == Reason.NO_IDENTITY


def test_the_place_in_the_request_is_the_ordinal_of_those_that_give_none() -> None:
    events = [TRACK | {"messageId": str(n)} for n in range(3)]

    assert [t.ordinal for _, t in submitted(*events).touchpoints] == [0, 1, 2]
    assert [t.ordinal for _, t in submitted(*events, own=True).touchpoints] == [0, 1, 2]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"timestamp": TIME, "originalTimestamp": "2020-01-01"}, US),
        ({"timestamp": None, "originalTimestamp": TIME}, US),
        ({"timestamp": None}, 0),
        ({"timestamp": ""}, 0),
        ({"timestamp": "1970-01-01T00:00:00Z"}, 1),
        ({"timestamp": 0}, 1),
    ],
)
def test_the_clients_own_time_is_kept(fields: dict[str, Any], expected: int) -> None:
    assert draft(TRACK | fields).original_at == expected


@pytest.mark.parametrize(("given", "expected"), [("m", "m"), (7, "7"), (" m ", " m ")])
def test_the_clients_event_id_is_kept(given: str | int, expected: str) -> None:
    assert draft(TRACK | {"messageId": given}).event_id == expected


@pytest.mark.parametrize("missing", [{"messageId": None}, {"messageId": ""}, {"messageId": "  "}])
def test_without_an_event_id_one_is_derived_from_what_the_event_says(missing: dict[str, Any]) -> None:
    first, again = submitted(TRACK | missing, TRACK | missing | {"sentAt": TIME}).touchpoints
    other = draft(TRACK | missing | {"properties": {"a": 1}})

    assert first[1].event_id == again[1].event_id != other.event_id
    assert first[1].event_id.startswith("h_")
    assert first[1].dedupe


def test_without_event_id_and_time_an_event_is_accepted_and_said_not_to_be_deduplicated() -> None:
    bare = {"type": "track", "event": "A", "userId": "u"}
    submission = submitted(bare, bare)
    [(_, first), (_, second)] = submission.touchpoints

    assert first.event_id != second.event_id
    assert (first.dedupe, second.dedupe) == (False, False)
    assert [(n.index, n.event_id, n.code) for n in submission.notes] == [
        (0, first.event_id, Remark.NOT_DEDUPLICATED),
        (1, second.event_id, Remark.NOT_DEDUPLICATED),
    ]


def test_a_retry_has_the_same_key_and_content_whatever_its_sent_at_and_order_of_keys() -> None:
    event = TRACK | {"properties": {"a": 1, "b": 2}}
    first = draft(event | {"sentAt": "2026-11-21T18:00:00Z"})
    again = draft(dict(reversed(event.items())) | {"properties": {"b": 2, "a": 1}, "sentAt": "2026-11-21T18:10:00Z"})

    assert (first.event_id, first.original_at, first.ids, first.digest) == (
        again.event_id,
        again.original_at,
        again.ids,
        again.digest,
    )


@pytest.mark.parametrize(
    "other",
    [
        {"event": "Refunded"},
        {"properties": {"a": 2}},
        {"userId": "v"},
        {"timestamp": "2026-11-21"},
        {"traits": {"a": 1}},
    ],
)
def test_other_content_has_another_digest(other: dict[str, Any]) -> None:
    assert draft(TRACK | other).digest != draft(TRACK).digest


NESTED: Any = 1
for _ in range(NESTING + 1):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (TRACK | {"type": None}, Reason.UNKNOWN_TYPE),
        (TRACK | {"type": "Track"}, Reason.UNKNOWN_TYPE),
        (TRACK | {"event": None}, Reason.NO_EVENT_NAME),
        (TRACK | {"event": " "}, Reason.NO_EVENT_NAME),
        (TRACK | {"event": "x" * (EVENT_NAME + 1)}, Reason.FIELD_TOO_LONG),
        (TRACK | {"channel": "x" * (WORD + 1)}, Reason.FIELD_TOO_LONG),
        (TRACK | {"userId": None}, Reason.NO_IDENTITY),
        (TRACK | {"userId": "null"}, Reason.NO_IDENTITY),
        ({"type": "alias", "userId": "u"}, Reason.NO_IDENTITY),
        ({"type": "alias", "userId": "u", "previousId": "0"}, Reason.NO_IDENTITY),
        (TRACK | {"messageId": "x" * (EVENT_ID + 1)}, Reason.ID_TOO_LONG),
        (TRACK | {"timestamp": "soon"}, Reason.BAD_TIME),
        (TRACK | {"properties": [1]}, Reason.WRONG_TYPE),
        (TRACK | {"properties": "x"}, Reason.WRONG_TYPE),
        (TRACK | {"properties": 0}, Reason.WRONG_TYPE),
        (TRACK | {"properties": False}, Reason.WRONG_TYPE),
        (TRACK | {"traits": ""}, Reason.WRONG_TYPE),
        (TRACK | {"properties": {"a": "\0"}}, Reason.BAD_TEXT),
        (TRACK | {"properties": {"\0": 1}}, Reason.BAD_TEXT),
        (TRACK | {"properties": {"a": [{"b": "\0"}]}}, Reason.BAD_TEXT),
        (TRACK | {"traits": {"a": "\0"}}, Reason.BAD_TEXT),
        (TRACK | {"context": {"a": "\0"}}, Reason.BAD_TEXT),
        (TRACK | {"event": "a\0"}, Reason.BAD_TEXT),
        (TRACK | {"userId": "a\0"}, Reason.BAD_TEXT),
        (TRACK | {"messageId": "a\0"}, Reason.BAD_TEXT),
        (TRACK | {"channel": "a\0"}, Reason.BAD_TEXT),
        (TRACK | {"groupId": "a\0"}, Reason.BAD_TEXT),
        (TRACK | {"messageId": None, "zzz": "\0"}, Reason.BAD_TEXT),
        (TRACK | {"properties": {"a": 1 << 64}}, Reason.NUMBER_OUT_OF_RANGE),
        (TRACK | {"properties": {"a": [-(1 << 63) - 1]}}, Reason.NUMBER_OUT_OF_RANGE),
        (TRACK | {"traits": {"a": 1 << 64}}, Reason.NUMBER_OUT_OF_RANGE),
        (TRACK | {"context": {"a": 1 << 64}}, Reason.NUMBER_OUT_OF_RANGE),
        (TRACK | {"properties": {"a": NESTED}}, Reason.TOO_DEEP),
        (TRACK | {"traits": {"a": NESTED}}, Reason.TOO_DEEP),
        (TRACK | {"context": {"a": NESTED}}, Reason.TOO_DEEP),
    ],
)
def test_what_cannot_be_kept_refuses_the_event_at_both_doors(event: dict[str, Any], expected: Reason) -> None:
    assert reason(event) == expected
    if event.get("type") is not None:
        assert reason(event, own=True) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"ordinal": -1}, Reason.BAD_ORDINAL),
        ({"ordinal": ORDINAL}, Reason.BAD_ORDINAL),
        ({"ordinal": "1"}, Reason.WRONG_TYPE),
        ({"actor": "x" * (WORD + 1)}, Reason.FIELD_TOO_LONG),
        ({"actor": "\0"}, Reason.BAD_TEXT),
        ({"ids": ["u"]}, Reason.WRONG_TYPE),
        ({"ids": {"crm": {"a": 1}}}, Reason.WRONG_TYPE),
        ({"ids": {"crm": "a\0"}}, Reason.BAD_TEXT),
    ],
)
def test_what_only_our_own_door_takes_is_tested_too(more: dict[str, Any], expected: Reason) -> None:
    assert reason(TRACK | more, own=True) == expected


def test_a_refused_event_keeps_its_place_and_id_in_the_answer() -> None:
    submission = submitted(TRACK, TRACK | {"messageId": "bad", "event": 5}, TRACK | {"messageId": "n", "userId": ""})

    assert [(n.index, n.event_id, n.code) for n in submission.refused] == [
        (1, "bad", Reason.WRONG_TYPE),
        (2, "n", Reason.NO_IDENTITY),
    ]
    assert [index for index, _ in submission.touchpoints] == [0]


def test_a_literal_backslash_u0000_is_no_nul() -> None:
    assert draft(TRACK | {"properties": {"a": "\\u0000"}}).event == "Paid"
