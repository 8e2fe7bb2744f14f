"""The bytes of every record, pinned: what is on a log today must be readable, and mean the same, for years.

A golden case is never edited to fit. A new field gets a default, and a case of its own.
"""

from collections.abc import Callable

import msgspec
import pytest
from msgspec import Raw, Struct

from shared import events
from shared.events import Because, DeadLetter, Fact, NextStep, Proof, Touchpoint, Watermark

PROOF = Proof(event_id="e-1", source="web", event="Paid", occurred_at=1_700_000_000_000_000)
PROOF_BYTES = b'{"event_id":"e-1","source":"web","event":"Paid","occurred_at":1700000000000000}'

GOLDEN: dict[str, tuple[Struct, bytes]] = {
    "a touchpoint with nothing but what it needs": (
        Touchpoint(
            v=1,
            tenant="acme",
            source="web",
            event_id="e-1",
            type="track",
            ids=[("user", "42")],
            digest=2**64 - 1,
            occurred_at=1_700_000_000_000_000,
            received_at=1_700_000_000_000_001,
        ),
        (
            b'{"v":1,"tenant":"acme","source":"web","event_id":"e-1","type":"track","ids":[["user","42"]],'
            b'"digest":18446744073709551615,"occurred_at":1700000000000000,"received_at":1700000000000001}'
        ),
    ),
    "a touchpoint with everything": (
        Touchpoint(
            v=1,
            tenant="acme",
            source="web",
            event_id="é-1",
            type="page",
            ids=[("user", "42"), ("crm", "c7"), ("anonymous", "a/b")],
            digest=0,
            occurred_at=-1,
            received_at=2,
            original_at=3,
            ordinal=4,
            event="Page Viewed",
            channel="web",
            actor="agent:9",
            account="org",
            attributes=Raw(b'{"b":1,"a":[1.50,null]}'),
            traits=Raw(b'{"plan":"pro"}'),
            context=Raw(b'{"ip":"::1"}'),
            dedupe=False,
        ),
        '{"v":1,"tenant":"acme","source":"web","event_id":"é-1","type":"page",'
        '"ids":[["user","42"],["crm","c7"],["anonymous","a/b"]],"digest":0,"occurred_at":-1,"received_at":2,'
        '"original_at":3,"ordinal":4,"event":"Page Viewed","channel":"web","actor":"agent:9","account":"org",'
        '"attributes":{"b":1,"a":[1.50,null]},"traits":{"plan":"pro"},"context":{"ip":"::1"},"dedupe":false}'.encode(),
    ),
    "a fact with nothing but what it needs": (
        Fact(
            id="7/trial/1/stall:invite:1@3",
            source="/journey",
            type="waypost.stall",
            time="2023-11-14T22:13:20Z",
            tenant="acme",
            customer=7,
        ),
        (
            b'{"specversion":"1.0","id":"7/trial/1/stall:invite:1@3","source":"/journey","type":"waypost.stall",'
            b'"time":"2023-11-14T22:13:20Z","tenant":"acme","customer":7}'
        ),
    ),
    "a fact with everything": (
        Fact(
            id="7/trial/1/stall:invite:1@3",
            source="/journey",
            type="waypost.stall",
            time="2023-11-14T22:13:20Z",
            tenant="acme",
            customer=7,
            ids=["user:42"],
            finding="7/trial/1/stall:invite:1",
            seq=3,
            stands=False,
            map="trial",
            n=1,
            map_version=2,
            engine_version=5,
            as_of=1_700_000_000_000_000,
            kind="stall",
            about="invite",
            certain=False,
            status="stalled",
            cost=4,
            proof=[PROOF],
            numbers={"threshold": 1.5, "level": "stalled"},
            next=NextStep(step="invite", why="it is next", owner="csm"),
            historical=True,
            because=Because(late=PROOF, map_version=2, engine_version=5, merged_into=1, was=["8/trial/1/path:pay:1"]),
            machine_at=9,
            text="Waits for invite",
            severity="high",
            journey_over=True,
        ),
        b'{"specversion":"1.0","id":"7/trial/1/stall:invite:1@3","source":"/journey","type":"waypost.stall",'
        b'"time":"2023-11-14T22:13:20Z","tenant":"acme","customer":7,"ids":["user:42"],'
        b'"finding":"7/trial/1/stall:invite:1","seq":3,"stands":false,"map":"trial","n":1,"map_version":2,'
        b'"engine_version":5,"as_of":1700000000000000,"kind":"stall","about":"invite","certain":false,'
        b'"status":"stalled","cost":4,"proof":[' + PROOF_BYTES + b'],"numbers":{"threshold":1.5,"level":"stalled"},'
        b'"next":{"step":"invite","why":"it is next","owner":"csm"},"historical":true,"because":{"late":'
        + PROOF_BYTES
        + b',"map_version":2,"engine_version":5,"merged_into":1,"was":["8/trial/1/path:pay:1"]},"machine_at":9,'
        b'"text":"Waits for invite","severity":"high","journey_over":true}',
    ),
    "a fact about a customer with a name and an owner": (
        Fact(
            id="7/trial/1/stall:invite:1@3",
            source="/journey",
            type="waypost.stall",
            time="2023-11-14T22:13:20Z",
            tenant="acme",
            customer=7,
            name="Käthe",
            owner="csm:4",
        ),
        '{"specversion":"1.0","id":"7/trial/1/stall:invite:1@3","source":"/journey","type":"waypost.stall",'
        '"time":"2023-11-14T22:13:20Z","tenant":"acme","customer":7,"name":"Käthe","owner":"csm:4"}'.encode(),
    ),
    "a watermark": (
        Watermark(part=0, heard_until=5, judged_until=-3_600_000_000),
        b'{"part":0,"heard_until":5,"judged_until":-3600000000}',
    ),
    "a dead letter with nothing but what it needs": (
        DeadLetter(
            tenant="acme", source="web", reason="too_old", error="before 1990", stage="ingest", machine_at=5, body="{}"
        ),
        (
            b'{"v":1,"tenant":"acme","source":"web","reason":"too_old","error":"before 1990","stage":"ingest",'
            b'"machine_at":5,"body":"{}"}'
        ),
    ),
    "a dead letter with everything": (
        DeadLetter(
            tenant="acme",
            source="web",
            event_id="e-1",
            reason="conflict",
            error="other content",
            stage="journey",
            machine_at=5,
            body='{"event":"\ufffd"}',
            door="/v1/batch",
        ),
        '{"v":1,"tenant":"acme","source":"web","event_id":"e-1","reason":"conflict","error":"other content",'
        '"stage":"journey","machine_at":5,"body":"{\\"event\\":\\"\ufffd\\"}","door":"/v1/batch"}'.encode(),
    ),
}

DECODERS = {
    Touchpoint: events.decode_touchpoint,
    Fact: events.decode_fact,
    Watermark: events.decode_watermark,
    DeadLetter: events.decode_dead_letter,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_record_has_exactly_these_bytes(name: str) -> None:
    record, data = GOLDEN[name]
    assert events.encode(record) == data


@pytest.mark.parametrize("name", GOLDEN)
def test_these_bytes_are_exactly_that_record(name: str) -> None:
    record, data = GOLDEN[name]
    assert DECODERS[type(record)](data) == record


@pytest.mark.parametrize("name", GOLDEN)
def test_fields_that_are_not_known_yet_are_ignored(name: str) -> None:
    record, data = GOLDEN[name]
    later = data[:-1] + b',"of_a_later_version":{"deep":[1,2]}}'
    assert DECODERS[type(record)](later) == record


@pytest.mark.parametrize("name", GOLDEN)
def test_a_record_without_one_of_its_needed_fields_is_refused(name: str) -> None:
    record, data = GOLDEN[name]
    needed = [field.encode_name for field in msgspec.structs.fields(type(record)) if field.required]
    assert needed
    for missing in needed:
        rest = {key: value for key, value in msgspec.json.decode(data).items() if key != missing}
        with pytest.raises(msgspec.ValidationError, match=missing):
            DECODERS[type(record)](msgspec.json.encode(rest))


@pytest.mark.parametrize("decode", DECODERS.values())
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"v":"one"}',
        b"\xff",
        b'{"tenant":"\xff"}',
        b'{"more":' + b"[" * 9999 + b"]" * 9999 + b"}",
    ],
)
def test_what_is_no_record_is_refused_with_one_class_of_error(decode: Callable[[bytes], Struct], data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(data)


INTEGERS = [
    (name, field.name)
    for name, (record, _) in GOLDEN.items()
    for field in msgspec.structs.fields(type(record))
    if isinstance(getattr(record, field.name), int) and not isinstance(getattr(record, field.name), bool)
]


@pytest.mark.parametrize(("name", "field"), INTEGERS)
@pytest.mark.parametrize("number", [-(2**64), 2**64])
def test_an_integer_that_no_database_holds_is_refused(name: str, field: str, number: int) -> None:
    record, data = GOLDEN[name]
    changed = msgspec.json.encode({**msgspec.json.decode(data), field: number})
    with pytest.raises(msgspec.ValidationError, match=field):
        DECODERS[type(record)](changed)


def test_the_version_is_always_written_even_where_it_has_a_default() -> None:
    """A later reader must not take an old record for one of its own version."""
    letter, _ = GOLDEN["a dead letter with nothing but what it needs"]
    fact, _ = GOLDEN["a fact with nothing but what it needs"]
    assert msgspec.json.decode(events.encode(letter))["v"] == 1
    assert msgspec.json.decode(events.encode(fact))["specversion"] == "1.0"


def test_nested_json_is_carried_byte_for_byte() -> None:
    """Digests and timelines show what the client sent, not what a parser made of it."""
    raw = b'{ "n": 1.10e3, "n": 2, "u": "\\u00e9" }'
    start = GOLDEN["a touchpoint with nothing but what it needs"][1][:-1]
    found = events.decode_touchpoint(start + b',"attributes":' + raw + b"}")
    assert bytes(found.attributes) == raw
    assert raw in events.encode(found)


# SHA-256 never changes, and these numbers are stored: as partitions, deduplication keys and digests.
@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (events.hash64(b""), 0xE3B0C44298FC1C14),
        (events.event_hash("web", "e-1"), 7659535583718237502),
        (events.event_hash("", ""), 7940984811893783192),
        (events.partition_of("acme", ("user", "42"), 1), 0),
        (events.partition_of("acme", ("user", "42"), 8), 3),
        (events.partition_of("acme", ("user", "43"), 1024), 715),
        (events.signed64(2**64 - 1), -1),
        (events.signed64(2**63), -(2**63)),
        (events.signed64(2**63 - 1), 2**63 - 1),
    ],
)
def test_hashes_that_are_stored_never_change(number: int, expected: int) -> None:
    assert number == expected


def test_source_and_event_id_do_not_run_into_each_other() -> None:
    assert events.event_hash("a", "bc") != events.event_hash("ab", "c")


def test_the_strongest_id_comes_first_and_equals_keep_their_order() -> None:
    given = [("anonymous", "a"), ("crm", "1"), ("user", "u"), ("shop", "2"), ("crm", "1")]
    assert events.strongest_first(given) == [("user", "u"), ("crm", "1"), ("shop", "2"), ("anonymous", "a")]


def test_a_history_is_ordered_by_time_ordinal_event_and_source() -> None:
    record = GOLDEN["a touchpoint with everything"][0]
    assert isinstance(record, Touchpoint)
    assert events.history_key(record) == (-1, 4, "é-1", "web")
