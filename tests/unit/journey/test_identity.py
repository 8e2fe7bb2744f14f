"""Who is who, as tables: assertions in, components out, in any order of arrival."""

import itertools

import pytest

from services.journey.domain.identity import Assertion, assertions_of, resolve
from tests.integration.journey.histories import touchpoint

KINDS = {"u1": "user", "u2": "user", "d": "anonymous", "e": "anonymous", "x": "crm"}

Claim = tuple[int, str, str, str]


def claim(at: int, kind: str, weak: str, strong: str) -> Assertion[str]:
    return Assertion((at, 0, f"m{at}", "web"), kind, weak, strong)


@pytest.mark.parametrize(
    ("claims", "together"),
    [
        pytest.param([(1, "identify", "d", "u1")], ["d u1"], id="a device belongs to the user seen on it"),
        pytest.param(
            [(1, "identify", "d", "u1"), (2, "identify", "d", "u2")],
            ["d u1"],
            id="a shared device stays with its first user",
        ),
        pytest.param(
            [(1, "identify", "d", "u1"), (2, "identify", "d", "x"), (3, "identify", "x", "u2")],
            ["d u1 x"],
            id="what belongs to one user is not united with another",
        ),
        pytest.param([(1, "alias", "u2", "u1")], ["u1 u2"], id="an alias unites two users"),
        pytest.param([(1, "merge", "u2", "u1"), (2, "split", "u2", "u1")], [], id="a split undoes a merge"),
        pytest.param(
            [(1, "identify", "d", "u1"), (3, "split", "d", "u1"), (4, "identify", "d", "u2")],
            [],
            id="a split device is nobody's",
        ),
        pytest.param(
            [(1, "identify", "d", "u1"), (3, "split", "d", "u1"), (5, "alias", "d", "u2")],
            ["d u2"],
            id="an alias after a split counts",
        ),
        pytest.param(
            [(1, "identify", "d", "u1"), (2, "identify", "e", "u1"), (3, "split", "d", "u1")],
            ["e u1"],
            id="a split leaves the other devices",
        ),
        pytest.param([(1, "split", "d", "u1"), (2, "merge", "d", "u1")], ["d u1"], id="a merge after a split counts"),
    ],
)
def test_claims_make_components(claims: list[Claim], together: list[str]) -> None:
    expected = {frozenset(group.split()) for group in together}
    for order in itertools.permutations(claims):
        found = resolve([claim(*c) for c in order], KINDS)
        assert {frozenset(group) for group in found if len(group) > 1} == expected
        assert {i for group in found for i in group} == set(KINDS)


def test_a_touchpoint_claims_that_its_ids_are_one() -> None:
    made = touchpoint(1, "A", ids=(("anonymous", "d"), ("user", "u1"), ("crm", "x")))
    assert [(a.kind, a.weak, a.strong) for a in assertions_of(made)] == [
        ("identify", ("crm", "x"), ("user", "u1")),
        ("identify", ("anonymous", "d"), ("user", "u1")),
    ]


def test_a_group_call_makes_a_member() -> None:
    made = touchpoint(1, kind="group", ids=(("user", "u1"),), account="acme")
    assert [(a.kind, a.weak, a.strong) for a in assertions_of(made)] == [("group", ("user", "u1"), ("account", "acme"))]
