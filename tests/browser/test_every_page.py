"""Every page as a whole: at every width, light and dark, clean by axe, no wider than its window, silent."""

import pytest

from tests.browser.visits import WIDTHS, Visits, overflow, violations

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


LOOKED_AT = {(390, "dark"), (1440, "light")}  # by axe, on every page
MAPS = ("/", "/customers/user%3Awithout-0")  # and at every width, light and dark


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible_fits_its_window_and_keeps_its_own_policy(visits: Visits, path: str) -> None:
    wrong: dict[str, object] = {}
    tenant = "" if path == "/sign-in" else "a"
    with visits.page(path, tenant) as page:
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                if wider := overflow(page):
                    wrong[f"{width} {theme} wider"] = wider
                if ((width, theme) in LOOKED_AT or path in MAPS) and (found := violations(page)):
                    wrong[f"{width} {theme} axe"] = found
        noise = [line for line in visits.said if "404 (Not Found)" not in line]

    assert wrong == {}
    assert noise == []
