"""JSON lines in the form that the API takes."""

import json
from pathlib import Path

import pytest

from services.ingest.files.opening import Event, Refusal
from services.ingest.files.read import EventFile


def read(folder: Path, *lines: object) -> list[Event | Refusal]:
    path = folder / "events.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    with EventFile(path) as file:
        assert file.columns() == {}
        return list(file.events())


def test_an_event_is_kept_and_what_it_lacks_is_added(tmp_path: Path) -> None:
    given = {
        "event": "X",
        "userId": "a",
        "timestamp": "2026-01-01T00:00:00+01:00",
        "properties": {"n": 1},
        "receivedAt": "r",
    }
    own = given | {"type": "identify", "messageId": "m", "ordinal": 7}
    first, second = read(tmp_path, given, own)
    assert isinstance(first, dict)
    assert first == given | {
        "type": "track",
        "timestamp": "2025-12-31T23:00:00Z",
        "messageId": first["messageId"],
        "ordinal": 1,
    }
    assert second == own | {"timestamp": "2025-12-31T23:00:00Z"}


def test_identical_lines_are_two_events_with_stable_ids(tmp_path: Path) -> None:
    given = {"event": "X", "userId": "a", "timestamp": "2026-01-01"}
    once, again = (read(tmp_path, given, given) for _ in range(2))
    assert once == again
    assert len({row["messageId"] for row in once if isinstance(row, dict)}) == 2


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"event": "X"', "not JSON"),
        ("[1]", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ({"userId": "a", "timestamp": "2026-01-01"}, "no event name"),
        ({"event": 5, "userId": "a", "timestamp": "2026-01-01"}, "no event name"),
        ({"event": "X", "timestamp": "2026-01-01"}, "no customer"),
        ({"event": "X", "userId": "a"}, "no time (`timestamp`)"),
        ({"event": "X", "userId": "a", "timestamp": "soon"}, "not a time"),
        ({"event": "X", "userId": "a", "timestamp": [1]}, "`timestamp` is not a time"),
        ({"event": "X", "userId": "a", "timestamp": True}, "`timestamp` is not a time"),
        ('{"event": "' + "x" * 1_100_000 + '"}', "the line is too long"),
    ],
)
def test_a_bad_line_is_refused_and_the_next_is_read(tmp_path: Path, line: object, reason: str) -> None:
    good = {"event": "X", "userId": "a", "timestamp": "2026-01-01"}
    first, second, third = read(tmp_path, good, line, "", good)[:3]
    assert isinstance(first, dict)
    assert isinstance(second, Refusal)
    assert second.line == 2
    assert reason in second.reason
    assert isinstance(third, dict)
    assert third["ordinal"] == 4
