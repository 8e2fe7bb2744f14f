"""Who is who in a file, and what each customer did."""

import gc
from pathlib import Path
from typing import Any

import pytest

from shared.events import Touchpoint
from waypost.commands.histories import Past
from waypost.commands.touchpoints import UnfitError, touchpoint_of
from waypost.commands.traces import read_past


def touchpoints(*rows: dict[str, Any]) -> list[Touchpoint]:
    return [
        touchpoint_of({"messageId": f"m{n}", "timestamp": f"2026-01-{n + 1:02}T00:00:00Z", **row})
        for n, row in enumerate(rows)
    ]


def histories(subject: str, *rows: dict[str, Any]) -> list[tuple[list[str], list[str], list[int]]]:
    past = Past()
    for touchpoint in touchpoints(*rows):
        past.add(touchpoint)
    return [
        (
            [f"{kind}:{value}" for kind, value in history.ids],
            [touchpoint.event for touchpoint, _ in history.acts if touchpoint.event],
            [person for touchpoint, person in history.acts if touchpoint.event],
        )
        for history in past.histories(subject)
    ]


def test_persons_have_what_they_did_under_all_their_ids() -> None:
    found = histories(
        "person",
        {"event": "A", "anonymousId": "x"},
        {"event": "A", "userId": "v"},
        {"type": "identify", "userId": "u", "anonymousId": "x"},
        {"event": "B", "userId": "u"},
    )
    assert [(ids, events) for ids, events, _ in found] == [(["anonymous:x", "user:u"], ["A", "B"]), (["user:v"], ["A"])]


def test_accounts_have_what_names_them_and_what_members_did_since_they_joined() -> None:
    found = histories(
        "account",
        {"event": "Before", "userId": "u"},
        {"type": "group", "userId": "u", "groupId": "acme"},
        {"event": "Since", "userId": "u"},
        {"event": "Named", "userId": "v", "groupId": "acme"},
        {"event": "Elsewhere", "userId": "u", "groupId": "other"},
        {"event": "Alone", "groupId": "acme"},
    )
    events = {ids[0]: (names, persons) for ids, names, persons in found}
    assert events["account:acme"][0] == ["Since", "Named", "Alone"]
    assert len(set(events["account:acme"][1])) == 3
    assert events["account:other"][0] == ["Elsewhere"]


def test_the_same_touchpoint_counts_once_and_another_time_is_another() -> None:
    row = {"event": "A", "userId": "u", "messageId": "m"}
    past = Past()
    for touchpoint in [*touchpoints(row), *touchpoints(row), *touchpoints({} | row | {"timestamp": "2026-02-01"})]:
        past.add(touchpoint)
    (history,) = past.histories("person")
    assert len(history.acts) == 2


def test_histories_are_in_order_whatever_the_order_of_the_file() -> None:
    rows = touchpoints({"event": "A", "userId": "u"}, {"event": "B", "userId": "u"}, {"event": "C", "userId": "u"})
    for order in (rows, rows[::-1]):
        past = Past()
        for touchpoint in order:
            past.add(touchpoint)
        (history,) = past.histories("person")
        assert [touchpoint.event for touchpoint, _ in history.acts] == ["A", "B", "C"]


def test_a_row_is_received_when_it_happened_unless_it_says_otherwise() -> None:
    usual, late = touchpoints(
        {"event": "A", "userId": "u"}, {"event": "A", "userId": "u", "receivedAt": "2026-03-01T00:00:00Z"}
    )
    assert usual.received_at == usual.occurred_at == usual.original_at
    assert late.received_at - late.occurred_at == 58 * 86_400_000_000


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"event": "A", "userId": "0"}, "An event needs"),
        ({"event": "A" * 300, "userId": "u"}, "longer than"),
        ({"event": "A", "userId": "u", "timestamp": "1980-01-01T00:00:00Z"}, "before 1990"),
        ({"event": "A", "userId": "u", "properties": [1]}, "must be an object"),
        ({"event": "A", "userId": {"x": 1}}, "Expected"),
    ],
)
def test_what_ingest_would_refuse_is_unfit(row: dict[str, Any], said: str) -> None:
    with pytest.raises(UnfitError, match=said):
        touchpoints(row)


def test_reading_says_how_far_it_is(tmp_path: Path) -> None:
    heard: list[tuple[float, str]] = []
    path = tmp_path / "past.csv"
    path.write_text("user,event,time\n" + "".join(f"u-{n},x,2026-01-01\n" for n in range(2500)))
    read_past(path, pytest.fail, at=lambda part, said: heard.append((part, said)))

    assert [said for _, said in heard] == ["0 rows read", "1,000 rows read", "2,000 rows read"]
    assert 0 <= heard[0][0] <= heard[1][0] <= heard[2][0] <= 1
    assert gc.isenabled()
