"""XES logs: the public ones, and hostile ones."""

import gzip
import io
import tracemalloc
from pathlib import Path

import pytest

from services.ingest.files.opening import FileError, Refusal, open_file
from services.ingest.files.xes import traces, xes_events
from tests.shared_data import shared_path


def log(body: str) -> io.BytesIO:
    return io.BytesIO(f'<?xml version="1.0"?><log xmlns="http://www.xes-standard.org/">{body}</log>'.encode())


def name(value: str) -> str:
    return f'<string key="concept:name" value="{value}"/>'


TIME = '<date key="time:timestamp" value="2026-01-01T12:00:00.000+02:00"/>'


@pytest.mark.parametrize(
    ("file", "cases", "events", "variants"),
    [
        ("running-example.xes", 6, 42, 6),
        ("helpdesk.xes.gz", 4580, 21348, 226),
        ("sepsis.xes.gz", 1050, 15214, 846),
        ("travel_international.xes.gz", 6449, 72151, 753),
    ],
)
def test_public_logs_are_read_whole(file: str, cases: int, events: int, variants: int) -> None:
    with open_file(shared_path(f"data/{file}")) as stream:
        found = list(traces(stream))
    assert (len(found), sum(len(trace) for _, trace in found), len({trace for _, trace in found})) == (
        cases,
        events,
        variants,
    )


def test_an_event_becomes_a_touchpoint_of_its_trace() -> None:
    body = (
        f'<global scope="event">{name("none")}</global>'
        f'<trace>{name("c1")}<string key="tier" value="gold"><string key="inner" value="x"/></string>'
        f'<event>{name("A")}{TIME}<int key="n" value="5"/><float key="x" value="1.5"/><boolean key="ok" value="true"/>'
        '<int key="odd" value="many"/></event></trace>'
    )
    (event,) = xes_events(log(body))
    assert isinstance(event, dict)
    assert event | {"messageId": ""} == {
        "type": "track",
        "event": "A",
        "userId": "c1",
        "timestamp": "2026-01-01T10:00:00Z",
        "ordinal": 1,
        "messageId": "",
        "properties": {"case:tier": "gold", "n": 5, "x": 1.5, "ok": True, "odd": "many"},
    }


def test_events_without_name_time_or_case_are_refused_and_the_others_read() -> None:
    body = (
        f"<trace>{name('c1')}<event>{name('A')}</event>\n<event>{TIME}</event><event>{name('B')}{TIME}</event></trace>\n"
        f"<trace><event>{name('A')}{TIME}</event></trace>"
    )
    found = list(xes_events(log(body)))
    assert [row for row in found if isinstance(row, Refusal)] == [
        Refusal(1, "no time"),
        Refusal(2, "the event has no concept:name"),
        Refusal(3, "the trace has no concept:name"),
    ]
    assert [row["event"] for row in found if isinstance(row, dict)] == ["B"]


def test_traces_keep_the_order_of_the_document_and_the_empty_ones() -> None:
    body = f"<trace>{name('c')}<event>{name('B')}</event><event>{name('A')}</event></trace><trace>{name('d')}</trace>"
    assert list(traces(log(body))) == [("c", ("B", "A")), ("d", ())]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><log>&b;</log>', "document type"),
        ('<?xml version="1.0"?><!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>', "document type"),
        ("<html></html>", "its root is <html>"),
        ("<log><trace></log>", "line 1: not XML"),
        ("<log>" + "<container>" * 100, "elements within elements"),
        ("<log><trace><event>", "not XML"),
    ],
)
def test_hostile_and_broken_documents_are_refused(text: str, said: str) -> None:
    with pytest.raises(FileError, match=said):
        list(xes_events(io.BytesIO(text.encode())))


def test_events_without_a_name_are_no_part_of_a_trace() -> None:
    body = f"<trace>{name('c')}<event>{TIME}</event><event>{name('A')}</event></trace>"
    assert list(traces(log(body))) == [("c", ("A",))]


def test_a_log_that_is_cut_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "log.xes.gz"
    body = "".join(f"<trace>{name(f'c{n}')}<event>{name('A')}{TIME}</event></trace>" for n in range(9_000))
    path.write_bytes(gzip.compress(f"<log>{body}</log>".encode())[:-2_000])
    with open_file(path) as stream, pytest.raises(FileError, match="broken or cut off"):
        list(traces(stream))


def test_memory_does_not_grow_with_the_log() -> None:
    body = "".join(f"<trace>{name(f'c{n}')}<event>{name('A')}{TIME}</event></trace>" for n in range(20_000))
    stream = log(body)
    tracemalloc.start()
    try:
        count = sum(len(events) for _, events in traces(stream))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak < 4_000_000
