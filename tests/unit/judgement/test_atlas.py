"""Versions, personas and `journey_per`: which map a journey is judged on."""

import pytest

from services.journey.domain.judgement.fold import Atlas, PublishedMap, replay
from services.journey.domain.maps.load import load_map
from tests.unit.judgement.records import day, happened, touchpoint


def test_an_atlas_needs_a_version() -> None:
    with pytest.raises(ValueError, match="at least one version"):
        Atlas([])


def test_a_journey_keeps_the_version_in_force_when_it_opened_and_the_first_reaches_back() -> None:
    maps = [load_map("{map: m, path: [A, B]}"), load_map("{map: m, path: [A, X, B]}")]
    atlas = Atlas([PublishedMap(maps[1], 2, day(10)), PublishedMap(maps[0], 1, day(5))])
    for opened, version, at in ((0, 1, ("B",)), (9, 1, ("B",)), (10, 2, ("X",))):
        (journey,) = replay(atlas, [happened("A", opened), happened("Odd", 20)], day(21))
        assert (journey.map_version, journey.position.steps) == (version, at)


PERSONAS = """{map: m, path: [A, {step: B, within: 2d}, C], personas: {
    quick: {when: {traits.plan: quick}, drop: [B]},
    own: {when: {traits.plan: own}, path: [A, {step: Z, within: 1d}]},
    slow: {when: {traits.plan: slow}, within: {B: 9d}}}}"""


@pytest.mark.parametrize(
    ("plan", "at", "stalled"),
    [
        (None, ("B",), True),
        ("other", ("B",), True),
        ("quick", ("C",), False),
        ("own", ("Z",), True),
        ("slow", ("B",), False),
    ],
)
def test_a_persona_walks_its_own_path(plan: str | None, at: tuple[str, ...], *, stalled: bool) -> None:
    told = [happened("", 3, type="identify", traits={"plan": plan})] if plan is not None else []
    (journey,) = replay(Atlas([PublishedMap(load_map(PERSONAS), 1, 0)]), [happened("A", 0), *told], day(4))
    assert journey.position.steps == at
    assert (journey.stall is not None) == stalled


def test_what_is_said_of_somebody_else_makes_no_persona() -> None:
    atlas = Atlas([PublishedMap(load_map(PERSONAS), 1, 0)])
    told = [
        happened("", 1, type="group", traits={"plan": "quick"}),
        happened("", 2, type="identify"),
        happened("", 3, type="identify", traits={"name": "x"}),
    ]
    (journey,) = replay(atlas, [happened("A", 0), *told], day(4))
    assert journey.position.steps == ("B",)


def test_each_value_of_an_attribute_is_a_journey() -> None:
    text = "{map: m, journey_per: attributes.order, path: [A, B]}"
    said: list[tuple[str, object]] = [("A", "o1"), ("A", 7), ("A", None), ("A", {"x": 1}), ("B", "o1")]
    history = [happened(event, number, properties={"order": order}) for number, (event, order) in enumerate(said)]
    history.append(happened("A", 9))
    found = replay(Atlas([PublishedMap(load_map(text), 1, 0)]), history, day(10))
    assert [(one.n, one.key, one.state) for one in found] == [(1, "o1", "completed"), (2, "7", "open")]


def test_an_account_hears_only_what_is_said_of_it() -> None:
    text = PERSONAS.replace("map: m", "map: m, subject: account")
    told = touchpoint(
        {
            "type": "group",
            "userId": "u1",
            "groupId": "acme",
            "messageId": "g",
            "timestamp": "2026-01-02T00:00:00Z",
            "traits": {"plan": "quick"},
        }
    )
    (journey,) = replay(Atlas([PublishedMap(load_map(text), 1, 0)]), [happened("A", 0), told], day(4))
    assert journey.position.steps == ("C",)


def test_what_is_forgotten_is_worked_out_again() -> None:
    text = "{map: m, path: [A, B, C, D, E]}"
    history = [happened(event, number) for number, event in enumerate("ABCDE")]
    waived = [happened("A", 0), happened("Step Waived", 1, properties={"step": "B"}), happened("C", 2)]
    small, none = (Atlas([PublishedMap(load_map(text), 1, 0)], memory=memory) for memory in (3, 0))
    for one in (history, waived, history):
        assert replay(small, one, day(9)) == replay(none, one, day(9))


def test_of_versions_in_force_from_the_same_moment_the_last_is_in_the_place_of_the_others() -> None:
    maps = [load_map(f"map: m\ntitle: version {n}\npath: [A, B]") for n in (1, 2, 3)]
    atlas = Atlas(
        [PublishedMap(maps[2], 3, day(5)), PublishedMap(maps[0], 1, day(5)), PublishedMap(maps[1], 2, day(10))]
    )
    assert [atlas.in_force(day(n)).number for n in (0, 5, 9, 10, 11)] == [3, 3, 3, 2, 2]
