"""A customer's name, and who looks after it: folded from traits, and said where a finding warns."""

from typing import Any

import pytest

from services.journey.domain.facts import Content, Legend, View, judged_findings
from services.journey.domain.judgement.fold import Atlas, Path, PublishedMap, replay
from services.journey.domain.judgement.model import Journey
from services.journey.domain.maps.load import load_map
from shared.events import Touchpoint
from tests.unit.judgement.records import day, happened

MAP = """
map: m
owner_from: traits.csm.mail
path: [A, {step: B, within: 3d}, C]
"""
ATLAS = Atlas([PublishedMap(load_map(MAP), 1, day(0))])


def told(on: float, traits: dict[str, Any], kind: str = "identify") -> Touchpoint:
    return happened("", on, type=kind, traits=traits, messageId=f"{kind}@{on}")


def name_of(*traits: dict[str, Any]) -> str:
    history = [happened("A", 0), *(told(n + 1, one) for n, one in enumerate(traits))]
    (journey,) = replay(ATLAS, history, day(30))
    assert View.of(journey).name == journey.name
    return journey.name


NAMES: dict[str, tuple[list[dict[str, Any]], str]] = {
    "no traits": ([], ""),
    "a name": ([{"name": " Ada \n Lovelace "}], "Ada Lovelace"),
    "a name before all else": (
        [{"email": "a@b.example", "firstName": "Ada", "name": "A. L.", "company": "X"}],
        "A. L.",
    ),
    "first and last": ([{"firstName": "Ada", "lastName": "Lovelace", "company": "X"}], "Ada Lovelace"),
    "first alone": ([{"firstName": "Ada", "email": "a@b.example"}], "Ada"),
    "last alone": ([{"lastName": "Lovelace"}], "Lovelace"),
    "a company": ([{"company": "Engines", "email": "a@b.example"}], "Engines"),
    "a company as a table": ([{"company": {"name": "Engines"}, "email": "a@b.example"}], "Engines"),
    "a mail address": ([{"email": "a@b.example"}], "a@b.example"),
    "a number is a name": ([{"name": 4711}], "4711"),
    "neither flags nor lists are names": ([{"name": True, "company": ["X"], "email": None}], ""),
    "the last one told": ([{"name": "Ada"}, {"name": "Ada King"}], "Ada King"),
    "traits come one by one": ([{"firstName": "Ada"}, {"lastName": "King"}, {"plan": "pro"}], "Ada King"),
    "taken back": ([{"name": "Ada", "email": "a@b.example"}, {"name": None}], "a@b.example"),
    "blank is none": ([{"name": " \u202e ", "email": "a@b.example"}], "a@b.example"),
    "no direction but that of its letters": ([{"name": "Ada\u202egnp.exe\x00"}], "Adagnp.exe"),
    "long names end": ([{"name": "x" * 10_000}], "x" * 199 + "…"),
}


@pytest.mark.parametrize(("traits", "expected"), NAMES.values(), ids=NAMES.keys())
def test_the_name_of_a_customer(traits: list[dict[str, Any]], expected: str) -> None:
    assert name_of(*traits) == expected


def test_a_person_is_named_by_identify_and_an_account_by_group() -> None:
    history = [happened("A", 0), told(1, {"name": "Ada"}), told(2, {"name": "Engines"}, "group")]
    account = Atlas([PublishedMap(load_map(MAP.replace("owner_from", "subject: account\nowner_from")), 1, day(0))])

    assert [journey.name for journey in replay(ATLAS, history, day(9))] == ["Ada"]
    assert [journey.name for journey in replay(account, history, day(9))] == ["Engines"]


def warnings(journey: Journey) -> dict[str, Content]:
    found = {one.slot: one.content() for one in judged_findings(journey, Legend.of(load_map(MAP)))}
    return {slot: content for slot, content in found.items() if content.name or content.owner}


def test_findings_that_warn_say_the_name_and_the_owner_and_no_others_do() -> None:
    history = [happened("A", 0), told(1, {"name": "Ada", "csm": {"mail": "csm@x.example"}})]

    (waiting,) = replay(ATLAS, history, day(9))
    (done,) = replay(ATLAS, [*history, happened("B", 8)], day(9))

    assert [(slot, c.name, c.owner) for slot, c in warnings(waiting).items()] == [("stall:B:1", "Ada", "csm@x.example")]
    assert warnings(done) == {}


def test_news_of_the_customer_is_reported_though_nothing_else_happened() -> None:
    path = Path(ATLAS)
    path.advance(happened("A", 0))
    assert path.journeys(day(9))[0].owner == ""
    path.advance(told(1, {"csm": {"mail": "one@x.example"}}))
    assert path.journeys(day(9))[0].owner == "one@x.example"
    path.advance(told(2, {"csm": {"mail": None}}))
    assert path.journeys(day(9))[0].owner == ""


def test_each_version_of_a_map_says_where_the_owner_stands() -> None:
    newer = load_map(MAP.replace("traits.csm.mail", "traits.partner"))
    atlas = Atlas([PublishedMap(load_map(MAP), 1, day(0)), PublishedMap(newer, 2, day(5))])
    traits = told(8, {"csm": {"mail": "csm@x.example"}, "partner": "Partner"})

    (old,) = replay(atlas, [happened("A", 0), traits], day(9))
    (new,) = replay(atlas, [happened("A", 6), traits], day(9))

    assert (old.owner, new.owner) == ("csm@x.example", "Partner")
