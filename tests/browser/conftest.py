"""A running Waypost with customers, and Debian's Chromium that looks at its console: one of each for all tests."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.people import MAP, RENEWAL, everybody
from tests.browser.visits import Visits
from tests.servers.system import System
from tests.servers.waiting import until
from tests.shared_data import in_ci

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Let all of these tests run in one process, on one Waypost and one browser."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def waypost(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run a Waypost: tenant a has two maps and customers, tenant b has nothing at all."""
    folder = tmp_path_factory.mktemp("browser") / "data"
    environment = {"WAYPOST_HISTORICAL_DAYS": "1000"}
    with System(folder, environment) as running:
        for name, text in (("onboarding", MAP), ("renewal", RENEWAL)):
            running.publish(name, text)
        running.send(list(everybody()))
        running.wait_until_consumed()
        until(lambda: len(running.alerts()) >= 8, 40, "alerts of those who are stuck")
        yield running


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start Chromium; without one the tests are skipped, and fail in CI.

    It ends with these tests, not with the run: while it lives its thread has a running loop, and every other test of
    the process that starts one would fail.
    """
    path = shutil.which("chromium")
    if path is None:
        message = "Chromium is missing: apt-get install chromium"
        if in_ci():
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def visits(waypost: System, chromium: Browser) -> Iterator[Visits]:
    """Look at the console as somebody who may change everything."""
    with Visits(waypost, chromium) as looking:
        yield looking
