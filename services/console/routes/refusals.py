"""What is answered instead of a page: in the same look for people, as JSON for programs, and never a traceback."""

from typing import cast

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from services.console.reading import GONE, UnansweredError
from services.console.routes.showing import address_of, bare
from services.console.routes.visitor import signed_in
from shared.errors import ApiError, ForbiddenError, UnauthorizedError
from shared.logs import get_log
from shared.settings import Settings

_log = get_log(__name__)

HEADS = {
    400: "This cannot be read",
    403: "This key may not do that",
    404: "There is no such page",
    405: "This page takes no such request",
    409: "This does not go together",
    413: "This is too large",
    422: "This cannot be taken as it is",
    429: "Too much at once",
    500: "This page failed",
    503: "This cannot be shown now",
}
WRONG_TOKEN = "No such token stands here. A token that was revoked, or one of another Waypost, does not open this one."  # noqa: S105 (words)


def for_people(request: Request) -> bool:
    """Tell whether a browser asks."""
    return "text/html" in request.headers.get("accept", "")


def refused(request: Request, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    """Answer people with a page that says what to do, and programs with JSON as every service does."""
    if not for_people(request):
        return JSONResponse({"code": code, "message": message}, status, headers)
    who = signed_in(request)
    words = {"visitor": who, "csrf": who.csrf if who else "", "address": address_of(request)}
    return bare("error.html", status, head=HEADS.get(status, HEADS[500]), message=message, number=status, **words)


async def api_error(request: Request, error: Exception) -> Response:
    """Answer an error of ours; who is not signed in gets the page to sign in on."""
    known = cast("ApiError", error)
    if not isinstance(error, UnauthorizedError | ForbiddenError) or not for_people(request):
        return refused(request, known.status, known.code, known.message, known.headers)
    if isinstance(error, ForbiddenError) and signed_in(request):
        return refused(request, known.status, known.code, known.message)
    signing = request.method == "POST" and request.url.path == "/sign-in"
    message = known.message if isinstance(error, ForbiddenError) else WRONG_TOKEN if signing else ""
    to = "/" if request.method == "POST" else address_of(request)
    return bare("sign_in.html", known.status, message=message, to=to)


async def unanswered(request: Request, error: Exception) -> Response:
    """Answer for a service that did not, or that refused: its own status where it has one, else 503."""
    known = cast("UnansweredError", error)
    if known.status == UnauthorizedError.status:  # the key was revoked a moment ago
        return await api_error(request, UnauthorizedError())
    if known.status == GONE or known.status >= 500:
        message = f"{known} Touchpoints are taken all the while: none is lost. `waypost status` says what is wrong."
        return refused(request, 503, "unavailable", message, {"Retry-After": "2"})
    return refused(request, known.status, known.code or "refused", str(known))


async def http_error(request: Request, error: Exception) -> Response:
    """Answer a page that is not there, or a method that it does not take."""
    known = cast("HTTPException", error)
    if known.status_code == 404 and request.url.path.startswith("/v1/"):
        settings: Settings = request.app.state.settings
        doors = f"events go to {settings.url('ingest')}"
        asked = " or ".join(settings.url(name) for name in ("journey", "alerts"))
        message = f"{request.url.path[:200]}: this is the console; {doors}, questions to {asked}."
        return refused(request, 404, "not_found", message)
    code = {404: "not_found", 405: "method_not_allowed"}.get(known.status_code, "bad_request")
    return refused(request, known.status_code, code, f"{request.url.path[:200]}: {known.detail}.")


async def invalid(request: Request, error: Exception) -> Response:
    """Answer a parameter that cannot be."""
    known = cast("RequestValidationError", error)
    said = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in known.errors()[:5])
    return refused(request, 422, "invalid", said)


async def crash(request: Request, error: Exception) -> Response:
    """Answer a failure of ours; the log has it whole."""
    _log.error("request failed", path=request.url.path, exc_info=error)
    return refused(request, 500, "internal", "The console itself failed here, and its log says why. The rest works.")


ANSWERS = {
    ApiError: api_error,
    UnansweredError: unanswered,
    HTTPException: http_error,
    RequestValidationError: invalid,
    Exception: crash,
}
