"""Wiring of the console: pages made from the other services' answers. It stores nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import httpx2 as httpx
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from services.console.reading import PATIENCE_S, Services
from services.console.routes import pages, sign_in, static
from services.console.sessions import Sessions
from shared.errors import ApiError, ForbiddenError, UnauthorizedError
from shared.service import create_service
from shared.settings import Settings


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(timeout=PATIENCE_S, limits=httpx.Limits(max_connections=20)) as http:
        app.state.services = Services(app.state.settings, http)
        yield


def create_app(settings: Settings) -> FastAPI:
    """Return the console; it is ready when it runs, and says on its pages which service does not answer."""
    app = create_service("console", settings, dict, _lifespan)
    app.state.sessions = Sessions(app.state.keys)
    for part in (pages, sign_in, static):
        app.include_router(part.router)
    for error in (UnauthorizedError, ForbiddenError):
        app.add_exception_handler(error, _refused)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    """Answer browsers with the page to sign in on, and programs with JSON as every service does."""
    known = cast("ApiError", error)
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"code": known.code, "message": known.message}, known.status, known.headers)
    message = ""
    if known.status == ForbiddenError.status:
        message = known.message
    elif request.method == "POST":
        message = (
            "No such token stands here. A token that was revoked, or one of another Waypost, does not open this one."
        )
    return pages.sign_in_page(message, known.status)
