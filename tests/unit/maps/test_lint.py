"""Lint of maps: the three levels, with lines."""

import gzip
import json

import pytest

from services.journey.domain.maps.lint import lint_text, publishable
from services.journey.domain.maps.load import load_map
from shared.yaml_text.problems import Level
from tests.shared_data import shared_path


def found(text: str, level: Level) -> list[tuple[int, str]]:
    return [(problem.line, problem.text) for problem in lint_text(text) if problem.level == level]


def test_the_example_map_lints_without_error() -> None:
    text = shared_path("design/example-map.yaml").read_text()
    assert found(text, "error") == []
    assert [said for _, said in found(text, "warning") if "target" not in said] == []
    assert publishable(lint_text(text))


def test_all_maps_of_the_judgement_cases_lint_without_error() -> None:
    cases = json.loads(gzip.decompress(shared_path("oracle/judgement_cases.json.gz").read_bytes()))
    assert [
        (case["id"], found(json.dumps(case["map"]), "error"))
        for case in cases
        if found(json.dumps(case["map"]), "error")
    ] == []


@pytest.mark.parametrize(
    ("path", "line", "said"),
    [
        ("[{step: A, requires: [B]}, B]", 2, "never puts before"),
        ("[{step: A, requires: [A]}]", 2, "requires itself"),
        ("[{any_order: [{step: A, requires: [B]}, {step: B, requires: [A]}]}]", 2, "requires itself through `B`"),
        ("[Lead, {step: B, requires: [lede]}]", 2, "unknown step `lede`; did you mean `Lead`?"),
        ("[{choice: [A, {step: B, requires: [A]}]}]", 2, "another branch of the same choice"),
        ("[{repeat: {do: {choice: [A, {step: B, requires: [A]}]}}}]", 2, "another branch of the same choice"),
        ("[{choice: [A, B]}, {step: C, requires: [A, B]}]", 2, "only one"),
        ("[{repeat: {do: [{step: A, requires: [B]}, B]}}]", 2, "never puts before"),
        ("[{step: A, requires: [C]}, {any_order: [B, {step: C, requires: [B]}]}]", 2, "never puts before"),
        ("[{step: M, milestone: true, requires: [B]}, B]", 2, "requires itself"),
        ("[{optional: {step: A, milestone: true}}, B]", 2, "use `requires`"),
        ("[{choice: [{step: A, milestone: true}, B]}]", 2, "use `requires`"),
        ("[{repeat: {do: A, redo: {step: B, milestone: true}}}]", 2, "use `requires`"),
        ("[{step: A, milestone: true}, B, A]", 2, "placed 2 times"),
        ("[A, {step: M, milestone: true}, A]", 2, "before and after a milestone"),
        ("[A, {optional: [B, A]}]", 2, "optional in one place"),
        ("[{step: A, match: [X, Y], failed_by: [Y]}]", 2, "`match` and `failed_by`: `Y`"),
        ("[{step: A, match: []}]", 2, "matched by nothing"),
    ],
)
def test_paths_that_nobody_can_walk_are_errors(path: str, line: int, said: str) -> None:
    errors = found(f"map: m\npath: {path}", "error")
    assert [(at, said in text) for at, text in errors][:1] == [(line, True)], errors


@pytest.mark.parametrize(
    "path",
    [
        "[A, {step: B, requires: [A]}]",
        "[{any_order: [{step: A, requires: [B]}, B]}]",
        "[{optional: A}, {step: B, requires: [A]}]",
        "[{repeat: {do: A, redo: B}}, {step: C, requires: [B]}]",
        "[{choice: [[A, {step: B, requires: [A]}], C]}]",
        "[{step: M, milestone: true}, {any_order: [A, {step: B, requires: [M, A]}]}]",
        "[{choice: [A, B]}, A]",
        "[A, B, A]",
        "[{repeat: {do: {step: A, milestone: true}}}, B]",
        "[{step: A, match: X, failed_by: Y}]",
    ],
)
def test_paths_that_can_be_walked_are_no_errors(path: str) -> None:
    assert found(f"map: m\npath: {path}", "error") == []


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("outcomes: {reached: [Nowhere]}", "no path reaches the outcome `Nowhere`"),
        ("outcomes: {reached: [{event: A, where: {attributes.x: 1}}]}", ""),
        ("outcomes: {reached: [{event: B, where: {attributes.x: 1}}]}", "no path reaches"),
        ("outcomes: {reached: [{event: B, where: {attributes.x: 2}}]}", ""),
        ("outcomes: {reached: [{where: {attributes.x: 2}}]}", ""),
        ("outcomes: {lost: [Nowhere]}", ""),
        ("ignore: [A]", "only by what `ignore` leaves out"),
        ("ignore: [{event: A, channel: web}]", ""),
        ("personas: {p: {when: {traits.x: 1}, drop: [Z]}}", "`drop` of persona `p` names the unknown step `Z`"),
        ("personas: {p: {when: {traits.x: 1}, within: {Z: 3d}}}", "`within` of persona `p` names the unknown step `Z`"),
        ("personas: {p: {when: {traits.x: 1}, drop: [A, B]}}", "drops every step"),
        ("personas: {p: {when: {traits.x: 1}, path: [{step: C, requires: [D]}, D]}}", "never puts before"),
    ],
)
def test_the_head_is_checked_against_the_path(head: str, said: str) -> None:
    text = f"map: m\npath:\n- A\n- {{step: B, match: {{event: B, where: {{attributes.x: 2}}}}}}\n{head}"
    errors = found(text, "error")
    assert len(errors) == bool(said), errors
    assert all(said in words for _, words in errors)


def test_what_is_wrong_in_the_head_has_its_line() -> None:
    outcomes = "outcomes:\n  reached:\n    - A\n    - Nowhere\n"
    text = f"map: m\npath: A\n{outcomes}personas:\n  p: {{when: {{traits.x: 1}}, drop: [Z]}}\n"
    assert [line for line, _ in found(text, "error")] == [6, 8]


STAGES = """map: m
stages:
  - stage: one
    phase: pre-sale
    path:
      - {step: A, need: x}
  - stage: two
    phase: post-sale
    path:
      - {step: B, need: x}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("{step: B, need: x}", "{step: B, title: x}", 10, "no `need`"),
        ("{step: B, need: x}", "{step: B, need: ' '}", 10, "no `need`"),
        ("    phase: post-sale\n", "", 7, "no `phase`"),
        ("post-sale", "pre-sale", 2, "no post-sale stage"),
        ("pre-sale", "post-sale", 2, "no pre-sale stage"),
        ("{step: B, need: x}", "{step: B, need: x}\n      - A", 6, "in two stages"),
    ],
)
def test_maps_with_stages_must_say_whom_they_serve(old: str, new: str, line: int, said: str) -> None:
    assert found(STAGES, "error") == []
    errors = found(STAGES.replace(old, new), "error")
    assert any(at == line and said in text for at, text in errors), errors


def test_the_same_is_a_warning_on_a_bare_path() -> None:
    assert found("map: m\npath: [A, {step: B, need: x}]", "error") == []
    assert [text for _, text in found("map: m\npath: [A, {step: B, need: x}]", "warning")] == [
        "a bare path has no stages, before and after the sale",
        "1 of 2 steps do not say what the customer needs (`need`)",
    ]


def test_branches_that_look_the_same_are_a_warning_at_their_choice() -> None:
    text = "map: m\npath:\n  - A\n  - choice:\n      - {step: B, match: X}\n      - {step: C, match: X}\n"
    assert (4, "two branches of this choice are matched by the same touchpoints") in found(text, "warning")
    assert len(found(text.replace("C, match: X", "C, match: Y"), "warning")) == 2


def test_a_map_of_our_own_acts_is_inside_out() -> None:
    text = "map: m\npath: [{step: A, actor: staff}, {step: B, actor: [staff, system]}]"
    assert any("inside out" in said for _, said in found(text, "warning"))
    assert not any("inside out" in said for _, said in found(text.replace("[staff, system]", "customer"), "warning"))
    assert not any("inside out" in said for _, said in found("map: m\npath: [A, {step: B, actor: staff}]", "warning"))


def test_steps_without_evidence_are_noted_where_they_stand() -> None:
    text = "map: m\npath:\n  - {step: A, evidence: {source: interviews}}\n  - B\n"
    assert found(text, "note") == [(4, "the step `B` has no evidence: it is assumed")]


def test_a_text_that_is_no_map_is_not_publishable() -> None:
    problems = lint_text("map: m")
    assert [problem.level for problem in problems] == ["error"]
    assert not publishable(problems)


def test_errors_come_first_and_each_level_in_the_order_of_the_file() -> None:
    levels = [(problem.level, problem.line) for problem in lint_text("map: m\npath: [{step: A, requires: [B]}, B]")]
    assert levels == sorted(levels, key=lambda each: (["error", "warning", "note"].index(each[0]), each[1]))


def test_a_hostile_map_is_linted_in_bounded_time() -> None:
    names = [f"s{number}" for number in range(120)]
    path = [{"step": name, "requires": names[:number]} for number, name in enumerate(names)]
    text = json.dumps({"map": "m", "path": path})
    assert len(load_map(text).steps) == 120
    assert found(text, "error") == []
    marks = json.dumps({"map": "m", "path": [{"step": name, "milestone": True} for name in names]})
    assert any("100 milestones" in said for _, said in found(marks, "error"))


def test_too_many_requirements_are_said_rather_than_checked_for_ever() -> None:
    names = [f"s{number}" for number in range(210)]
    path = [{"step": name, "requires": [names[number - 1]] if number else []} for number, name in enumerate(names)]
    assert any("too much" in said for _, said in found(json.dumps({"map": "m", "path": path}), "error"))


def test_a_step_in_several_places_may_follow_what_it_requires_in_one_of_them() -> None:
    assert found("map: m\npath: [A, {step: B, requires: [A]}, B]", "error") == []
    assert found("map: m\npath: [{step: B, requires: [A]}, A, B]", "error")[0][1].endswith("never puts before it")


def branches(count: int, matcher: str = "X") -> str:
    steps = ", ".join(f"{{step: b{number}, match: {matcher}}}".replace("#", str(number)) for number in range(count))
    return f"map: m\npath:\n  - A\n  - any_order: [{steps}]\n"


def test_parallel_branches_that_one_event_can_go_on_in_are_warned_of_before_judging_gets_slow() -> None:
    apart = "{event: X, where: {attributes.name: n#}}"
    assert not any("judging gets slow" in said for _, said in found(branches(7), "warning"))
    slow = "the event `X` can go on in so many of these parallel branches (256 ways) that judging gets slow"
    assert (4, f"{slow}: tell the branches apart with `where`, or make them fewer") in found(branches(8), "warning")
    assert any("one event can go on" in said for _, said in found(branches(8, "{channel: web}"), "warning"))
    assert not any("can go on in" in said for _, said in found(branches(12, apart), "warning"))


def test_many_parallel_branches_are_warned_of_though_their_events_tell_them_apart() -> None:
    apart = "{event: X, where: {attributes.name: n#}}"
    assert not any("states together" in said for _, said in found(branches(10, apart), "warning"))
    assert any(
        "these 11 branches have 2,048 states together" in said for _, said in found(branches(11, apart), "warning")
    )


def test_a_branch_of_several_like_steps_counts_by_its_steps() -> None:
    branch = "[{step: b#0, match: X}, {step: b#1, match: X}, c#, {step: b#2, match: [Y, X]}]"
    text = "map: m\npath:\n  - any_order: [" + ", ".join(branch.replace("#", str(n)) for n in range(4)) + "]\n"
    assert any("(256 ways)" in said for _, said in found(text, "warning"))


def test_outcomes_without_a_target_are_warned_of() -> None:
    text = "map: m\npath: [A, B]\noutcomes:\n  reached: [B]\n"
    said = "the outcomes have no `target`: which share of the customers should reach them, within which time"
    assert (3, said) in found(text, "warning")
    assert (3, said) not in found(f"{text}  target: {{share: 50%, within: 3d}}\n", "warning")
    assert (3, said) not in found(text.replace("reached: [B]", "lost: [Gone]"), "warning")
