"""The KPI catalogue: what is read, what is refused, what its audit and the check of its goals say."""

from fractions import Fraction

import pytest

from services.alerts.kpis.answer import answer_of
from services.alerts.kpis.audit import audit, audit_text
from services.alerts.kpis.catalogue import CLASSES, Catalogue, Class, Kpi
from services.alerts.kpis.reading import GOAL_KEYS, KPI_KEYS, read_catalogue
from services.alerts.kpis.smart import check
from shared.goals import maps_of
from shared.yaml_text.problems import DocumentError
from tests.shared_data import ROOT
from waypost.publish import read_map_file

KPIS = """kpis:
  - {kpi: value, class: outcome, title: Value in time}
  - {kpi: nrr, class: business result}
  - {kpi: effort, class: perception}
  - {kpi: calls, class: activity}
  - {kpi: tickets, class: output}
"""


def errors(text: str) -> list[tuple[int, str]]:
    with pytest.raises(DocumentError) as caught:
        read_catalogue(text)
    return [(problem.line, problem.text) for problem in caught.value.problems]


def goal(lines: str) -> str:
    return f"{KPIS}goals:\n  - goal: Improve CX\n{lines}"


def test_the_shipped_catalogue_and_the_one_on_the_page_are_whole() -> None:
    page = (ROOT / "docs/kpis.md").read_text()
    example = page.split("```yaml\n")[1].split("```")[0]
    for text in ((ROOT / "deploy/kpis.yaml").read_text(), example):
        answer = answer_of(read_catalogue(text), text)
        assert answer["report"]["headline"] == ["value-in-time", "net-retention"]
        assert [each["missing"] for each in answer["goals"]] == [[]]
        assert [each["holds"] for each in answer["goals"][0]["smart"]] == [True] * 5
        assert maps_of(answer) == [read_map_file(ROOT / "deploy/maps/demo.yaml").map.name]
    assert [key for key in (*KPI_KEYS, *GOAL_KEYS, *CLASSES) if f"`{key}" not in page and key != "goal"] == []


REFUSED: dict[str, tuple[str, int, str]] = {
    "nothing": ("", 0, "the catalogue is empty"),
    "no table": ("- a", 1, "a catalogue is a table with `kpis`, `report` and `goals`"),
    "no KPI": ("report: {}", 1, "the catalogue has no KPI"),
    "an unknown key": ("kpi: []\nkpis: [{kpi: a, class: outcome}]", 1, "unknown key `kpi`; did you mean `kpis`?"),
    "no class": ("kpis:\n  - {kpi: a}", 2, "the KPI `a` has no `class`: one of activity, output, outcome"),
    "an unknown class": ("kpis:\n  - {kpi: a, class: outptu}", 2, "`outptu`; did you mean `output`?"),
    "no id": ("kpis:\n  - {class: outcome}", 2, "a KPI has no `kpi`"),
    "a bad id": ("kpis:\n  - {kpi: <b>, class: outcome}", 2, "`kpi` is an id"),
    "no table of a KPI": ("kpis:\n  - a", 2, "a KPI is a table, beginning with `kpi`"),
    "twice": ("kpis:\n  - {kpi: a, class: outcome}\n  - {kpi: a, class: output}", 3, "stands twice (first in line 2)"),
    "prominence": ("kpis:\n  - {kpi: a, class: outcome, prominence: 11}", 2, "must be a whole number from 1 to 10"),
    "no target": ("kpis:\n  - {kpi: a, class: outcome, target: much}", 2, "must be a number, a percentage (75%) or a"),
    "what is not measured": ("kpis:\n  - {kpi: a, class: outcome, measure: {map: m, of: joy}}", 2, "unknown value"),
    "headed by an output": (f"{KPIS}report: {{headline: [value, tickets]}}", 7, "`tickets`, which is an output: only"),
    "headed by an activity": (f"{KPIS}report:\n  headline: [calls, value]", 8, "`calls`, which is an activity: only"),
    "headed by no outcome": (f"{KPIS}report: {{headline: [nrr]}}", 7, "the report is headed by no outcome"),
    "headed by the unknown": (f"{KPIS}report: {{headline: [valu]}}", 7, "unknown KPI `valu`; did you mean `value`?"),
    "an unknown metric": (goal("    metric: joy"), 9, "`metric` of goal `Improve CX` names the unknown KPI `joy`"),
    "an output as outcome": (goal("    outcome: tickets"), 9, "is an output: link a KPI of class `outcome`"),
    "unlike units": (goal("    baseline: 5\n    target: 7%"), 10, "differ in their unit"),
    "no date": (goal("    by: Q3"), 9, "`by` of goal `Improve CX` must be a date: YYYY-MM-DD"),
    "changes the wrong way round": (goal("    past_changes: {low: 5, high: 2}"), 9, "`past_changes` needs `low` and"),
    "milestones after the end": (
        goal("    by: 2027-01-01\n    milestones: [{on: 2027-02-01, value: 5}]"),
        10,
        "must come one after the other, and not after `by`",
    ),
    "milestones without value": (goal("    milestones: [{on: 2027-02-01}]"), 9, "a milestone has no `value`"),
    "too many": ("kpis:\n" + "".join(f"  - {{kpi: k{n}, class: outcome}}\n" for n in range(501)), 1, "more than 500"),
    "too long": ("#" * 262_145, 0, "the catalogue is longer than 262,144 characters"),
}


@pytest.mark.parametrize(("text", "line", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_is_said_with_its_line(text: str, line: int, said: str) -> None:
    assert any(at == line and said in words for at, words in errors(text)), errors(text)


def kpis(*classes: tuple[Class, int]) -> list[Kpi]:
    return [Kpi(f"k{number}", f"K{number}", kind, prominence=p) for number, (kind, p) in enumerate(classes)]


def test_four_outputs_of_five_are_80_percent_and_warn() -> None:
    found = audit(kpis(("output", 1), ("output", 3), ("activity", 1), ("output", 1), ("outcome", 1)))
    assert (found.ratio, found.warns) == (Fraction(4, 5), True)
    assert found.weighted == Fraction(6, 7)
    assert audit_text(found) == (
        "4 of 5 KPIs say what we did, not what came of it: 80 %, 85.7 % by prominence. From 80 % on that is a warning."
        " The nearest step: an outcome in the place of `k1`."
    )


def test_below_80_percent_plain_and_weighted_nothing_is_warned_of() -> None:
    found = audit(kpis(("output", 1), ("output", 1), ("activity", 1), ("perception", 1)))
    assert (found.ratio, found.warns, found.step) == (Fraction(3, 4), False, ())
    assert audit_text(found) == "3 of 4 KPIs say what we did, not what came of it: 75 %."


def test_a_prominent_output_warns_by_its_weight_alone() -> None:
    found = audit(kpis(("output", 8), ("outcome", 1), ("outcome", 1)))
    assert (found.ratio, found.weighted, found.warns) == (Fraction(1, 3), Fraction(4, 5), True)
    assert [kpi.name for kpi in found.step] == ["k0"]


def test_the_nearest_step_is_as_small_as_can_be() -> None:
    found = audit([Kpi(f"k{number}", "K", "output") for number in range(10)])
    assert len(found.step) == 3  # 7 of 10
    assert "`k0`, `k1`, `k2`" in audit_text(found)
    assert audit_text(audit([])) == "There is no KPI yet."


def checked(lines: str) -> tuple[tuple[str, ...], dict[str, bool | None], str]:
    catalogue = read_catalogue(goal(lines))
    found = check(catalogue.goals[0], catalogue)
    return found.missing, {each.letter: each.holds for each in found.letters}, found.text


def test_improve_cx_names_the_missing_fields() -> None:
    missing, letters, text = checked("")
    assert missing == ("metric", "segment", "baseline", "target", "outcome", "by")
    assert letters == {"S": False, "M": False, "A": None, "R": False, "T": False}
    assert text == (
        "“Improve CX” is a wish until it says `metric` (which KPI), `segment` (for whom), `baseline` (from where),"
        " `target` (to where), `outcome` (what the customer gains by it), `by` (until when)."
    )


WHOLE = "    metric: value\n    segment: new\n    baseline: 48%\n    target: 55%\n    by: 2027-03-31\n"


def test_a_smart_goal_is_said_to_be_one() -> None:
    assert checked(f"{WHOLE}    past_changes: {{low: -3%, high: 9%}}\n") == (
        (),
        dict.fromkeys("SMART", True),
        "“Improve CX” can be told from a wish.",
    )


def test_without_a_history_nobody_can_say_whether_it_can_be_achieved() -> None:
    missing, letters, text = checked(WHOLE)
    assert (missing, letters["A"]) == ((), None)
    assert "is not checkable yet" in text


def test_a_change_never_seen_is_said() -> None:
    missing, letters, text = checked(f"{WHOLE}    past_changes: {{low: -3%, high: 5%}}\n")
    assert (missing, letters["A"]) == ((), False)
    assert "A change of +7% was never seen: those so far lie between -3% and +5%." in text


def test_a_metric_that_is_no_outcome_needs_one_linked() -> None:
    effort = WHOLE.replace("value", "effort")
    assert checked(effort)[0] == ("outcome",)
    assert checked(f"{effort}    outcome: value\n")[0] == ()


def test_an_empty_catalogue_answers() -> None:
    answer = answer_of(Catalogue(), "")
    assert (answer["kpis"], answer["audit"]["kpis"], answer["audit"]["warns"]) == ([], 0, False)
