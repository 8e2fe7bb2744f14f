"""What people do in the console: by keyboard, without script, by a link from the terminal, and while things happen."""

from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from tests.browser.people import NASTY, happened
from tests.browser.visits import FOREIGN, WIDTHS, Visits, overflow
from tests.servers.system import System
from tests.servers.waiting import until
from waypost.cli import app


def reached_by_tab(page: Page, what: str, most: int = 60) -> bool:
    """Tell whether Tab comes to what a selector says."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return True
    return False


def test_a_link_from_the_terminal_opens_the_console_once(visits: Visits, waypost: System) -> None:
    words = ["sign-in", "--port", str(waypost.port), "--data", str(waypost.folder)]
    done = CliRunner().invoke(app, words, env={"WAYPOST_API_TOKEN": waypost.keys["a"].admin})
    link = done.stdout.strip()
    context = visits.browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Sign in").click()

    assert done.exit_code == 0
    expect(page.get_by_role("heading", level=1)).to_have_text("From first visit to renewal")
    page.get_by_role("button", name="Sign out").click()
    page.goto(link)
    expect(page.get_by_role("alert")).to_contain_text("This link was used")
    context.close()


def test_who_was_sent_to_sign_in_comes_back_to_the_page_they_wanted(visits: Visits, waypost: System) -> None:
    context = visits.browser.new_context(base_url=waypost.url("console", ""))
    page = context.new_page()
    page.goto("/customers?map=onboarding&step=contract")
    page.get_by_label("API token").fill(waypost.keys["a"].read)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Who stands at Contract")
    context.close()


def test_the_map_leads_by_keyboard_to_those_who_stand_at_a_step_and_on_to_one_of_them(visits: Visits) -> None:
    with visits.page("/?map=onboarding") as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to content"
        assert reached_by_tab(page, ".flow-map a[aria-label^='Security review']")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Who stands at Security review")
        assert reached_by_tab(page, "tbody th a")
        page.keyboard.press("Enter")
        expect(page.locator(".gps-map")).to_be_visible()


def test_a_step_of_the_way_says_why_it_reads_as_it_does(visits: Visits) -> None:
    with visits.page("/customers/user%3Awithout-0") as page:
        page.locator(".gps-map a[aria-label^='Security review: never happened']").click()

        expect(page.locator("#why-security-review")).to_be_visible()
        expect(page.locator(".gps-map .taken")).not_to_have_count(0)


def test_everything_can_be_read_and_found_without_script(visits: Visits) -> None:
    with visits.page("/?map=onboarding", script=False) as page:
        assert page.locator("#theme").is_hidden()
        page.get_by_role("searchbox").fill("stuck-0")
        page.get_by_role("searchbox").press("Enter")
        assert page.get_by_role("heading", level=1).inner_text() == "Nordlicht Energie 0"
        assert page.locator(".next .what").inner_text() == "Security review"
        page.get_by_role("link", name="Customers").first.click()
        page.get_by_role("link", name="stalled", exact=True).click()
        assert page.locator("tbody tr").count() >= 6


def test_light_and_dark_are_chosen_and_remembered(visits: Visits) -> None:
    with visits.page("/first-run") as page:
        page.locator("#theme").click()
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(15, 21, 20)"
        page.locator("#theme").click()
        page.evaluate("localStorage.clear()")


@pytest.mark.parametrize("kind", [*NASTY, ""])
def test_a_name_that_means_harm_harms_nothing_and_breaks_no_page(visits: Visits, kind: str) -> None:
    address = (
        f"/customers/{quote(f'user:nasty-{kind}', safe='')}" if kind else "/customers?map=onboarding&step=contract"
    )
    with visits.page(address) as page:  # a script's alert, and what the policy refuses, would be heard
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            assert overflow(page) == 0, (address, width)
        assert page.locator(FOREIGN).count() == 0
        assert visits.said == []


def test_an_id_of_any_characters_has_a_page(visits: Visits) -> None:
    strange = "user:<b>=cmd|' /C calc'!A0</b>/../\u202e"
    with visits.page(f"/customers/{quote(strange, safe='')}") as page:
        expect(page.get_by_role("heading", level=1)).to_contain_text("/C calc")


def test_the_first_touchpoint_appears_before_ones_eyes_and_takes_nothing_away(visits: Visits, waypost: System) -> None:
    with visits.page("/first-run", "b") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("No map is published yet. Publish one.")
        page.locator("#how summary").focus()
        waypost.send([happened("u-1", "Signed Up", 0)], tenant="b")

        expect(page.get_by_role("heading", name="The first touchpoint has arrived")).to_be_visible(timeout=10_000)
        expect(page.get_by_role("link", name="u-1")).to_be_visible()
        assert page.evaluate("document.activeElement.matches('#how summary')")
        assert page.locator("#how").get_attribute("open") is not None


def test_a_page_is_not_renewed_under_somebody_who_writes(visits: Visits, waypost: System) -> None:
    with visits.page("/customers?map=onboarding") as page:
        page.locator("main input[type=search]").fill("half a na")
        page.evaluate("document.querySelector('main h1').dataset.old = 'yes'")
        waypost.send([happened("writer", "Signed Up", 0)])
        until(lambda: waypost.customer("user:writer"), what="a new customer")
        page.wait_for_timeout(2500)
        assert page.locator("main input[type=search]").input_value() == "half a na"
        assert page.locator("main h1[data-old=yes]").count() == 1
        page.locator("main h1").click()
        expect(page.locator("main h1[data-old=yes]")).to_have_count(0, timeout=8_000)


def test_a_session_whose_key_was_revoked_ends_at_once_on_an_open_page(visits: Visits, waypost: System) -> None:
    made = waypost.request(
        "POST", "ingest", "/v1/keys", waypost.keys["b"].admin, json={"scope": "read", "source": "passing"}
    )
    assert made.is_success, made.text
    context = visits.browser.new_context(base_url=waypost.url("console", ""))
    context.request.post("/sign-in", form={"token": made.json()["key"]})
    page = context.new_page()
    page.goto("/first-run")
    waypost.request("DELETE", "ingest", f"/v1/keys/{made.json()['id']}", waypost.keys["b"].admin)

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible(timeout=8_000)
    context.close()


def test_a_service_that_is_down_leaves_the_rest_of_the_page(visits: Visits, waypost: System) -> None:
    waypost.kill("alerts")
    try:  # its socket stays, as under `waypost up`: whoever asks waits
        with visits.page("/?map=onboarding") as page:
            expect(page.get_by_text("The alerts cannot be shown now.")).to_be_visible(timeout=8_000)
            expect(page.locator(".flow-map")).to_be_visible()
    finally:
        waypost.start("alerts")
        waypost.wait_until_ready()
