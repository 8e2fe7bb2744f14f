"""Working the inbox as people do: with keys, with a mouse, without JavaScript, with names that mean harm."""

import csv
import io
import re
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import NASTY
from tests.browser.visits import FOREIGN, Visits, overflow, violations


def alert_of(visits: Visits, who: str) -> dict[str, Any]:
    """Return the loudest alert of somebody, whatever became of it."""
    found = visits.waypost.get("alerts", "/v1/alerts", customer=f"user:{who}")["alerts"]
    return dict(found[0])


def status_of(visits: Visits, number: int) -> str:
    """Return how an alert stands."""
    return str(visits.waypost.get("alerts", f"/v1/alerts/{number}")["status"])


def focused(page: Page) -> int:
    """Return the place in the list that has the focus, from 0."""
    at: int = page.evaluate(
        "[...document.querySelectorAll('#queue .who a')].indexOf(document.activeElement)",
    )
    return at


def test_the_keys_move_open_and_explain(visits: Visits) -> None:
    with visits.page("/inbox") as page:
        for key, at in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
            page.keyboard.press(key)
            assert focused(page) == at
        page.keyboard.press("?")
        expect(page.get_by_text("acknowledge ·")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/inbox/\d+"))
        page.keyboard.press("s")
        expect(page.get_by_label("until tomorrow")).to_be_focused()
        page.keyboard.type("e")  # written into a form it is a letter

        assert "/inbox/" in page.url
        assert visits.said == []


def test_a_key_acknowledges_the_line_that_has_the_focus_and_another_opens_its_snooze(visits: Visits) -> None:
    number = alert_of(visits, "failing-0")["alert"]
    with visits.page("/inbox?rule=failed") as page:
        page.keyboard.press("e")  # no line has the focus: nothing happens
        page.locator(f"#alert-{number} .who a").focus()
        page.keyboard.press("e")
        expect(page.get_by_role("status")).to_have_text(
            f"You look after alert {number} now: whoever opens it sees that."
        )
        assert "rule=failed" in page.url
        expect(page.locator(f"#alert-{number}")).to_have_count(0)
        page.get_by_role("navigation", name="State").get_by_role("link", name="Acknowledged").click()
        expect(page.locator(f"#alert-{number}")).to_contain_text("Ada looks after it")
        assert status_of(visits, number) == "acknowledged"
        page.locator(f"#alert-{number} .who a").focus()
        page.keyboard.press("s")
        expect(page).to_have_url(re.compile(rf"/inbox/{number}\?.*#snooze"))
        expect(page.get_by_label("until next Monday")).to_be_visible()


def test_everything_can_be_done_without_javascript(visits: Visits) -> None:
    number = alert_of(visits, "failing-1")["alert"]
    with visits.page(f"/inbox/{number}", script=False) as page:
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_role("status")).to_contain_text(f"You look after alert {number} now")

        page.locator("#snooze summary").click()
        page.get_by_label("until another day").fill("2001-01-01")
        page.locator("#snooze").get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text("choose a day after today")
        page.locator("#snooze summary").click()
        page.get_by_label("until next Monday").check()
        page.get_by_label("Why, if you like").fill("on leave")
        page.locator("#snooze").get_by_role("button").click()
        expect(page.locator(".sub")).to_contain_text("Snoozed until")
        expect(page.locator("main")).to_contain_text("on leave")

        page.locator("#resolve summary").click()
        page.locator("#resolve").get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text("say why")
        page.locator("#resolve summary").click()
        page.get_by_label("Because").select_option("done elsewhere")
        page.get_by_label("In your words").fill("=1+1 <b>by phone</b>")
        page.locator("#resolve").get_by_role("button").click()
        expect(page.get_by_role("status")).to_contain_text(f"Alert {number} is resolved")
        expect(page.locator("main")).to_contain_text("done elsewhere: =1+1 <b>by phone</b>")
        expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)

    assert status_of(visits, number) == "resolved"


def test_an_alert_that_somebody_else_closed_meanwhile_says_so(visits: Visits) -> None:
    number = alert_of(visits, "failing-2")["alert"]
    with visits.page(f"/inbox/{number}", script=False) as page:
        visits.waypost.request(
            "POST",
            "alerts",
            f"/v1/alerts/{number}/resolve",
            visits.waypost.keys["a"].admin,
            json={"by": "Bo", "reason": "first"},
        )
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_role("status")).to_contain_text("was closed before you came to it")
        expect(page.locator("main")).to_contain_text("Bo resolved it")


def test_filters_narrow_the_list_and_their_counts_are_those_of_the_service(visits: Visits) -> None:
    summary = visits.waypost.get("alerts", "/v1/alerts/summary")
    with visits.page("/inbox") as page:
        what = page.get_by_role("navigation", name="What")
        expect(what.get_by_role("link", name="Went on without")).to_contain_text(
            str(summary["by_rule"]["prerequisite_skipped"])
        )
        what.get_by_role("link", name="Went on without").click()
        expect(page.locator("#queue > li")).to_have_count(summary["by_rule"]["prerequisite_skipped"])
        expect(page.get_by_role("heading", level=1)).to_have_text("Four customers want somebody today")
        page.get_by_role("navigation", name="Owner").get_by_role("link", name="Ada (you)").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Nothing here matches")


@pytest.mark.parametrize("width", [390, 1440])
def test_forms_that_are_unfolded_are_accessible_and_fit_the_window(visits: Visits, width: int) -> None:
    with visits.page(f"/inbox/{alert_of(visits, 'stuck-5')['alert']}", width=width) as page:
        for form in ("#snooze", "#resolve"):
            page.locator(f"{form} summary").click()
            expect(page.locator(f"{form} button")).to_be_visible()
        assert overflow(page) == 0
        assert violations(page) == []


@pytest.mark.parametrize("kind", sorted(NASTY))
def test_a_name_that_means_harm_is_a_name(visits: Visits, kind: str) -> None:
    with visits.page(f"/inbox/{alert_of(visits, f'nasty-{kind}')['alert']}") as page:
        assert page.locator(FOREIGN).count() == 0
        page.goto(f"/inbox?owner={quote(NASTY[kind][:300])}")
        assert page.locator(FOREIGN).count() == 0
        assert visits.said == []


def test_the_csv_holds_every_alert_and_no_formula(visits: Visits) -> None:
    text = visits.context("a").request.get("/inbox.csv").text()
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))

    assert len(rows) - 1 == len(visits.waypost.alerts(status="open"))
    assert [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell] == []
