"""What a touchpoint is to a map: matchers with conditions, roles, fields looked up only when asked for."""

import pytest

from services.journey.domain.judgement.fates import FATES_LIMIT, Fate, Fates
from services.journey.domain.maps.load import load_map
from shared.events import Touchpoint
from tests.unit.judgement.records import happened


def fate(matcher: str, touchpoint: Touchpoint) -> Fate:
    return Fates(load_map("{map: m, path: [{step: A, match: [%s]}, B]}" % matcher)).of(touchpoint)  # noqa: UP031  braces


MATCHERS = [
    ("{event: Paid, where: {attributes.plan: pro}}", {"plan": "pro"}, True),
    ("{event: Paid, where: {attributes.plan: pro}}", {"plan": "free"}, False),
    ("{event: Paid, where: {attributes.plan: pro}}", {}, False),
    ("{event: Paid, where: {attributes.plan: [free, pro]}}", {"plan": "pro"}, True),
    ("{event: Paid, where: {attributes.seats: 1}}", {"seats": "1"}, False),
    ("{event: Paid, where: {attributes.seats: 1}}", {"seats": True}, False),
    ("{event: Paid, where: {attributes.seats: 1}}", {"seats": 1.0}, True),
    ("{event: Paid, where: {attributes.seats: {gte: 3}}}", {"seats": 3}, True),
    ("{event: Paid, where: {attributes.seats: {gte: 3}}}", {"seats": "9"}, False),
    ("{event: Paid, where: {attributes.seats: {gte: 3}}}", {"seats": True}, False),
    ("{event: Paid, where: {attributes.seats: {gte: 3, lte: 5}}}", {"seats": 6}, False),
    ("{event: Paid, where: {attributes.on: {lte: 2026-03-01}}}", {"on": "2026-02-01"}, True),
    ("{event: Paid, where: {attributes.plan: {exists: true}}}", {"plan": None}, True),
    ("{event: Paid, where: {attributes.plan: {exists: true}}}", {}, False),
    ("{event: Paid, where: {attributes.plan: {exists: false}}}", {}, True),
    ("{event: Paid, where: {attributes.plan: {not: free}}}", {"plan": "pro"}, True),
    ("{event: Paid, where: {attributes.plan: {not: [free, pro]}}}", {"plan": "pro"}, False),
    ("{event: Paid, where: {attributes.plan: {not: free}}}", {}, False),
    ("{event: Paid, where: {attributes.bill.city: Ulm}}", {"bill": {"city": "Ulm"}}, True),
    ("{event: Paid, where: {attributes.bill.city: Ulm}}", {"bill.city": "Ulm"}, True),
    ("{event: Paid, where: {attributes.bill.city: Ulm}}", {"bill": "Ulm"}, False),
    ("{event: Paid, where: {attributes.bill.city: Ulm}}", {"bill": {"town": "Ulm"}}, False),
    ("{event: Paid, channel: [web, app]}", {}, True),
    ("{event: Paid, channel: call}", {}, False),
    ("{event: Paid, actor: staff}", {}, False),
    ("Paid", {}, True),
    ("Other", {}, False),
]


@pytest.mark.parametrize(("matcher", "attributes", "expected"), MATCHERS)
def test_a_matcher_compares_without_coercion(matcher: str, attributes: dict[str, object], *, expected: bool) -> None:
    paid = happened("Paid", 0, properties=attributes, channel="web", actor="customer")
    assert (fate(matcher, paid).steps == ("A",)) == expected


def test_every_role_is_told() -> None:
    text = """{map: m, opens_on: [Lead], ignore: [Ping], anytime: [Help], healthy: {match: Login, within: 7d},
        outcomes: {reached: [Won], lost: [Gone]},
        path: [{step: A, failed_by: [A Failed], replaced_by: [A Partner]}, B]}"""
    fates = Fates(load_map(text))
    of = {
        name: fates.of(happened(name, 0)) for name in ["Lead", "Ping", "Help", "Login", "Won", "Gone", "A", "A Failed"]
    }
    assert [of["Lead"].opens, of["Ping"].ignored, of["Help"].anytime, of["Login"].healthy] == [True] * 4
    assert [of["Won"].outcomes, of["Gone"].outcomes] == [(0,), (1,)]
    assert (of["A"].steps, of["A Failed"].failed) == (("A",), ("A",))
    partner = fates.of(happened("A Partner", 0))
    assert (partner.steps, partner.replaced) == (("A",), frozenset({"A"}))
    assert not fates.of(happened("Odd", 0)).known


def test_equal_roles_are_one_object_however_many_names_there_are() -> None:
    fates = Fates(load_map("{map: m, path: [A, B]}"))
    odd = {fates.of(happened(f"Odd {number}", 0)) for number in range(FATES_LIMIT + 2)}
    assert len(odd) == 1
    assert fates.of(happened("A", 0)).steps == ("A",)


def test_a_matcher_may_ask_for_fields_of_the_touchpoint_itself() -> None:
    assert fate("{event: Paid, where: {channel: web}}", happened("Paid", 0, channel="web")).steps == ("A",)
    assert fate("{event: Paid, where: {channel: {exists: true}}}", happened("Paid", 0)).steps == ()
