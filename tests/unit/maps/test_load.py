"""Loading maps: what is read, and what is said of a text that is no map."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.journey.domain.maps.load import MapError, load, load_map, map_of_tree
from services.journey.domain.maps.model import (
    AnyOrder,
    Choice,
    Condition,
    Evidence,
    Matcher,
    Optional,
    Outcome,
    Repeat,
    Sequence,
    Silent,
    StepBlock,
    Target,
)
from shared.yaml_text.document import Bounds, Table, read_document
from shared.yaml_text.problems import DocumentError, Problem, Problems
from tests.shared_data import shared_path

DAY = 86_400_000_000


def errors(text: str) -> list[tuple[int, str]]:
    with pytest.raises(MapError) as caught:
        load_map(text)
    return [(problem.line, problem.text) for problem in caught.value.problems]


def path_of(block: str) -> object:
    return load_map(f"map: m\npath: {block}").stages[0].path


def test_the_example_map_is_read_whole() -> None:
    map = load_map(shared_path("design/example-map.yaml").read_text())
    assert [stage.name for stage in map.stages] == ["evaluate", "buy", "onboard", "value", "renew"]
    assert [stage.phase for stage in map.stages] == ["pre-sale", "pre-sale", "post-sale", "post-sale", "post-sale"]
    assert list(map.steps)[:4] == ["demo", "signup", "tour", "contract"]
    assert map.subject == "account"
    assert map.reentry == "after_end"
    assert map.opens_on == (Matcher("Signed Up"), Matcher("Demo Requested"))
    assert map.steps["demo"].match == (
        Matcher("Meeting Held", where=(Condition("attributes.kind", "any_of", ("demo",)),)),
    )
    assert map.steps["demo"].evidence == (Evidence("interviews", "2026-Q2"),)
    assert map.steps["contract"].milestone
    assert map.steps["contract"].within == 30 * DAY
    assert map.steps["go-live"].requires == ("import-data", "security-review")
    assert map.steps["training"].channel == ("call", "webinar")
    assert map.stages[3].path == Sequence((Repeat(StepBlock("first-report"), StepBlock("refine")),))
    assert map.reviewed == "2026-09-01"
    assert map.review_every == 90 * DAY
    assert map.healthy is not None
    assert map.healthy.within == 7 * DAY
    assert [persona.name for persona in map.personas] == ["enterprise", "self-serve"]
    assert map.personas[0].within == {"security-review": 45 * DAY}
    assert map.personas[1].drop == ("demo", "kickoff", "contract")
    assert [outcome.kind for outcome in map.outcomes] == ["reached", "lost", "lost"]


def test_the_lines_of_the_example_map_are_right() -> None:
    text = shared_path("design/example-map.yaml").read_text()
    rows = text.splitlines()
    lines = load(text).lines
    for name, line in lines.steps.items():
        assert f"step: {name}" in rows[line - 1]
    for (_, key), line in lines.step_keys.items():
        assert f"{key}:" in rows[line - 1]
    for key, line in lines.head.items():
        assert rows[line - 1].startswith(f"{key}:")
    assert "any_order" in rows[lines.places[2, 1] - 1]


def test_all_maps_of_the_judgement_cases_load() -> None:
    cases = json.loads(gzip.decompress(shared_path("oracle/judgement_cases.json.gz").read_bytes()))
    assert len({load_map(json.dumps(case["map"])).name for case in cases}) > 30


@pytest.mark.parametrize("log", ["helpdesk", "loans_2012", "running_example", "sepsis", "travel_international"])
def test_process_trees_load_bare_and_wrapped(log: str) -> None:
    tree = json.loads(gzip.decompress(shared_path(f"oracle/{log}.json.gz").read_bytes()))["tree"]
    bare = load_map(json.dumps(tree))
    assert bare.stages == map_of_tree(tree).stages == load_map(json.dumps({"map": "m", "path": tree})).stages
    assert bare.unmapped == "count"


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("A", StepBlock("A")),
        ("[A, B]", Sequence((StepBlock("A"), StepBlock("B")))),
        ("{step: A}", StepBlock("A")),
        ("{sequence: [A]}", Sequence((StepBlock("A"),))),
        ("{choice: [A, [B, C]]}", Choice((StepBlock("A"), Sequence((StepBlock("B"), StepBlock("C")))))),
        ("{any_order: [A, {optional: B}]}", AnyOrder((StepBlock("A"), Optional(StepBlock("B"))))),
        ("{repeat: {do: A}}", Repeat(StepBlock("A"))),
        ("{repeat: {do: A, redo: B}}", Repeat(StepBlock("A"), StepBlock("B"))),
        ("{loop: [A, B]}", Repeat(StepBlock("A"), StepBlock("B"))),
        ("{loop: [A, {silent: true}]}", Repeat(StepBlock("A"))),
        ("{choice: [A, {silent: true}]}", Choice((StepBlock("A"), Silent()))),
    ],
)
def test_blocks_are_read_as_written(text: str, block: object) -> None:
    assert path_of(text) == block


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [("14d", 14 * DAY), ("36h", DAY * 3 // 2), ("90m", 5_400_000_000), ("45s", 45_000_000), ("2w", 14 * DAY)],
)
def test_durations_are_microseconds(text: str, microseconds: int) -> None:
    assert load_map(f"map: m\npath: {{step: A, within: {text}}}").steps["A"].within == microseconds


def test_a_step_is_matched_by_the_event_of_its_name_unless_told_otherwise() -> None:
    map = load_map("map: m\npath: [A, {step: B, need: x}, {step: C, match: [D, {event: E, channel: web}]}]")
    assert [map.steps[name].match for name in "ABC"] == [
        (Matcher("A"),),
        (Matcher("B"),),
        (Matcher("D"), Matcher("E", channel=("web",))),
    ]


def test_a_step_is_defined_once_and_named_anywhere() -> None:
    map = load_map("map: m\npath: [B, {step: A, need: x}, {step: B, need: y}, A, {step: A}, {step: B, need: y}]")
    assert list(map.steps) == ["B", "A"]
    assert map.steps["B"].need == "y"


def test_two_different_definitions_name_both_lines() -> None:
    found = errors("map: m\npath:\n  - {step: A, need: x}\n  - B\n  - {step: A, need: y}\n")
    assert [line for line, _ in found] == [5]
    assert "line 3 and line 5" in found[0][1]


def test_conditions_compare_as_written() -> None:
    text = """
map: m
path:
  step: A
  match:
    - where: {attributes.n: 5, attributes.on: no, attributes.day: 2026-01-01, attributes.flag: [true, null, 1.5]}
    - {event: X, where: {traits.age: {gte: 18, lte: 65}, channel: {not: [web, app]}, attributes.x: {exists: false}}}
"""
    first, second = load_map(text).steps["A"].match
    assert [condition.value for condition in first.where] == [(5,), ("no",), ("2026-01-01",), (True, None, 1.5)]
    assert second.where == (
        Condition("traits.age", "gte", 18),
        Condition("traits.age", "lte", 65),
        Condition("channel", "not", ("web", "app")),
        Condition("attributes.x", "exists", False),  # noqa: FBT003 - the value that is compared
    )


def test_evidence_may_be_one_text() -> None:
    assert load_map("map: m\npath: {step: A, evidence: interviews}").steps["A"].evidence == (Evidence("interviews"),)


def test_outcomes_keep_the_order_of_the_file() -> None:
    map = load_map("map: m\npath: A\noutcomes: {lost: [Gone], reached: {event: A, ends: false}}")
    assert map.outcomes == (
        Outcome("lost", Matcher("Gone")),
        Outcome("reached", Matcher("A"), ends=False),
    )


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 0, "empty"),
        ("just words", 1, "table of keys"),
        ("- A\n- B", 1, "table of keys"),
        ("map: m\npath: [A", 2, "not YAML or JSON"),
        ('map: "\\UFFFFFFFF"', 0, "not YAML or JSON"),
        ('map: "\\U00110000"', 0, "not YAML or JSON"),
        ("map: m\npath: A\n---\nmap: n\npath: B", 3, "single document"),
        ("map: m\npath: A\nmap: n", 3, "stands twice (first in line 1)"),
        ("map: m\npath: [A, {step: B, wihtin: 3d}]", 2, "unknown key `wihtin`; did you mean `within`?"),
        ("map: m\npaht: A\npath: A", 2, "did you mean `path`?"),
        ("map: m\nstages: [{stage: s, pahse: pre-sale, path: A}]", 2, "did you mean `phase`?"),
        ("map: m\npath: A\nhealthy: {match: X, witin: 3d}", 3, "did you mean `within`?"),
        ("map: m\npath: A\ncosts: {customeronly: 3}", 3, "did you mean `customer_only`?"),
        ("map: m\npath: A\ncosts: {customer_only: 0}", 3, "whole number from 1"),
        ("map: m\npath: A\ncosts: {customer_only: true}", 3, "whole number from 1"),
        ("map: m\npath: A\noutcomes: {reach: [A]}", 3, "did you mean `reached`?"),
        ("map: m\npath: A\nopens_on: [{evnt: A}]", 3, "did you mean `event`?"),
        ("map: m\npath: A\nopens_on: [{}]", 3, "names nothing"),
        ("map: m\npath: A\nsubject: persn", 3, "did you mean `person`?"),
        ("map: m\npath: A\njourney_per: order", 3, "must read `attributes.…`"),
        ("map: m\npath: A\nreviewed: soon", 3, "YYYY-MM-DD"),
        ("map: m\npath: A\nissue: [x]", 3, "must be a text"),
        ("map: a/b\npath: A", 1, "the map's id"),
        ("path: A", 1, "no `map`"),
        ("map: m", 1, "no path"),
        ("map: m\npath: A\nstages: []", 2, "not both"),
        ("map: m\nstages: []", 2, "not empty"),
        ("map: m\nstages: [A]", 2, "a stage is a table"),
        ("map: m\nstages: [{stage: a, path: A}, {stage: a, path: B}]", 2, "`a` stands twice"),
        ("map: m\nstages: [{stage: a}]", 2, "no `path`"),
        ("map: m\npath: []", 2, "not empty"),
        ("map: m\npath: {choice: []}", 2, "not empty"),
        ("map: m\npath: {choice: A}", 2, "must be a list"),
        ("map: m\npath: {chioce: [A, B]}", 2, "did you mean `choice`?"),
        ("map: m\npath: {optional: A, choice: [B]}", 2, "one thing"),
        ("map: m\npath: {loop: [A]}", 2, "two blocks"),
        ("map: m\npath: {loop: [A, B, C]}", 2, "two blocks"),
        ("map: m\npath: {repeat: A}", 2, "`do`"),
        ("map: m\npath: {repeat: {redo: A}}", 2, "no `do`"),
        ("map: m\npath: {silent: false}", 2, "silent: true"),
        ("map: m\npath: {any_of: [A, B]}", 2, "reserved"),
        ("map: m\npath: {step: A, reopens: B}", 2, "reserved"),
        ("map: m\npath: {need: x}", 2, "without `step`"),
        ("map: m\npath: {step: ''}", 2, "empty"),
        ("map: m\npath: ['']", 2, "without a name"),
        ("map: m\npath: [null]", 2, "must be a text"),
        ("map: m\npath: {step: A, within: 3}", 2, "a duration such as"),
        ("map: m\npath: {step: A, within: 900000w}", 2, "a duration such as"),
        ("map: m\npath: {step: A, milestone: perhaps}", 2, "true or false"),
        ("map: m\npath: {step: A, severity: hihg}", 2, "did you mean `high`?"),
        ("map: m\npath: {step: A, match: [[B]]}", 2, "not a list"),
        ("map: m\npath: {step: A, match: {event: B, where: {kind: x}}}", 2, "no field of a touchpoint"),
        ("map: m\npath: {step: A, match: {event: B, where: {attributes.x: {gt: 3}}}}", 2, "unknown test `gt`"),
        ("map: m\npath: {step: A, match: {event: B, where: {attributes.x: {gte: true}}}}", 2, "a bound"),
        ("map: m\npath: {step: A, match: {event: B, where: {attributes.x: []}}}", 2, "no value"),
        ("map: m\npath: {step: A, evidence: [{ref: x}]}", 2, "no `source`"),
        ("map: m\npath: {step: A, evidence: [[x]]}", 2, "a list of `source` and `ref`"),
        ("map: m\npath: {step: A, match: ['']}", 2, "is empty"),
        ("map: m\npath: {step: A, match: {where: {attributes.x: {}}}}", 2, "the condition on `attributes.x` is empty"),
        ("map: m\npath: {step: A, match: {where: {attributes.x: [[1]]}}}", 2, "compares with single values"),
        ("map: m\npath: A\noutcomes: {reached: [['A']]}", 3, "not a list"),
        ("map: m\npath: A\ntitle: !!int x", 3, "`x` is not a int"),
        ('{"map": "m",\t"path": A', 1, "not YAML or JSON"),
        ("map: m\npath: A\npersonas: {p: {drop: [A]}}", 3, "needs `when`"),
        ("map: m\npath: A\npersonas: {p: {when: {attributes.x: 1}}}", 3, "use traits.…"),
        ("map: m\npath: A\npersonas: [p]", 3, "must be a table"),
        ("map: m\npath: A\npersonas: {p: free}", 3, "must be a table with `when`"),
        ("map: m\npath: A\ntitle: !!python/name:os.system x", 3, "not part of the language"),
        ("map: m\npath: A\ntitle: !custom x", 3, "not part of the language"),
        ("map: m\npath: A\n<<: {title: x}", 3, "unknown key `<<`"),
        ("map: m\npath: A\n? [a]\n: b", 3, "single word"),
        ("map: m\npath: A\ntitle: \x00", 3, "U+0000"),
        ('map: m\npath: A\ntitle: "\\0"', 3, "NUL"),
        ('map: m\npath: "\\ud800"', 2, "surrogate"),
        ('map: m\npath: "a\\u0007"', 2, "cannot be shown"),
        (f"map: m\npath: A\ntitle: {'x' * 5000}", 3, "longer than"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, said: str) -> None:
    found = errors(text)
    assert any(at == line and said in words for at, words in found), found


def test_all_problems_are_told_at_once_in_the_order_of_the_file() -> None:
    found = errors("map: m\nfoo: 1\npath:\n  - {step: A, bar: 2}\n  - {step: B, within: soon}\n")
    assert [line for line, _ in found] == [2, 4, 5]


@pytest.mark.parametrize(
    "text",
    [
        "map: m\npath: " + "[" * 20_000,
        "map: m\npath: " + '{"optional": ' * 20_000,
        "map: m\npath: &a [*a]",
        "map: m\npath: &a {optional: *a}",
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
        "map: m\npath: [" + "A, " * 3_000 + "A]",
        "x" * 300_000,
        "map: m\npath: A\nx: " + "9" * 100_000,
    ],
    ids=["flow depth", "json depth", "itself", "itself within", "bomb", "many steps", "long", "long number"],
)
def test_hostile_texts_are_refused_in_bounded_time(text: str) -> None:
    assert errors(text)


@pytest.mark.parametrize(
    ("text", "bounds", "said"),
    [
        ("a: 1\nb: [&a x, *a, *a, *a]", Bounds(aliases=2), "more than 2 aliases"),
        ("a: 1\nb: [x, x, x, x, x, x, x, x, x]", Bounds(values=9), "more than 9 values"),
        ("a: 1\nb: [[x, x], [x, x]]", Bounds(levels=14), "too many values within values"),
        ("a: 1\nb: [[[[[[[[", Bounds(depth=5), "more than 5 values within values"),
    ],
    ids=["aliases", "values", "levels", "depth"],
)
def test_reading_ends_at_the_bound_that_is_passed_and_not_at_the_end_of_the_text(
    text: str, bounds: Bounds, said: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        read_document(f"{text}\n]", Problems(), bounds=bounds)
    assert refused.value.problems == (Problem("error", said, 2),)


def test_values_that_aliases_repeat_count_each_time() -> None:
    text = "a: &a [1, 2, 3]\nb: [*a, *a]"
    assert isinstance(read_document(text, Problems(), bounds=Bounds(values=14)), Table)
    with pytest.raises(DocumentError, match="aliases within aliases"):
        read_document(text, Problems(), bounds=Bounds(values=10))


def test_a_bound_is_no_fault_of_the_syntax() -> None:
    [(line, words)] = errors("map: m\npath: " + "[" * 200)
    assert (line, words) == (2, "more than 100 values within values")


def test_aliases_within_bounds_are_fine() -> None:
    map = load_map("map: m\npath: [&a {step: A, need: x}, B, *a]")
    assert list(map.steps) == ["A", "B"]


def test_json_with_tabs_and_surrogate_pairs_is_read() -> None:
    text = json.dumps({"map": "m", "title": "a\tb 🚀", "path": ["A"]}, indent="\t")
    assert load_map(text).title == "a\tb 🚀"


def is_map_or_problems(text: str) -> bool:
    try:
        return bool(load_map(text).name)
    except MapError as error:
        return bool(error.problems)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_map_or_an_error_with_problems(text: str) -> None:
    assert is_map_or_problems(text)


@settings(deadline=None)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.sampled_from(
                    [
                        "map",
                        "path",
                        "stages",
                        "stage",
                        "step",
                        "choice",
                        "repeat",
                        "do",
                        "match",
                        "where",
                        "personas",
                        "when",
                    ]
                ),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=20,
    )
)
def test_any_json_is_a_map_or_an_error_with_problems(value: object) -> None:
    assert is_map_or_problems(json.dumps(value))


def test_a_target_is_read() -> None:
    text = "map: m\npath: [A]\noutcomes: {reached: [A], target: {share: 62.5 %, within: 60d}}"
    assert load_map(text).target == Target(0.625, 60 * DAY)
    assert load_map("map: m\npath: [A]\noutcomes: {reached: [A]}").target is None


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ("{lost: [B], target: {share: 50%, within: 3d}}", "a `target` needs `reached`: which outcome the customers"),
        ("{reached: [A], target: 75%}", "`target` of `outcomes` must be a table of keys and values"),
        ("{reached: [A], target: {share: 50%}}", "`target` has no `within`"),
        ("{reached: [A], target: {within: 3d}}", "`target` has no `share`"),
        (
            "{reached: [A], target: {share: 0%, within: 3d}}",
            "must be a percentage above 0 and at most 100, such as 75%",
        ),
        ("{reached: [A], target: {share: 100.1%, within: 3d}}", "must be a percentage above 0 and at most 100"),
        ("{reached: [A], target: {share: -5%, within: 3d}}", "must be a percentage above 0 and at most 100"),
        ("{reached: [A], target: {share: 0.75, within: 3d}}", "must be a percentage above 0 and at most 100"),
        ("{reached: [A], target: {share: [50%], within: 3d}}", "must be a percentage above 0 and at most 100"),
        ("{reached: [A], target: {share: 50%, within: soon}}", "`within` of `target` must be a duration such as 14d"),
        ("{reached: [A], target: {share: 50%, within: 0d}}", "`within` of `target` must be longer than nothing"),
        ("{reached: [A], target: {share: 50%, within: 3d, by: X}}", "unknown key `by`"),
        ("{reached: [A], targets: {share: 50%, within: 3d}}", "unknown outcome `targets`; did you mean `target`?"),
    ],
)
def test_what_is_no_target_is_said_with_its_line(outcomes: str, said: str) -> None:
    found = errors(f"map: m\npath: [A]\noutcomes:\n  {outcomes}")
    assert [line for line, _ in found] == [4]
    assert said in found[0][1]
