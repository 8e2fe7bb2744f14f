"""What is read out of dead letters."""

import json

import pytest

from shared.events import Fact, Touchpoint, encode
from waypost.commands.letters import whose


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"userId": 42, "anonymousId": "x", "event": 7}, ["user:42", "anonymous:x"]),
        ({"ids": {"email": ["a@b.c", "d@e.f"], "crm": 7, "user": None}}, ["email:a@b.c", "email:d@e.f", "crm:7"]),
        ({"groupId": "acme", "account": "acme"}, ["account:acme"]),
        ({"userId": "", "anonymousId": None, "ids": 3}, []),
        ({"userId": {"a": 1}, "ids": [3, ["user"], ["user", [1]]]}, []),
        ([1], []),
        (None, []),
    ],
)
def test_an_event_as_received_says_whose_it_was(body: object, ids: list[str]) -> None:
    assert whose(json.dumps(body)) == ids


def test_touchpoints_and_facts_say_it_too() -> None:
    touchpoint = Touchpoint(1, "t", "web", "e", "track", [("user", "u"), ("crm", "7")], 0, 1, 1, account="acme")
    fact = Fact(id="f@1", source="s", type="t", time="", tenant="t", customer=1, ids=["user:u"])
    assert whose(encode(touchpoint).decode()) == ["user:u", "crm:7", "account:acme"]
    assert whose(encode(fact).decode()) == ["user:u"]


@pytest.mark.parametrize("body", ["", "no json", "\ufffd", "[" * 100_000, '{"userId": ' + "9" * 5000 + "}"])
def test_what_cannot_be_read_says_nothing(body: str) -> None:
    assert whose(body) == []
