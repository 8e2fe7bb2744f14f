"""Looking at pages as people do: wide and narrow, light and dark, with and without script, signed in or not."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

from tests.servers.system import System

WIDTHS = (390, 820, 821, 1001, 1180, 1440)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOREIGN = "main :is(script, img, iframe)"  # none of our pages has them: a name that became markup would
Theme = Literal["light", "dark"]


@dataclass
class Visits:
    """A browser that is signed in to one Waypost; contexts are kept, since they take long to open."""

    waypost: System
    browser: Browser
    said: list[str] = field(default_factory=list)  # errors on the browser's console, refusals of the policy included
    _contexts: dict[tuple[str, bool], BrowserContext] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close every context."""
        for context in self._contexts.values():
            context.close()

    def context(self, tenant: str = "a", *, script: bool = True) -> BrowserContext:
        """Return a context that is signed in as a tenant's admin; tenant "" is nobody."""
        key = (tenant, script)
        if key not in self._contexts:
            context = self.browser.new_context(base_url=self.waypost.url("console", ""), java_script_enabled=script)
            if tenant:
                form: dict[str, str | float | bool] = {"token": self.waypost.keys[tenant].admin, "by": "Ada"}
                answer = context.request.post("/sign-in", form=form)
                assert answer.ok, answer.text()
            context.on("console", self._hear)
            context.on("dialog", self._refuse)
            context.on("weberror", lambda error: self.said.append(str(error.error)))
            self._contexts[key] = context
        return self._contexts[key]

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append(message.text)

    def _refuse(self, dialog: Dialog) -> None:
        self.said.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    @contextmanager
    def page(
        self, path: str, tenant: str = "a", *, width: int = 1440, theme: Theme = "light", script: bool = True
    ) -> Iterator[Page]:
        """Open a page; it has no errors on its console while it is open."""
        page = self.context(tenant, script=script).new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        self.said.clear()
        page.goto(path, wait_until="load")
        try:
            yield page
        finally:
            page.close()


def violations(page: Page) -> list[str]:
    """Return what axe finds, each with its place."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    options = {"runOnly": TAGS, "resultTypes": ["violations"]}
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(options).then(found => found.violations)", options)
    return [
        f"{rule['id']}: {node['html'][:200]} ({node['failureSummary'][:200]})"
        for rule in found
        for node in rule["nodes"]
    ]


def smallest_words(page: Page) -> float:
    """Return the size in pixels of the smallest words of the drawings that are seen; of none, infinity."""
    sizes: list[float] = page.evaluate(
        """[...document.querySelectorAll("main svg:has(text)")].filter(svg => svg.checkVisibility()).flatMap(svg => {
            const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width
            return [...svg.querySelectorAll("text")].map(words => parseFloat(getComputedStyle(words).fontSize) * scale)
        })"""
    )
    return min(sizes, default=math.inf)


def cut_off(page: Page) -> list[str]:
    """Return what of the navigation has less room than its words."""
    found: list[str] = page.evaluate(
        """[...document.querySelectorAll(".top nav, .top nav :is(a, .count)")].filter(
            each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText)"""
    )
    return found


def overflow(page: Page) -> int:
    """Return by how many pixels a page is wider than its window."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
