"""The frame that every service has: health, readiness, metrics, and errors that say what to do.

`/healthz`: the process runs. `/readyz`: it can do its work now, or 503 with the reasons. These two and `/metrics` need
no key; every other route does (tests/integration/test_every_route.py walks them all).
"""

from collections.abc import Callable
from typing import cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from shared.auth import KeyRing
from shared.errors import ApiError
from shared.logs import get_log
from shared.metrics import OF_SERVICE, READY
from shared.settings import Settings
from shared.words import meant

PUBLIC = frozenset({"/healthz", "/readyz", "/metrics"})

Readiness = Callable[[], dict[str, str]]

_log = get_log(__name__)


def _answer(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status_code=status, headers=headers)


async def _api_error(_: Request, error: Exception) -> Response:
    known = cast("ApiError", error)
    body = {"code": known.code, "message": known.message, **known.details}
    return JSONResponse(body, status_code=known.status, headers=known.headers)


def nothing_here(request: Request) -> str:
    """Say that there is nothing at an address, and which one may be meant."""
    path = request.url.path[:200]
    known = [found for route in request.app.routes if "{" not in (found := str(getattr(route, "path", "{")))]
    near = meant(path, known)
    return f"{path}: there is nothing here" + (f"; did you mean {near}?" if near else ": docs/api says what there is.")


async def _http_error(request: Request, error: Exception) -> Response:
    known = cast("HTTPException", error)
    if known.status_code == 404:
        return _answer(404, "not_found", nothing_here(request))
    code = {405: "method_not_allowed", 413: "too_large"}.get(known.status_code, "bad_request")
    return _answer(known.status_code, code, str(known.detail), dict(known.headers or {}))


async def _invalid(_: Request, error: Exception) -> Response:
    known = cast("RequestValidationError", error)
    said = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in known.errors()[:5])
    return _answer(422, "invalid", said)


async def _crash(request: Request, error: Exception) -> Response:
    _log.error("request failed", path=request.url.path, exc_info=error)
    return _answer(500, "internal", "The request failed inside Waypost; its log says why.")


class _HeadIsGet:
    """Answers HEAD as GET: what monitors ask with. The HTTP server leaves out the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)


def create_service(
    name: str, settings: Settings, ready: Readiness, lifespan: Lifespan[FastAPI] | None = None
) -> FastAPI:
    """Return the frame of a service. `ready` returns what is wrong, by part; empty when all is well."""
    app = FastAPI(
        title=f"Waypost {name}",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _http_error,
            RequestValidationError: _invalid,
            Exception: _crash,
        },
    )
    app.add_middleware(_HeadIsGet)
    app.state.settings = settings
    app.state.keys = KeyRing(settings.data)

    async def healthz(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        wrong = ready()
        return JSONResponse({"ready": not wrong, "wrong": wrong}, status_code=503 if wrong else 200)

    async def metrics(_: Request) -> Response:
        READY.set(not ready())
        registries = [REGISTRY, OF_SERVICE[name]] if name in OF_SERVICE else [REGISTRY]
        return Response(b"".join(map(generate_latest, registries)), media_type=CONTENT_TYPE_LATEST)

    app.add_route("/healthz", healthz)
    app.add_route("/readyz", readyz)
    app.add_route("/metrics", metrics)
    return app
