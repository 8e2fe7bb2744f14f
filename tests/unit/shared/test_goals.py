"""What came of goals: each of the words, at its edges, by figures that Waypost measures."""

from datetime import date
from typing import Any

import pytest

from shared.goals import Figure, joined, maps_of, read_quantity

DAY = 86_400.0

Json = dict[str, Any]


def catalogue(measure: Json | None = None, **goal: object) -> Json:
    """Return a catalogue of one KPI with one goal, as GET /v1/kpis answers it."""
    given: Json = {
        "goal": "First value sooner",
        "metric": "value",
        "baseline": "48%",
        "target": "55%",
        "by": "2027-03-31",
        "milestones": [{"on": "2027-01-31", "value": "50%"}, {"on": "2027-02-28", "value": "52%"}],
    }
    kpi = {"kpi": "value", "target": goal.pop("kpi_target", None), "measure": measure or {"map": "care", "of": "share"}}
    return {"kpis": [kpi], "goals": [given | goal]}


def report(day: str, share: float | None, half: float = 0.02, **times: float | None) -> Json:
    """Return the outcomes of a map on a day."""
    low, high = (None, None) if share is None else (share - half, share + half)
    time: Json = {"median_s": None, "low_s": None, "high_s": None, "p80_s": None}
    return {
        "as_of": f"{day}T10:00:00Z",
        "attained": {"share": share, "low": low, "high": high},
        "time_to_value": time | times,
    }


def result(given: Json, outcomes: Json) -> tuple[str, str]:
    found = joined(given, {"care": outcomes})["goals"][0]["result"]
    return found["word"], found["text"]


@pytest.mark.parametrize(
    ("day", "share", "word", "text"),
    [
        ("2027-01-30", 0.47, "too early", "47 % on 2027-01-30, 55% by 2027-03-31."),
        (
            "2027-01-31",
            0.499,
            "behind",
            "49.9 % on 2027-01-31, 55% by 2027-03-31. The milestone of 2027-01-31 is late: 50% was due.",
        ),
        ("2027-02-27", 0.50, "on track", "50 % on 2027-02-27, 55% by 2027-03-31."),
        (
            "2027-02-28",
            0.51,
            "behind",
            "51 % on 2027-02-28, 55% by 2027-03-31. The milestone of 2027-02-28 is late: 52% was due.",
        ),
        ("2027-01-01", 0.56, "on track", "56 % on 2027-01-01, 55% by 2027-03-31."),
        ("2027-01-01", 0.58, "met", "58 % on 2027-01-01, 55% by 2027-03-31."),
        ("2027-03-31", 0.54, "on track", "54 % on 2027-03-31, 55% by 2027-03-31."),
        ("2027-04-01", 0.54, "missed", "54 % on 2027-04-01, 55% by 2027-03-31."),
        ("2027-04-01", 0.55, "met", "55 % on 2027-04-01, 55% by 2027-03-31."),
        ("2027-01-01", None, "too early", "The figure is not known yet."),
        ("2027-04-01", None, "not measurable", "The figure is not known yet."),
    ],
)
def test_a_goal_is_judged_by_its_figure_its_milestones_and_its_day(
    day: str, share: float | None, word: str, text: str
) -> None:
    assert result(catalogue(), report(day, share)) == (word, text)


@pytest.mark.parametrize(
    ("goal", "figures", "word"),
    [
        ({"baseline": "30d", "target": "20d", "milestones": []}, {"median_s": 21 * DAY}, "too early"),
        (
            {"baseline": "30d", "target": "20d", "milestones": []},
            {"median_s": 20 * DAY, "high_s": 23 * DAY},
            "on track",
        ),
        ({"baseline": "30d", "target": "480h", "milestones": []}, {"median_s": 18 * DAY, "high_s": 19 * DAY}, "met"),
        ({"baseline": None, "target": "20d", "milestones": []}, {"median_s": 18 * DAY, "high_s": 19 * DAY}, "met"),
        (
            {"baseline": "30d", "target": "20d", "milestones": [{"on": "2027-01-01", "value": "25d"}]},
            {"median_s": 26 * DAY},
            "behind",
        ),
        ({"baseline": "10d", "target": "20d", "milestones": []}, {"median_s": 21 * DAY, "low_s": 20 * DAY}, "met"),
    ],
)
def test_a_time_is_to_shrink_unless_the_baseline_says_otherwise(goal: Json, figures: Json, word: str) -> None:
    given = catalogue({"map": "care", "of": "median"}, **goal)
    assert result(given, report("2027-01-31", None, **figures))[0] == word


def test_what_cannot_be_measured_says_why() -> None:
    outcomes = report("2027-01-31", 0.5)
    assert result(catalogue(target="14d"), outcomes) == (
        "not measurable",
        "The metric is a percentage, such as 60%; the target 14d is not.",
    )
    assert "The metric is a time" in result(catalogue({"map": "care", "of": "p80"}), outcomes)[1]
    assert "map gone are not there" in result(catalogue({"map": "gone", "of": "share"}), outcomes)[1]
    bare = catalogue()
    bare["kpis"][0]["measure"] = None
    assert result(bare, outcomes) == ("not measurable", "Waypost does not measure value: the KPI has no measure.")
    for field in ("metric", "target", "by"):
        assert result(catalogue(**{field: None}), outcomes)[0] == "not measurable"


def test_a_kpi_has_its_figure_beside_its_target() -> None:
    def figure(kpi_target: str | None, measure: Json, outcomes: Json) -> Json:
        found: Json = joined(catalogue(measure, kpi_target=kpi_target), {"care": outcomes})["kpis"][0]["figure"]
        return found

    share, p80 = {"map": "care", "of": "share"}, {"map": "care", "of": "p80"}
    found = figure("60%", share, report("2027-01-31", 0.583))
    assert {key: found[key] for key in ("text", "unit", "as_of", "reaches_target")} == {
        "text": "58.3 %",
        "unit": "%",
        "as_of": "2027-01-31",
        "reaches_target": False,
    }
    assert found["value"] == 58.3
    found = figure("14d", p80, report("2027-01-31", None, p80_s=12.5 * DAY))
    assert (found["text"], found["value"], found["unit"], found["reaches_target"]) == ("12.5 d", 300.0, "h", True)
    assert figure("58%", share, report("2027-01-31", 0.58))["reaches_target"] is True, "0.58 times 100 is a little less"
    assert figure("14d", share, report("2027-01-31", 0.5))["reaches_target"] is None
    assert figure(None, p80, report("2027-01-31", None))["text"] == "not known yet"
    assert figure(None, p80, report("2027-01-31", None, p80_s=7200.0))["text"] == "2 h"


def test_each_map_that_is_measured_by_is_named_once() -> None:
    measures: list[Json | None] = [
        {"map": "b", "of": "share"},
        None,
        {"map": "a", "of": "p80"},
        {"map": "b", "of": "p80"},
    ]
    assert maps_of({"kpis": [{"measure": each} for each in measures]}) == ["b", "a"]


@pytest.mark.parametrize("text", ["", "55 percent", "1e9%", "%", "1,5d", "5w"])
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert read_quantity(text) is None


def test_a_quantity_is_held_to_a_figure_of_its_kind_alone() -> None:
    quantity = read_quantity("14d")
    assert quantity is not None
    share, time = (Figure(1.0, None, None, is_time=is_time, as_of=date(2027, 1, 1)) for is_time in (False, True))
    assert (share.of(quantity), time.of(quantity)) == (None, 336.0)
