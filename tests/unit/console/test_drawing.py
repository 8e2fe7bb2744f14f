"""The map as the console reads, lays out and draws it."""

import json
from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from services.console.domain.board import Here, name_of, note_of, short_time, span
from services.console.domain.drawing import draw_map, waits
from services.console.domain.itinerary import draw_itinerary
from services.console.domain.layout import Plan, Size, lay_out
from services.console.domain.tree import MOST_PLACES, CannotDrawError, Tree, places, read_tree
from tests.shared_data import ROOT

DEMO = (ROOT / "deploy" / "maps" / "demo.yaml").read_text()
NASTY = "</svg><script>alert(1)</script>\"'&"

EVERY_BLOCK = json.dumps(
    {
        "map": "every",
        "title": NASTY,
        "path": [
            {"step": "a", "title": NASTY, "need": NASTY, "within": "2d"},
            {"optional": "b"},
            {"choice": ["c", {"sequence": ["d", "e"]}, {"silent": True}]},
            {"any_order": ["f", {"optional": {"step": "g"}}, {"repeat": {"do": "h", "redo": "i"}}]},
            {"repeat": {"do": "j"}},
            {"loop": ["k", "l"]},
            "a",
        ],
    }
)


def tree(text: str = EVERY_BLOCK) -> Tree:
    return read_tree(text)


def addresses(of: Tree) -> dict[str, str]:
    return {name: f"?step={name}&map=x" for name in of.steps}


def test_every_block_of_the_language_is_read_in_document_order() -> None:
    assert list(places(tree().stages[0].path)) == [*"abcdefghijkl", "a"]


def test_steps_have_the_words_of_the_map_and_those_of_their_stage_where_they_have_none() -> None:
    steps = tree(DEMO).steps

    assert (steps["go-live"].title, steps["go-live"].within, steps["go-live"].owner) == (
        "Go-live",
        "3d",
        "implementation",
    )
    assert steps["go-live"].mark == "truth"
    assert steps["first-report"].mark == "outcome"
    assert tree('{"map": "m", "path": ["first-step"]}').steps["first-step"].title == "First step"


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a",
        '{"map": "m"}',
        '{"map": "m", "path": [{"any_of": ["a"]}]}',
        json.dumps({"map": "m", "path": [f"s{n}" for n in range(MOST_PLACES + 1)]}),
    ],
    ids=["no YAML", "no table", "no path", "an unknown block", "too many places"],
)
def test_a_map_that_cannot_be_drawn_says_why(text: str) -> None:
    with pytest.raises(CannotDrawError, match=r"^its? "):
        read_tree(text)


def overlaps(plan: Plan) -> list[tuple[str, str]]:
    spots = plan.spots
    return [
        (a.name, b.name)
        for n, a in enumerate(spots)
        for b in spots[n + 1 :]
        if a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height
    ]


def test_no_two_steps_lie_on_each_other_and_none_outside() -> None:
    for text in (DEMO, EVERY_BLOCK):
        for stage in tree(text).stages:
            plan = lay_out(stage.path, Size())
            assert overlaps(plan) == []
            assert all(s.x >= 0 and s.x + s.width <= plan.width + 0.01 for s in plan.spots)
            assert all(s.y >= 0 and s.y + s.height <= plan.height + 0.01 for s in plan.spots)


def test_mandatory_steps_of_a_row_lie_on_one_line() -> None:
    plan = lay_out(tree('{"map": "m", "path": ["a", {"optional": "b"}, "c"]}').stages[0].path, Size())

    assert len({spot.y for spot in plan.spots if spot.name in "ac"}) == 1
    assert [spot.name for spot in sorted(plan.spots, key=lambda s: s.x)] == ["a", "b", "c"]


@pytest.mark.parametrize("text", [DEMO, EVERY_BLOCK], ids=["demo", "every block"])
def test_both_drawings_are_well_formed_and_have_every_step_as_a_link_that_speaks(text: str) -> None:
    of = tree(text)
    here = {name: Here(3, 1) for name in of.steps}
    for drawn in (draw_map(of, here, addresses(of))[0], draw_itinerary(of, here, addresses(of))):
        root = ET.fromstring(drawn)  # noqa: S314 (our own drawing)
        links = [each for each in root.iter() if each.tag == "a"]
        assert len(links) == sum(1 for stage in of.stages for _ in places(stage.path))
        assert all(link.get("aria-label", "").count("3 here, 1 stalled") == 1 for link in links)
        assert all(link.get("href", "").startswith("?step=") for link in links)


def test_words_of_a_map_cannot_break_out_of_the_drawing() -> None:
    of = tree()
    drawn = draw_map(of, {}, addresses(of))[0] + draw_itinerary(of, {}, addresses(of))

    assert "<script" not in drawn
    assert "&lt;/svg&gt;&lt;script" in drawn


def test_a_bar_divides_those_who_wait_by_who_stalls() -> None:
    assert 'width="75.0"' in waits(Here(4, 1), 0, 0, 100)
    assert "w-stalled" not in waits(Here(4, 0), 0, 0, 100)
    assert waits(Here(0, 0), 0, 0, 100) == ""
    assert 'width="0.0"' in waits(Here(2, 9), 0, 0, 100)


@pytest.mark.parametrize(
    ("ids", "name"),
    [
        (["anonymous:v", "user:42"], "42"),
        (["anonymous:v"], "v"),
        (["crm:7", "anonymous:v"], "7"),
        (["user:a:b"], "a:b"),
        ([], ""),
    ],
)
def test_a_customer_is_called_by_the_strongest_id(ids: list[str], name: str) -> None:
    assert name_of(ids) == name


def test_an_alert_is_told_with_its_next_step_and_whose_move_it_is() -> None:
    alert = {
        "ids": ["user:42"],
        "customer": 7,
        "about": "contract",
        "reason": "Waits.",
        "since": "2026-03-04T09:05:00Z",
        "next": {"step": "offer", "why": "next", "owner": "sales"},
        "owner": "other",
        "severity": "high",
        "status": "open",
    }
    note = note_of(alert, tree(DEMO))

    assert (note.who, note.step, note.next, note.owner, note.since) == (
        "42",
        "Contract",
        "Offer",
        "sales",
        "4 Mar, 09:05",
    )
    assert note_of(alert | {"next": None, "ids": []}, None).who == "customer 7"


def test_times_are_told_as_people_read_them() -> None:

    assert short_time(None) == ""
    assert short_time("nonsense") == ""
    assert span(timedelta(hours=26)) == "1.08\N{NO-BREAK SPACE}d"
    assert span(timedelta(seconds=8)) == "8\N{NO-BREAK SPACE}s"
