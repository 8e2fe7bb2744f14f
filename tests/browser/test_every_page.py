"""Every page as a whole: at every width, light and dark, clean by axe, no wider than its window, silent."""

import re
from typing import Final

import pytest

from tests.browser.visits import FOREIGN, WIDTHS, Theme, Visits, cut_off, overflow, smallest_words, violations
from tests.servers.waiting import until

PAGES = (
    "/",
    "/?map=renewal",
    "/sign-in",
    "/no-such-page",
    "/inbox",
    "/inbox?state=closed",
    "/inbox/1",
    "/system",
    "/outcomes",
    "/customers",
    "/customers?map=onboarding&step=security-review&order=longest",
    "/customers?q=nobody-at-all",
    "/customers/user%3Astuck-0",
    "/customers/user%3Awithout-0",
    "/customers/user%3Anasty-long",
    "/first-run",
)


READABLE = 11.4  # pixels of the smallest words of a drawing
LOOKED_AT: Final[tuple[tuple[Theme, tuple[int, ...]], ...]] = (("light", WIDTHS), ("dark", (390, 1440)))
BY_AXE: Final = {("light", 1440), ("dark", 390)}
MAPS = ("/", "/customers/user%3Awithout-0")  # wide and narrow they are two drawings: each is seen light and dark


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_fits_its_window_can_be_read_and_keeps_its_own_policy(visits: Visits, path: str) -> None:
    wrong: dict[str, object] = {}
    with visits.page(path, "" if path == "/sign-in" else "a") as page:
        for theme, widths in LOOKED_AT:
            page.emulate_media(color_scheme=theme)
            for width in widths:
                page.set_viewport_size({"width": width, "height": 900})
                if wider := overflow(page):
                    wrong[f"{width} {theme} wider"] = wider
                if cut := cut_off(page):
                    wrong[f"{width} {theme} cut off"] = cut
                if (smallest := smallest_words(page)) < READABLE:
                    wrong[f"{width} {theme} words"] = smallest
                looked = (theme, width) in BY_AXE or (path in MAPS and width in (390, 1440))
                if looked and (found := violations(page)):
                    wrong[f"{width} {theme} axe"] = found
        if page.locator(FOREIGN).count():
            wrong["foreign"] = page.locator(FOREIGN).first.inner_html()
        noise = [line for line in visits.said if "404 (Not Found)" not in line]

    assert wrong == {}
    assert noise == []


@pytest.mark.parametrize("path", MAPS)
def test_a_map_wider_than_its_window_is_scrolled_by_keyboard_in_its_own_frame(visits: Visits, path: str) -> None:
    with visits.page(path, width=1000) as page:
        frame = page.get_by_role("region", name=re.compile("^Map.*scrolls sideways"))
        assert frame.evaluate("frame => frame.scrollWidth - frame.clientWidth") > 100
        frame.focus()
        page.keyboard.press("ArrowRight")
        until(lambda: frame.evaluate("frame => frame.scrollLeft") > 0, what="the map having moved")

        assert overflow(page) == 0


def test_on_a_telephone_the_counts_of_what_is_not_on_the_map_are_seen_beside_its_names(visits: Visits) -> None:
    with visits.page("/?map=onboarding", width=390) as page:
        table = page.get_by_role("group", name="Not on the map")

        assert table.evaluate("table => table.scrollWidth - table.clientWidth") == 0


STICKS_OUT = "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText)"


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize(
    ("path", "dates"),
    [
        ("/customers/user%3Along-ago", ".line time, .facts dd"),
        ("/inbox?map=onboarding", ".queue .left small, .queue .left"),
        ("/customers?map=onboarding&order=longest", "td[data-l=Moved]"),
    ],
)
def test_days_of_another_year_stay_in_their_columns(visits: Visits, path: str, dates: str, width: int) -> None:
    with visits.page(path, width=width) as page:
        assert re.search("\N{NO-BREAK SPACE}20\\d\\d", page.locator("main").text_content() or "")
        assert page.locator(dates).evaluate_all(STICKS_OUT) == []


@pytest.mark.parametrize("width", [390, 1000, 1440])
def test_words_of_touchpoints_stay_in_their_columns_however_long(visits: Visits, width: int) -> None:
    with visits.page("/customers/user%3Anasty-long", width=width) as page:
        lines = page.locator(".line .w")
        boxes = lines.evaluate_all(
            "lines => lines.map(line => {"
            " const [name, ...more] = [...line.children].map(each => each.getBoundingClientRect());"
            " const held = line.firstElementChild.scrollWidth <= line.firstElementChild.clientWidth + 1;"
            " return [name.height, held, ...more.map(box => box.top >= name.bottom - 1 || box.left >= name.right)] })"
        )

        assert len(boxes) >= 4
        assert all(height < 90 and all(held) for height, *held in boxes), boxes
