"""Whose event it is: which ids it carries, in which order, and which values stand for nobody."""

import json
from typing import Any

import pytest

from services.ingest.domain.context import context_of, read_context
from services.ingest.domain.identity import account_of, ids_of
from services.ingest.domain.refusal import Reason, Refusal, Remark
from services.ingest.domain.wire import Event, OwnEvent, read_event, read_own

BIG = 1 << 64


def read(fields: dict[str, Any], *, own: bool) -> Event:
    body = json.dumps(fields).encode()
    return read_own(body) if own else read_event(body)


def ids(fields: dict[str, Any], *, own: bool = True) -> tuple[list[tuple[str, str]], list[Remark]]:
    """Return the ids of an event and what was said about them."""
    event = read(fields, own=own)
    said: list[Remark] = []
    return ids_of(event, context_of(read_context(event.context)), lambda code, _: said.append(code)), said


def external(*entries: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    return {"context": {"externalIds": list(entries)}}


EMAIL = {"id": "a@b.c", "type": "email", "collection": "users", "encoding": "none"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"userId": "42"}, [("user", "42")]),
        ({"userId": 42}, [("user", "42")]),
        ({"userId": 42.0}, [("user", "42")]),
        ({"userId": 4.25}, [("user", "4.25")]),
        ({"userId": (1 << 64) - 1}, [("user", "18446744073709551615")]),
        ({"anonymousId": "a"}, [("anonymous", "a")]),
        ({"userId": None, "anonymousId": "a"}, [("anonymous", "a")]),
        ({"anonymousId": "a", "userId": "u"}, [("user", "u"), ("anonymous", "a")]),
        ({"anonymousId": "a", **external(EMAIL)}, [("email", "a@b.c"), ("anonymous", "a")]),
        ({"userId": "u", **external(EMAIL, EMAIL)}, [("user", "u"), ("email", "a@b.c")]),
        ({"type": "alias", "userId": "u", "previousId": "p"}, [("user", "u"), ("user", "p"), ("anonymous", "p")]),
        ({"type": "track", "userId": "u", "previousId": "p"}, [("user", "u")]),
        ({"ids": {"anonymous": "a", "crm": 7, "user": "u"}}, [("user", "u"), ("crm", "7"), ("anonymous", "a")]),
        ({"ids": {"user": ["u", "v"]}}, [("user", "u"), ("user", "v")]),
        ({"ids": {"user": None, "crm": []}, "userId": "u"}, [("user", "u")]),
        ({"ids": {"account": "x"}}, []),
        ({"userId": " 42 "}, [("user", " 42 ")]),
        ({"userId": "0x0"}, [("user", "0x0")]),
        ({"userId": "ä" * 256}, [("user", "ä" * 256)]),
    ],
)
def test_an_event_carries_its_ids_with_the_strongest_first(
    fields: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert ids(fields) == (expected, [])


@pytest.mark.parametrize(
    "value",
    ["", "0", "000", "-", "--", "-1", "0-0", "00000000-0000-0000-0000-000000000000", "null", "NULL", "undefined",
     "anonymous", "Anonymous", "none", "nil", "NaN", "[object Object]", " null ", "   ", 0, -0.0, -1],
    ids=repr,
)  # fmt: skip
def test_a_blocked_value_stands_for_nobody_and_that_is_said(value: str | float) -> None:
    assert ids({"userId": value, "anonymousId": "a"}) == ([("anonymous", "a")], [Remark.BLOCKED_ID])


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "e:mail", "id": "x"},
        {"type": "account", "id": "x"},
        {"type": "", "id": "x"},
        {"type": 5, "id": "x"},
        {"id": "x"},
        {"type": "crm", "id": True},
        {"type": "crm", "id": None},
        {"type": "crm", "id": ["x"]},
        {"type": "k" * 65, "id": "x"},
    ],
)
def test_an_external_id_that_is_none_is_left_out_and_that_is_said(entry: dict[str, Any]) -> None:
    assert ids({"userId": "u", **external(entry)}) == ([("user", "u")], [Remark.IGNORED_ID])


@pytest.mark.parametrize("context", [None, [], "x", {"externalIds": None}, {"externalIds": "x"}, {"externalIds": [5]}])
def test_a_strange_context_costs_nobody_an_event(context: Any) -> None:  # noqa: ANN401 (any JSON)
    assert ids({"userId": "u", "context": context}) == ([("user", "u")], [])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"userId": "x" * 513}, Reason.ID_TOO_LONG),
        ({"userId": "ä" * 257}, Reason.ID_TOO_LONG),
        ({"anonymousId": "\U0001f600" * 129}, Reason.ID_TOO_LONG),
        ({"userId": BIG}, Reason.NUMBER_OUT_OF_RANGE),
        ({"ids": {"e:mail": "x"}}, Reason.BAD_ID_KIND),
        ({"ids": {"": "x"}}, Reason.BAD_ID_KIND),
        ({"ids": {"k" * 65: "x"}}, Reason.BAD_ID_KIND),
        ({"ids": {"crm": [str(n) for n in range(1, 34)]}}, Reason.TOO_MANY_IDS),
    ],
)
def test_an_id_that_cannot_be_kept_refuses_the_event(fields: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(Refusal) as refused:
        ids(fields)

    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("fields", "own", "expected"),
    [
        ({"groupId": "g"}, False, "g"),
        ({"groupId": 7}, False, "7"),
        ({"context": {"groupId": "g"}}, False, "g"),
        ({"context": {"groupId": ["g"]}}, False, ""),
        ({"account": "a", "groupId": "g"}, True, "a"),
        ({"ids": {"account": "a"}}, True, "a"),
        ({"ids": {"account": ["a"]}}, True, "a"),
        ({"ids": {"account": []}, "groupId": "g"}, True, "g"),
        ({"groupId": "null"}, False, ""),
        ({"account": "0"}, True, ""),
        ({}, True, ""),
    ],
)
def test_an_event_names_its_account(fields: dict[str, Any], own: bool, expected: str) -> None:  # noqa: FBT001 (a table)
    event = read(fields, own=own)

    assert isinstance(event, OwnEvent) is own
    assert account_of(event, context_of(read_context(event.context)), lambda *_: None) == expected
