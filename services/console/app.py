"""Wiring of the console: pages made from the other services' answers. It stores nothing.

A new page is a module in routes/ with a `router`, named in PAGES, and a template that extends base.html.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2 as httpx
from fastapi import FastAPI

from services.console.reading import PATIENCE_S, Services
from services.console.routes import (
    customer,
    customers,
    first_run,
    inbox,
    live,
    map,
    outcomes,
    sign_in,
    static,
    system,
)
from services.console.routes.live import Watchers
from services.console.routes.refusals import ANSWERS
from services.console.sessions import Links, Sessions
from shared.service import create_service
from shared.settings import Settings

PAGES = (sign_in, static, live, map, customers, customer, first_run, inbox, outcomes, system)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=PATIENCE_S, limits=httpx.Limits(max_connections=50)) as http:
        app.state.services = Services(app.state.settings, http)
        yield


def create_app(settings: Settings) -> FastAPI:
    """Return the console; it is ready when it runs, and says on its pages which service does not answer."""
    app = create_service("console", settings, dict, _lifespan)
    app.state.sessions = Sessions(app.state.keys)
    app.state.links = Links()
    app.state.watchers = Watchers()
    app.state.leaving = lambda: False  # `serve` knows better
    for error, answer in ANSWERS.items():
        app.add_exception_handler(error, answer)
    for page in PAGES:
        app.include_router(page.router)
    return app
