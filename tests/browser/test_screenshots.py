"""Pictures of every page, made by a test: wide and narrow, light and dark, the same ones every time.

They lie in build/screenshots after the tests. `make screenshots` puts those of CHOSEN into docs/images.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.scene import scene
from tests.browser.visits import Theme, Visits
from tests.servers.system import System

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "screenshots"
IMAGES = ROOT / "docs" / "images"
SMALLEST, LARGEST = 6_000, 200_000  # bytes: of a picture that shows something, and of one that the documents hold
SIZES = {1440: 900, 390: 844}

Address = Callable[[System], str]


def loudest(waypost: System) -> str:
    """Return the address of the alert that stands first."""
    return f"/inbox/{waypost.alerts()[0]['alert']}"


def stalled_longest(waypost: System) -> str:
    """Return the address of the customer whom the first alert is about."""
    return f"/customers/{waypost.alerts()[0]['ids'][0]}"


THEMES: Final[tuple[Theme, ...]] = ("light", "dark")
PAGES: Final[dict[str, tuple[str, str | Address, str]]] = {  # tenant, address, and what must be there to be seen
    "map": ("a", "/", "figure.map svg"),
    "customers": ("a", "/customers?map=onboarding&state=open&order=longest", "tbody tr"),
    "customer": ("a", stalled_longest, "figure.map svg"),
    "inbox": ("a", "/inbox", "#queue > li"),
    "alert": ("a", loudest, ".proof-list li"),
    "outcomes": ("a", "/outcomes", "svg.ttv"),
    "system": ("a", "/system", ".state"),
    "first-run": ("b", "/first-run", "pre"),
    "sign-in": ("", "/sign-in", "input[type=password]"),
}
LONG = {"customers", "inbox"}  # lists: a window of them shows what there is to see
CHOSEN: Final[
    dict[str, tuple[str, Theme, tuple[int, int]]]
] = {  # what the documents show: page, theme, and the window that holds the part of it
    "map": ("map", "light", (1680, 980)),
    "customer": ("customer", "light", (1680, 980)),
    "inbox": ("inbox", "light", (1200, 780)),
    "outcomes": ("outcomes", "light", (1200, 780)),
    "system": ("system", "light", (1200, 780)),
    "map-narrow-dark": ("map", "dark", (390, 844)),
}


@pytest.fixture(scope="module")
def looking(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Visits]:
    """Look at a Waypost whose customers and clock are always the same."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    with scene(tmp_path_factory.mktemp("pictures") / "data") as waypost, Visits(waypost, chromium) as visits:
        yield visits


@contextmanager
def page_of(looking: Visits, name: str) -> Iterator[Page]:
    """Open a page and wait until what is to be seen is there."""
    tenant, address, wanted = PAGES[name]
    path = address if isinstance(address, str) else address(looking.waypost)
    with looking.page(path, tenant) as page:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.locator(f"main {wanted}").locator("visible=true").first).to_be_visible()
        yield page


@pytest.mark.parametrize("name", PAGES)
def test_every_page_has_its_pictures(looking: Visits, name: str) -> None:
    with page_of(looking, name) as page:
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for width, height in SIZES.items():
                page.set_viewport_size({"width": width, "height": height})
                picture = PICTURES / f"{name}-{theme}-{width}.png"
                page.screenshot(path=picture, full_page=name not in LONG, animations="disabled")
                assert picture.stat().st_size > SMALLEST, f"{picture.name} shows nothing"
        assert looking.said == []


@pytest.mark.parametrize("name", ["map", "customer"])
def test_the_map_of_the_demo_is_seen_as_a_whole_in_a_window_of_1280_pixels(looking: Visits, name: str) -> None:
    with page_of(looking, name) as page:
        page.set_viewport_size({"width": 1280, "height": 900})

        assert page.locator(".map .wide").evaluate("frame => frame.scrollWidth - frame.clientWidth") == 0


def test_the_documents_hold_the_chosen_pictures_and_no_others(looking: Visits) -> None:
    for name, (shown, theme, (width, height)) in CHOSEN.items():
        picture = PICTURES / f"docs-{name}.png"
        with page_of(looking, shown) as page:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=picture, animations="disabled")
        if os.environ.get("WAYPOST_SCREENSHOTS"):
            IMAGES.mkdir(exist_ok=True)
            shutil.copyfile(picture, IMAGES / f"{name}.png")

        assert SMALLEST < picture.stat().st_size < LARGEST, f"{picture.name} is too large for the documents"
    held = {image.stem: image.stat().st_size for image in IMAGES.glob("*.png")}
    assert set(held) == set(CHOSEN), "`make screenshots` puts them there"
    assert max(held.values()) < LARGEST
