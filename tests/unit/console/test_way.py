"""The way of one customer: what became of each step, which way they drove, and the story of their touchpoints."""

from typing import Any, get_args

import pytest

from services.console.domain.customer import choose, detours_of, next_of
from services.console.domain.driving import Driver, legs
from services.console.domain.layout import Size, lay_out_stages
from services.console.domain.passage import Passage, way_of
from services.console.domain.story import COUNTED, counted_as, story_of
from services.console.domain.tree import read_tree
from services.journey.domain.judgement.moves import Kind

MAP = """
map: m
path:
  - {step: a, within: 2d}
  - optional: b
  - any_order: [c, d]
  - {step: e, requires: [d], owner: us, need: Get it, decided_by: customer}
  - {step: f, within: 9d}
"""
TREE = read_tree(MAP)
NOW = "2026-03-10T00:00:00Z"
NBSP = "\N{NO-BREAK SPACE}"


def move(kind: str, step: str = "", day: int = 1, event: str = "Done", **more: object) -> dict[str, Any]:
    at = f"2026-03-{day:02}T00:00:00Z"
    touchpoint = {"event": event, "source": "app", "occurred_at": at, **more}
    return {"kind": kind, "step": step, "title": step, "touchpoint": touchpoint}


def journey(**more: Any) -> dict[str, Any]:  # noqa: ANN401 (JSON)
    base: dict[str, Any] = {
        "journey": "7/m/1",
        "map": "m",
        "state": "open",
        "opened_at": "2026-03-01T00:00:00Z",
        "position": {"steps": ["f"], "since": "2026-03-04T00:00:00Z"},
        "route": [{"step": "d", "why": "e needs it"}, {"step": "f", "why": "next"}],
        "passed": [],
        "deviations": [],
        "stall": None,
    }
    return base | more


def deviation(kind: str, step: str, status: str = "open", **more: object) -> dict[str, Any]:
    base = {"id": f"7/m/1/{kind}", "kind": kind, "step": step, "status": status, "text": f"{kind} of {step}."}
    return base | {"certain": True, "since": "2026-03-02T00:00:00Z", "touchpoints": []} | more


WALKED = [
    move("matched", "a", 1),
    move("customer_only", "f", 1),
    move("matched", "c", 2),
    move("customer_only", "a", 3),
    move("unmapped", "", 3),
    move("matched", "e", 4),
]


def test_each_step_says_what_became_of_it() -> None:
    open_ = [deviation("prerequisite_skipped", "d"), deviation("optional_skipped", "b"), deviation("failed", "c")]
    way = way_of(TREE, journey(deviations=open_), WALKED, NOW)
    found = way.passages

    assert {name: passage.state for name, passage in found.items()} == {
        "a": "done",
        "b": "passed",
        "c": "done",
        "d": "missing",
        "e": "done",
        "f": "here",
    }
    assert (found["a"].line, found["a"].detail, found["a"].number) == (f"1{NBSP}Mar", f"plan 2{NBSP}d", 1)
    assert found["a"].why == f"Done: Done, 1{NBSP}Mar, from app."
    assert (found["b"].line, found["d"].line) == ("Left out", "Never happened")
    assert found["a"].note == "△ 1 off the way"
    assert found["c"].note == "◇ failed △ 1 not on the map"
    assert (found["d"].badge, found["f"].badge) == ("next", "last")
    assert (found["f"].line, found["f"].detail) == (f"since 4{NBSP}Mar", f"6{NBSP}d of 9{NBSP}d")
    assert way.taken == ("a", "c", "e")
    assert way.ahead == ("e", "d", "f")


def test_a_step_done_again_says_how_often_and_a_stall_says_so_at_its_step() -> None:
    stall = {"step": "f", "since": "2026-03-07T00:00:00Z", "text": "Waits too long."}
    way = way_of(TREE, journey(stall=stall), [*WALKED, move("matched", "a", 5)], NOW)

    assert way.passages["a"].line == f"1{NBSP}Mar, 2 times"
    assert (way.passages["f"].line, way.passages["f"].detail) == (f"due 7{NBSP}Mar", f"3{NBSP}d late")
    assert way.passages["f"].why == "Waits too long."


def test_without_the_path_the_steps_passed_are_known_still() -> None:
    way = way_of(TREE, journey(passed=[{"step": "a", "at": "2026-03-01T00:00:00Z"}]), (), NOW)

    assert way.taken == ("a",)
    assert way.passages["a"].line == f"1{NBSP}Mar"


@pytest.mark.parametrize("state", ["lost", "completed", "reached"])
def test_a_journey_that_is_over_stands_nowhere_and_goes_nowhere(state: str) -> None:
    way = way_of(TREE, journey(state=state, route=None), WALKED, NOW)

    assert way.passages["f"].state == "ahead"
    assert way.passages["f"].line == "not reached"
    assert way.ahead == ()


def test_a_passage_is_spoken_whole() -> None:
    passage = Passage("missing", "Never happened", "needed later", badge="next", note="◇ failed")

    assert passage.words("Review") == (
        "Review: never happened, and later steps need it. Never happened, needed later, ◇ failed, next on the route"
    )


def test_a_way_follows_the_roads_and_leaves_them_only_where_there_are_none() -> None:
    plan, _ = lay_out_stages(TREE.stages, Size(), 0, 0)
    driver = Driver(plan)
    spots = driver.spots
    start = f"M{spots['a'].right:.1f} {spots['a'].line:.1f}"
    round_b, back = driver.way("a", "c"), driver.way("e", "c")

    assert round_b.startswith(start)
    assert round_b.count("M") >= 3  # road by road
    assert back.startswith(f"M{spots['e'].middle:.1f} {spots['e'].bottom:.1f}")
    assert driver.way("a", "not on this map") == ""
    assert driver.way("c", "d").count("M") == 1  # between branches no road leads


def test_a_way_driven_twice_is_drawn_once() -> None:
    assert legs(["a", "b", "b", "a", "b"]) == [("a", "b"), ("b", "a")]
    assert legs([]) == []


def test_the_story_is_told_from_the_newest_with_what_each_touchpoint_counted_as() -> None:
    moves = [
        move("matched", "a", 1),
        move("failed", "c", 2, "Failed"),
        move("map_only", "d") | {"touchpoint": None},
        move("customer_only", "c", 3),
        move("customer_only", "a", 4),
        move("anytime", day=4, event="Asked"),
        move("identity", day=4, event=""),
    ]
    story = story_of(moves, NOW, 100)

    assert [(line.what, line.tag) for line in story.lines] == [
        ("Said who they are", ""),
        ("Asked", "welcome at any time"),
        ("Done", "a, again"),
        ("Done", "c, off the way"),
        ("d never came", "missing"),
        ("Failed", "failed: c"),
        ("Done", "a"),
    ]
    assert (story.count, story.told, story.sources) == (6, 6, 1)
    assert [line.on for line in story.lines] == [False, False, False, False, False, False, True]


def test_every_kind_of_move_that_the_journey_service_tells_has_words_and_no_other_has() -> None:
    assert set(COUNTED) == {*get_args(Kind), "again"}
    assert all("_" not in counted_as(kind) and counted_as(kind, "Tour").strip() for kind in COUNTED)
    assert counted_as("none") == ""
    assert counted_as("a_newer_kind") == "a newer kind"


def test_a_step_done_another_way_is_done() -> None:
    moves = [move("matched", "a", 1), move("replaced", "c", 2, "Partner Did")]
    way, line = way_of(TREE, journey(), moves, NOW), story_of(moves, NOW, 10).lines[0]

    assert (line.tag, line.icon, line.on) == ("c, another way", "check", True)
    assert way.taken == ("a", "c")
    assert way.passages["c"].why == f"Done: Partner Did, 2{NBSP}Mar, from app."


def test_the_same_again_is_told_once_and_a_long_silence_is_told() -> None:
    moves = [move("matched", "a", 1), *(move("unmapped", "", 20 + n, "Seen") for n in range(5))]
    story = story_of(moves, NOW, 100)

    assert [(line.what, line.times) for line in story.lines] == [
        ("Seen", 5),
        (f"19{NBSP}d without a touchpoint", 1),
        ("Done", 1),
    ]


def test_touchpoints_of_one_day_say_the_hour_and_one_alone_does_not() -> None:
    other = {"occurred_at": "2026-03-02T14:30:00Z"}
    moves = [move("matched", "a", 1), move("failed", "c", 2, "Failed"), move("matched", "c", 2)]
    moves[-1]["touchpoint"] |= other

    assert [line.hour for line in story_of(moves, NOW, 10).lines] == ["14:30", "00:00", ""]


def test_what_was_learned_late_says_how_late() -> None:
    late = move("matched", "a", 1, received_at="2026-03-04T00:00:00Z")

    assert story_of([late], NOW, 10).lines[0].late == f"3{NBSP}d"
    assert story_of([move("matched", "a", 1, received_at="2026-03-01T01:00:00Z")], NOW, 10).lines[0].late == ""


def test_a_page_is_about_the_open_journey_unless_another_is_asked_for() -> None:
    over = journey(journey="7/m/1", state="completed")
    opened = journey(journey="7/m/2", opened_at="2026-03-05T00:00:00Z")

    assert choose([opened, over], "").journey is opened
    assert choose([opened, over], "m/1").journey is over
    assert choose([opened, over], "no/such").journey is opened
    assert choose([opened, over], "").others == (("m/2", f"m, since 5{NBSP}Mar"), ("m/1", f"m, since 1{NBSP}Mar"))
    assert choose([], "").journey is None


def test_the_next_step_says_whose_move_it_is() -> None:
    ahead = next_of(journey(route=[{"step": "e", "why": "follows d"}]), TREE)

    assert ahead is not None
    assert (ahead.title, ahead.need, ahead.move, ahead.why) == ("e", "Get it", "Their move; us can help", "follows d")
    assert getattr(next_of(journey(), TREE, "dana"), "move", "") == "Our move: dana"
    assert getattr(next_of(journey(), TREE), "move", "") == "Nobody has the move yet"
    assert next_of(journey(route=None), TREE) is None
    assert next_of(None, None) is None


def test_detours_that_need_somebody_come_first_and_every_proof_is_bounded() -> None:
    proof = [{"event": "Done", "source": "app", "occurred_at": "2026-03-02T09:05:00Z"}] * 9
    found = detours_of(
        journey(
            deviations=[
                deviation("repeat", "a", "closed"),
                deviation("out_of_order", "c", certain=False),
                deviation("prerequisite_skipped", "d", touchpoints=proof),
            ]
        ),
        NOW,
        [{"finding": "7/m/1/out_of_order", "alert": 3}],
    )

    assert [(d.text, d.act, d.tag, d.alert) for d in found] == [
        ("out_of_order of c.", True, "act now", 3),
        ("prerequisite_skipped of d.", True, "act now", None),
        ("repeat of a.", False, "closed", None),
    ]
    assert len(found[1].proof) == 7
    assert found[1].proof[0] == f"Done, 2{NBSP}Mar, 09:05, app"
    assert found[1].proof[-1] == "and 3 more"
