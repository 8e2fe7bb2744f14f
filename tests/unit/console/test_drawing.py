"""The map as the console reads, lays out and draws it: with everybody on it, and with the way of one customer."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from services.console.domain.drawing import (
    FLOW_WIDEST,
    FULL,
    LETTER,
    LINE,
    NARROWEST,
    WIDEST,
    fitted,
    flowed,
    rounded,
    width_of,
    widths_of,
    wrapped,
)
from services.console.domain.flow_map import draw_ghost, draw_map, draw_narrow, waits
from services.console.domain.layout import Plan, Size, lay_out, lay_out_stages
from services.console.domain.passage import way_of
from services.console.domain.standing import Standing
from services.console.domain.tree import MOST_PLACES, CannotDrawError, Tree, places, read_tree
from services.console.domain.way_map import draw_narrow_way, draw_way
from tests.shared_data import ROOT

DEMO = (ROOT / "deploy" / "maps" / "demo.yaml").read_text()
NBSP = "\N{NO-BREAK SPACE}"
NASTY = "</svg><script>alert(1)</script>\"'&"
NOBODY: dict[str, Any] = {
    "state": "open",
    "position": {"steps": [], "since": None},
    "route": [],
    "passed": [],
    "deviations": [],
    "stall": None,
}

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
    live = steps["go-live"]

    assert (live.title, live.within, live.owner, live.mark) == ("Go-live", f"3{NBSP}d", "implementation", "truth")
    assert steps["first-report"].mark == "outcome"
    assert steps["contract"].theirs
    assert not live.theirs
    assert tree('{"map": "m", "path": ["first-step"]}').steps["first-step"].title == "first-step"


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
        if a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom
    ]


def test_no_two_steps_lie_on_each_other_and_none_outside() -> None:
    for text in (DEMO, EVERY_BLOCK):
        for stage in tree(text).stages:
            plan = lay_out(stage.path, Size())
            assert overlaps(plan) == []
            assert all(s.x >= 0 and s.right <= plan.width + 0.01 for s in plan.spots)
            assert all(s.y >= 0 and s.bottom <= plan.height + 0.01 for s in plan.spots)


def test_mandatory_steps_of_a_row_lie_on_one_line() -> None:
    plan = lay_out(tree('{"map": "m", "path": ["a", {"optional": "b"}, "c"]}').stages[0].path, Size())

    assert len({spot.y for spot in plan.spots if spot.name in "ac"}) == 1
    assert [spot.name for spot in sorted(plan.spots, key=lambda s: s.x)] == ["a", "b", "c"]


def test_roads_carry_those_who_passed_and_ways_round_those_who_did_without() -> None:
    of = tree('{"map": "m", "path": ["a", {"optional": "b"}, {"choice": ["c", "d"]}, {"any_order": ["e", "f"]}]}')
    passed = {"a": 100, "b": 30, "c": 60, "d": 20, "e": 50, "f": 40}
    plan, _ = lay_out_stages(of.stages, Size(passed=passed), 0, 0)
    skips = [road.flow for road in plan.roads if road.kind == "skip"]
    numbered = [road.flow for road in plan.roads if road.numbered]

    assert skips == [50]  # of 80 who went on 30 did b
    assert numbered == [80, 80, 50]  # into b or round it, into c or d, into e and f
    assert plan.enter == 100
    assert plan.leave == 50


def test_a_way_round_at_the_end_of_a_stage_looks_at_the_next_stage() -> None:
    stages = [{"stage": "one", "path": ["a", {"optional": "b"}]}, {"stage": "two", "path": ["c"]}]
    of = tree(json.dumps({"map": "m", "stages": stages}))
    plan, _ = lay_out_stages(of.stages, Size(passed={"a": 9, "b": 2, "c": 7}), 0, 0)

    assert [road.flow for road in plan.roads if road.kind == "skip"] == [5]


def test_the_widest_road_is_as_wide_as_roads_get_and_none_is_too_thin_to_see() -> None:
    assert width_of(50, 50) == FLOW_WIDEST
    assert width_of(0, 50) == width_of(1, 1000) == 2.0
    assert width_of(0, 0) == 4.0  # nobody has driven here


def width_as_drawn(of: Tree) -> float:
    return lay_out_stages(of.stages, fitted(of, Size(), lambda _: 0), 0, 0)[0].width


def test_a_small_map_fills_the_page_and_a_large_one_has_the_narrowest_steps() -> None:
    small, large = (tree(json.dumps({"map": "m", "path": [f"step-{n}" for n in range(count)]})) for count in (9, 40))

    assert width_as_drawn(small) == pytest.approx(FULL)
    assert width_as_drawn(large) == lay_out_stages(large.stages, Size(step_width=NARROWEST), 0, 0)[0].width > FULL


def test_the_map_of_the_demo_has_room_in_a_window_of_1280_pixels() -> None:
    of = tree(DEMO)
    standings = {name: Standing(here=16, stalled=8, waited_s=5 * 86_400, passed=321) for name in of.steps}

    assert draw_map(of, standings, {}, addresses(of))[1] <= FULL + 20  # of 1206 that the page leaves it
    assert draw_ghost(of)[1] == pytest.approx(FULL)


def test_a_map_of_two_steps_is_not_blown_up_and_has_no_room_for_stages_that_it_lacks() -> None:
    bare, staged = (
        tree(json.dumps({"map": "m"} | path))
        for path in ({"path": ["a", "b"]}, {"stages": [{"stage": "s", "path": "a"}]})
    )
    (width, height), (_, higher) = (
        map(int, draw_map(of, {}, {}, addresses(of))[0].partition('viewBox="')[2].partition('"')[0].split()[2:])
        for of in (bare, staged)
    )

    assert width == FULL
    assert height < higher - 50


def test_steps_are_as_wide_as_they_need_and_what_stands_one_below_the_other_alike() -> None:
    need = {"a": 10.0, "c": 90.0, "d": 120.0, "e": 500.0}
    path = ["a", {"choice": ["b", {"sequence": ["c", "d"]}]}, {"optional": "e"}, {"repeat": {"do": "f", "redo": "g"}}]
    found = widths_of(tree(json.dumps({"map": "m", "path": path})).stages[0].path, lambda step: need.get(step, 0))

    assert found == dict.fromkeys("afg", NARROWEST) | dict.fromkeys("bcd", 120.0) | {"e": WIDEST}


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        ("Kickoff", ["Kickoff"]),
        ("Go live", ["Go live"]),
        ("Security review", ["Security", "review"]),
        ("◇ 16 never had it", ["◇ 16 never", "had it"]),
        ("Incomprehensibility", ["Incomprehe…"]),
        ("security-review", ["security-", "review"]),
        ("A title that fills many lines", ["A title th…", "fills many…"]),
        ("", [""]),
    ],
)
def test_words_without_room_are_broken_in_the_middle_and_cut_only_then(words: str, lines: list[str]) -> None:
    assert wrapped(words, 11 * LETTER) == lines


def test_a_title_of_two_lines_makes_every_step_higher() -> None:
    one, two = (tree(json.dumps({"map": "m", "path": [name] * 9})) for name in ("kickoff", "security-review"))

    assert fitted(one, Size(), lambda _: 0).step_height == Size().step_height
    assert fitted(two, Size(), lambda _: 0).step_height == Size().step_height + LINE


@pytest.mark.parametrize(
    ("flow", "words"), [(0, "0"), (999, "999"), (1234, "1.2k"), (9_960, "10k"), (999_700, "1.0M"), (12_000_000, "12M")]
)
def test_a_road_writes_its_number_in_four_letters(flow: int, words: str) -> None:
    assert rounded(flow) == words


def test_what_is_said_of_a_stage_takes_as_few_lines_as_have_room() -> None:
    parts = ("11 customers", "4 stalled", "2 d so far")

    assert flowed(parts, 300) == ["11 customers, 4 stalled, 2 d so far"]
    assert flowed(parts, 170) == ["11 customers, 4 stalled", "2 d so far"]
    assert flowed(parts, 50) == list(parts)


def test_an_owner_stands_at_the_stage_and_at_a_step_only_where_it_is_another() -> None:
    steps = [{"step": "a", "owner": "sales"}, {"step": "b", "owner": "legal"}]
    of = tree(json.dumps({"map": "m", "stages": [{"stage": "one", "owner": "sales", "path": steps}]}))
    drawn = draw_map(of, {}, {}, addresses(of))[0]

    assert drawn.count(">sales<") == drawn.count(">legal<") == 1


@pytest.mark.parametrize("text", [DEMO, EVERY_BLOCK], ids=["demo", "every block"])
def test_both_drawings_are_well_formed_and_have_every_step_as_a_link_that_speaks(text: str) -> None:
    of = tree(text)
    standings = {name: Standing(here=3, stalled=1, waited_s=86_400, passed=9) for name in of.steps}
    heads = {stage.name: ("3 customers", "2 d so far") for stage in of.stages}
    for drawn in (draw_map(of, standings, heads, addresses(of))[0], draw_narrow(of, standings, heads, addresses(of))):
        root = ET.fromstring(drawn)  # noqa: S314 (our own drawing)
        links = [each for each in root.iter() if each.tag == "a"]
        assert len(links) == sum(1 for stage in of.stages for _ in places(stage.path))
        assert all(
            "3 here, median wait 1\N{NO-BREAK SPACE}d, 1 stalled" in link.get("aria-label", "") for link in links
        )
        assert all(link.get("href", "").startswith("?step=") for link in links)


def test_the_worst_places_have_a_disc_that_leads_to_their_sentence() -> None:
    of = tree(DEMO)
    standings = {"contract": Standing(here=3, stalled=3, hot=(1,))}
    for drawn in (draw_map(of, standings, {}, addresses(of))[0], draw_narrow(of, standings, {}, addresses(of))):
        assert drawn.count('<a class="hot" href="#problem-1" aria-label="Problem 1">') == 1


def test_words_of_a_map_cannot_break_out_of_any_drawing() -> None:
    of = tree()
    way = way_of(of, NOBODY, (), "")
    drawn = [draw_map(of, {}, {}, addresses(of))[0], draw_narrow(of, {}, {}, addresses(of)), draw_ghost(of)[0]]
    drawn += [draw_way(of, way, NASTY)[0], draw_narrow_way(of, way, NASTY)]
    for each in drawn:
        ET.fromstring(each)  # noqa: S314 (our own drawing)
        assert "<script" not in each
        assert "&lt;/svg&gt;&lt;" in each


def test_a_bar_divides_those_who_wait_by_who_stalls() -> None:
    assert 'width="75.0"' in waits(Standing(4, 1), 0, 0, 100)
    assert "w-stalled" not in waits(Standing(4, 0), 0, 0, 100)
    assert waits(Standing(0, 0), 0, 0, 100) == ""
    assert 'width="0.0"' in waits(Standing(2, 9), 0, 0, 100)
