"""Outcomes in a browser: charts as wide as their window, every number in a table, reports to take away."""

import csv
import io

import pytest
from playwright.sync_api import expect

from tests.browser.visits import Visits, overflow, violations

CATALOGUE = """kpis:
  - {kpi: in-time, title: In time, class: outcome, measure: {map: onboarding, of: share}, target: 60%}
goals:
  - {goal: All of them, metric: in-time, segment: all, baseline: 50%, target: 100%, by: 2001-01-01}
"""


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1440, "wide", "narrow"), (390, "narrow", "wide")])
def test_the_curve_is_drawn_for_its_window_and_its_numbers_unfold(
    visits: Visits, width: int, shown: str, hidden: str
) -> None:
    with visits.page("/outcomes?map=onboarding", width=width) as page:
        expect(page.locator(f".{shown}-only svg.ttv")).to_be_visible()
        expect(page.locator(f".{hidden}-only svg.ttv")).to_be_hidden()
        assert "median" in str(page.locator(f".{shown}-only svg.ttv").get_attribute("aria-label"))
        page.get_by_text("The curve in numbers").click()
        expect(page.locator("#curve tbody tr").first).to_be_visible()
        assert overflow(page) == 0
        assert violations(page) == []


def test_what_nobody_has_reached_and_nobody_wants_is_not_known_yet(visits: Visits) -> None:
    with visits.page("/outcomes?map=renewal", script=False) as page:
        main = page.locator("main")
        expect(main).to_contain_text("Add these two lines to the map")
        expect(main).to_contain_text("not known yet")
        expect(main).to_contain_text("not measurable")
        page.get_by_role("link", name="by month").click()
        expect(page.get_by_role("link", name="by month")).to_have_attribute("aria-current", "true")
        expect(page.get_by_role("link", name="renewal")).to_have_attribute("aria-current", "true")


def test_the_reports_hold_the_numbers_of_the_service(visits: Visits) -> None:
    report = visits.waypost.get("journey", "/v1/maps/onboarding/outcomes", every="week")
    request = visits.context("a").request
    rows = list(
        csv.reader(io.StringIO(request.get("/outcomes?map=onboarding&format=csv").text().removeprefix("\ufeff")))
    )
    text = request.get("/outcomes?map=onboarding&format=md").text()

    counts = [report["attained"][name] for name in ("journeys", "reached", "lost", "open")]
    assert [int(cell) for cell in rows[1][2:6]] == counts
    assert len(rows) == 2 + len(report["stages"]) + len(report["periods"])
    assert text.startswith("# ")
    assert "reach the outcome" in text.splitlines()[0]
    assert f"| Journeys | {counts[0]} |" in text


@pytest.mark.parametrize("width", [1440, 390])
def test_a_kpi_shows_the_figure_of_the_service_and_a_goal_what_came_of_it(visits: Visits, width: int) -> None:
    waypost = visits.waypost
    report = waypost.get("journey", "/v1/maps/onboarding/outcomes", every="week")
    put = waypost.request("PUT", "alerts", "/v1/kpis", waypost.keys["a"].admin, content=CATALOGUE)
    assert put.is_success, put.text
    with visits.page("/outcomes?map=onboarding", width=width) as page:
        share = f"{100 * report['attained']['share']:.3g} %"
        expect(page.locator("#kpis tbody tr", has_text="In time")).to_contain_text(share)
        expect(page.locator("section[aria-labelledby=h-goals] tbody tr")).to_contain_text("missed")
        assert overflow(page) == 0
        assert violations(page) == []
