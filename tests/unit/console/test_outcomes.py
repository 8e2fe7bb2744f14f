"""Outcomes in words and charts: what is known with its interval, what is not known as not known yet."""

import csv
import io
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from services.console.domain import charts
from services.console.domain.charts import Axis, Series, Share
from services.console.domain.charts_curve import Curve, median_words, time_to_value
from services.console.domain.outcomes import (
    VERDICTS,
    attained_of,
    curve_rows,
    head_of,
    multiples_of,
    periods_of,
    stages_of,
    sub_of,
    time_words,
    verdict_of,
)
from services.console.domain.outcomes_kpis import audit_of, goals_of, headline_of, kpis_of
from services.console.domain.outcomes_report import as_csv, as_markdown, plain
from services.console.domain.words import DASH
from shared.goals import joined
from tests.unit.console.reports import DAY, empty_report, goal, kpis, period, report

N = "\N{NO-BREAK SPACE}"
NASTY = '=HYPERLINK("http://evil")|<script>`*_[x](y)\n# head\u202e'


def attained(**other: object) -> dict[str, Any]:
    """Return a report whose attained part is otherwise."""
    return report(attained=report()["attained"] | other)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (report(), "70 in 100 reach the outcome within 60 days; the target is 75"),
        (report(target=None), "70 in 100 reach the outcome so far; no target is set"),
        (
            report(target={"share": 0.9, "within_s": DAY}),
            f"70 in 100 reach the outcome within 1{N}d; the target is 90",
        ),
        (
            report(target={"share": 0.9, "within_s": None}),
            "70 in 100 reach the outcome within any time; the target is 90",
        ),
        (attained(share=None), "Which share reaches the outcome is not known yet"),
        (empty_report(), "No journey has begun on this map yet"),
    ],
)
def test_the_page_begins_with_what_customers_gained(given: dict[str, Any], sentence: str) -> None:
    assert head_of(given) == sentence


def test_what_was_attained_has_its_interval_its_counts_and_a_verdict() -> None:
    found = attained_of(report())

    assert found.share.words() == f"70{N}% (66 to 74)"
    assert (found.target, found.verdict.word) == (f"75{N}% within 60 days", "on track")
    assert found.counts == (
        ("Journeys", "468", "/customers?map=onboarding"),
        ("Reached it", "300", "/customers?map=onboarding&outcome=reached"),
        ("Left without it", "60", "/customers?map=onboarding&outcome=lost"),
        ("Neither so far", "108", "/customers?map=onboarding&outcome=open"),
        ("Old enough to tell: reached it in time", "210 of 300", ""),
    )
    assert sub_of(report()).startswith("468 journeys, those still on the way counted in")


def test_the_verdicts_are_these_words_and_no_other() -> None:
    assert set(VERDICTS) == {"met", "missed", "on track", "behind", "too early", "not measurable"}
    assert verdict_of("splendid").word == "not measurable"


def test_what_is_not_known_says_so() -> None:
    found = attained_of(empty_report())

    assert (found.share.words(), found.target) == ("not known yet", "none")
    assert dict(time_words(empty_report())) == {
        "Median": "not known yet",
        "80 in 100 by": "not known yet",
        "Watched for": "not known yet",
    }
    assert stages_of(report())[1].median == "not known yet"
    assert stages_of(report())[1].reached == "not known yet"
    assert [each.share for each in periods_of(report())][2] == "not known yet"
    assert multiples_of(empty_report()) == []
    assert curve_rows(empty_report()) == []


def test_a_median_that_was_not_reached_is_longer_than_what_was_watched() -> None:
    assert median_words({"median_s": None, "last_observed_s": 120 * DAY}) == f"> 120{N}d"
    assert dict(time_words(report()))["80 in 100 by"] == f"> 120{N}d"
    assert dict(time_words(report()))["Median"] == f"36{N}d (30{N}d to 41{N}d)"


def test_stages_and_periods_stand_in_tables_with_every_number_the_newest_period_first() -> None:
    stage = stages_of(report())[0]

    assert (stage.title, stage.entered, stage.left, stage.lost, stage.open) == ("Evaluate", "468", "400", "40", "28")
    assert (stage.phase, stage.median, stage.reached) == (
        "before the sale",
        f"9{N}d (8{N}d to not known yet)",
        f"70{N}%",
    )
    assert stages_of(report())[1].title == "Value"
    assert [each.name for each in periods_of(report())] == ["2026-W47", "2026-W46", "2026-W45", "2026-W44"]


def test_a_long_curve_is_thinned_in_the_table_and_keeps_its_end() -> None:
    points = [
        {"at_s": n * DAY, "reached": n / 300, "low": None, "high": None, "lost": 0.0, "at_risk": None}
        for n in range(200)
    ]
    rows = curve_rows(report(time_to_value=report()["time_to_value"] | {"curve": points}))

    assert len(rows) <= 41
    assert rows[-1][0] == f"199{N}d"
    assert rows[0] == (f"0{N}s", f"0{N}%", "\N{EN DASH}", "\N{EN DASH}")
    assert len(curve_rows(report())) == 3


# charts


def texts(svg: str) -> list[str]:
    """Return the words of a chart; that it can be read at all shows that they are escaped."""
    return [each.text or "" for each in ET.fromstring(svg).iter("text")]  # noqa: S314 (our own)


def test_every_chart_says_its_finding_to_a_screen_reader_and_holds_no_style() -> None:
    drawn = [
        charts.bullet(Share(0.7, 0.66, 0.74), 0.75, NASTY),
        charts.audit([("output", 4), ("outcome", 1)], 0.8, NASTY),
        time_to_value(Curve.of(report()["time_to_value"], report()["target"]), NASTY),
        *(charts.multiple(each) for each in multiples_of(report())),
    ]
    for svg in drawn:
        root = ET.fromstring(svg)  # noqa: S314 (our own)
        assert root.get("role") == "img"
        assert root.get("aria-label")
        assert "style" not in {name for each in root.iter() for name in each.keys()}  # noqa: SIM118 (an element)


def test_periods_side_by_side_say_the_days_on_which_the_first_and_the_last_began() -> None:
    weeks = [period("2025-W51", 0.6, **{"from": "2025-12-15T00:00:00Z"}), period("2026-W44", 0.7)]
    ends = {series.ends for series in multiples_of(report(periods=weeks))}

    assert ends == {(f"15{N}Dec{N}2025", f"2{N}Nov")}


def test_the_curve_names_its_median_its_target_and_who_is_still_counted() -> None:
    curve = Curve.of(report()["time_to_value"], report()["target"])
    wide, narrow = texts(time_to_value(curve, "x")), texts(time_to_value(curve, "x", 330))

    assert f"median 36{N}d" in wide
    assert f"target 75{N}% by 60{N}d" in wide
    assert f"target 75{N}%" in narrow
    assert wide[wide.index("Still counted") + 1 :] == ["468", "250", "40", "40", "0"]
    assert [word for word in wide if word.endswith(" d") and word[0].isdigit()] == ["30 d", "60 d", "90 d", "120 d"]
    assert time_to_value(curve, "x").count('class="tick"') == 2
    assert f"70{N}%" in wide


def test_beyond_the_last_step_those_still_open_are_counted_as_far_as_they_were_told() -> None:
    given = report()["time_to_value"]
    told = texts(time_to_value(Curve.of(given | {"open_at_s": [95 * DAY, 118 * DAY, 121 * DAY]}, None), "x"))
    untold = texts(time_to_value(Curve.of(given | {"open_at_s": [121 * DAY] * 200}, None), "x"))

    assert told[told.index("Still counted") + 1 :][-1] == "1"
    assert untold[untold.index("Still counted") + 1 :] == ["468", "250", "40", "40"]  # at 120 d nothing is said


def test_a_curve_without_a_point_or_interval_can_be_drawn() -> None:
    nothing = texts(time_to_value(Curve.of(empty_report()["time_to_value"], None), "x"))
    bare = [{"at_s": 3600.0, "reached": 0.5, "low": None, "high": None, "at_risk": None}]
    short = time_to_value(Curve.of(report()["time_to_value"] | {"curve": bare, "last_observed_s": 7200}, None), "x")

    assert "median not known yet" in nothing
    assert "2 h" in texts(short)
    assert "band" not in short


def test_a_target_at_the_edge_keeps_its_words_inside() -> None:
    curve = Curve.of(report()["time_to_value"], {"share": 0.5, "within_s": 200 * DAY})

    assert 'text-anchor="end">target' in time_to_value(curve, "x")


def test_small_multiples_break_where_a_value_is_not_known() -> None:
    share, median, opened = multiples_of(report())

    assert share.values == [0.6, None, 0.7, 0.72]
    assert charts.multiple(share).count('class="spark"') == 1  # the one before the gap is a dot
    assert charts.multiple(share).count('class="dot"') == 3
    assert share.target == 0.75
    assert median.target is None  # 60 days lie far above every median
    assert opened.said[-1] == "40"
    assert f"72{N}%" in texts(charts.multiple(share))


def test_a_multiple_whose_last_value_is_not_known_says_so() -> None:
    series = Series("Share", [0.5, None], 1.0, ["50 %", "not known yet"], ("a", "b"), interval=None)

    assert "not known yet in the last of 2" in charts.multiple(series)
    assert charts.multiple(Series("Share", [], 1.0, [], ("", "")))


def test_targets_of_medians_are_drawn_where_they_fit() -> None:
    slow = report(periods=[{**each, "median_s": 70 * DAY} for each in report()["periods"]])

    assert multiples_of(slow)[1].target == 60 * DAY


def test_the_audit_draws_a_block_for_each_kpi_or_one_for_a_class_when_there_are_many() -> None:
    few = charts.audit([("activity", 1), ("output", 3), ("outcome", 1)], 0.8, "x")
    many = charts.audit([("activity", 400), ("outcome", 100)], 0.8, "x", 330)

    assert few.count("<rect") == 5
    assert few.count('class="x-out"') == 3
    assert many.count("<rect") == 2
    assert f"80{N}% say what we did, not what came of it" in texts(few)
    assert f"80{N}% what we did" in texts(many)


def test_an_axis_keeps_what_lies_outside_at_its_edge() -> None:
    axis = Axis(0, 10, 100, 200)

    assert [axis(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 150, 200, 200]
    assert Axis(0, 0, 7, 9)(0) == 7


def test_a_share_without_an_interval_is_said_alone() -> None:
    assert Share(0.5).words() == f"50{N}%"
    assert charts.bullet(Share(None), 0.5, "x").count("<rect") == 1


# KPIs and goals


def test_the_audit_counts_by_class_and_says_its_warning() -> None:
    found = audit_of(kpis())

    assert found is not None
    assert found.classes == (("activity", 1), ("output", 3), ("outcome", 1))
    assert (found.warns, found.weighted) == (True, f"71{N}%")
    assert found.said.startswith("5 KPIs: 1 activity, 3 output, 1 outcome. ")
    assert audit_of({}) is None


def test_goals_say_from_where_to_where_and_which_letters_they_lack() -> None:
    whole, wish = goals_of(kpis())

    assert (whole.start, whole.target, whole.by, whole.owner) == ("60%", "75%", "2026-12-31", "success")
    assert whole.said == "all five hold"
    assert [(each.letter, each.css) for each in wish.letters if each.css] == [("M", "no"), ("A", "open"), ("T", "no")]
    assert (wish.said, wish.by) == ("missing: M, T; not known yet: A", "\N{EN DASH}")


def test_kpis_and_goals_say_where_they_stand_and_what_came_of_them() -> None:
    catalogue = joined(kpis(), {"onboarding": report()})
    first, *others = kpis_of(catalogue, ["onboarding"])
    whole, wish = goals_of(catalogue)

    assert (first.title, first.heads, first.now, first.target) == ("KPI 4", True, "70 %", "72%")
    assert first.reaches is not None
    assert first.reaches.word == "not reached"
    assert {(each.heads, each.now, each.target, each.reaches) for each in others} == {(False, DASH, DASH, None)}
    assert (whole.now, whole.result.word) == ("70 %", "behind")
    assert whole.why.endswith("The milestone of 2026-11-20 is late: 72% was due.")
    assert (wish.now, wish.result.word) == (DASH, "not measurable")


def test_what_heads_a_report_is_called_by_its_title() -> None:
    assert headline_of(kpis()) == ["KPI 4"]
    assert headline_of(kpis(report={"headline": ["gone"]})) == ["gone"]
    assert headline_of({}) == []


# to take away


def test_the_csv_has_a_line_for_the_whole_each_stage_and_each_period_and_no_formula() -> None:
    text = as_csv(report(title=NASTY))
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))

    assert [row[0] for row in rows] == ["what", "whole", "stage", "stage", "period", "period", "period", "period"]
    assert {len(row) for row in rows} == {11}
    assert rows[1][1].startswith("'=HYPERLINK")
    assert rows[1][2:9] == ["468", "300", "60", "108", "0.7", "0.66", "0.74"]
    assert rows[5][6] == ""  # not known is empty, not zero


def test_the_markdown_is_headed_by_the_outcome_and_takes_nothing_of_a_name_as_its_own() -> None:
    goals = goals_of(kpis(goals=[goal(NASTY, M=False)]))
    text = as_markdown(report(title=NASTY), audit_of(kpis()), goals, [NASTY])
    lines = text.splitlines()

    assert lines[0] == "# 70 in 100 reach the outcome within 60 days; the target is 75"
    assert [line for line in lines if line.startswith("#")][1:] == [
        "## Attained, against target",
        "## Time to value",
        "## By stage",
        "## Over time",
        "## Outcomes or outputs",
        "## Goals",
    ]
    assert "<script" not in text
    assert "http://" not in text
    assert {line.replace("\\|", "").count("|") for line in lines if line.startswith("| =HYPER")} == {9}
    assert "5 KPIs" in text


def test_a_report_without_kpis_leaves_them_out() -> None:
    text = as_markdown(empty_report(), None, [])

    assert "Goals" not in text
    assert "not known yet" in text
    assert len(plain("x" * 10_000)) < 600
