"""The page about the system in a browser: dead letters replayed and dismissed without JavaScript."""

from playwright.sync_api import expect

from tests.browser.people import NASTY
from tests.browser.visits import FOREIGN, Visits


def test_dead_letters_are_replayed_and_dismissed_without_javascript(visits: Visits) -> None:
    visits.waypost.send([{"event": NASTY["markup"]}, {"userId": "u", "event": "x", "timestamp": NASTY["markup"]}])
    with visits.page("/system", script=False) as page:
        expect(page.get_by_role("heading", level=1)).to_contain_text("Two dead letters wait")
        assert page.locator(FOREIGN).count() == 0
        row = page.locator("tr", has_text="Bad time")
        row.get_by_role("button", name="Replay").click()
        expect(page.get_by_role("status")).to_have_text(
            "Dead letters taken in by the replay: 0. Refused again, and waiting still: 1."
        )
        for reason in ("Bad time", "No identity"):
            page.locator("tr", has_text=reason).get_by_role("button", name="Dismiss").click()
            expect(page.get_by_role("status")).to_contain_text("Dead letters dismissed: 1.")
        expect(page.locator("main")).to_contain_text("None waits: what was refused was replayed or dismissed.")


def test_the_sources_and_programs_of_the_tenant_are_there_and_nobody_elses(visits: Visits) -> None:
    with visits.page("/system") as page:
        expect(page.locator("main")).to_contain_text("source-of-a")
        expect(page.locator("main")).not_to_contain_text("source-of-b")
        for program in ("Ingest", "Journey", "Alerts", "Console"):
            expect(page.locator("tr", has_text=program).first).to_contain_text("works")
