"""Signing in with a token and out again."""

from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from services.console.routes.visitor import COOKIE, standing, visitor
from services.console.sessions import LASTS_S, Sessions
from shared.auth import bearer
from shared.errors import ApiError

router = APIRouter()

MOST_BYTES = 2000
WORDS = 300  # of a token


class ForeignError(ApiError):
    """Raised when another site sends our form: a stranger must not sign a visitor in or out."""

    status = 403
    code = "foreign_form"

    def __init__(self) -> None:
        """Say where to go."""
        super().__init__("This form was sent from another site: open the console itself and sign in there.")


def own_form(request: Request) -> None:
    """FastAPI dependency: refuse what another site sent. Raises ForeignError."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise ForeignError
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise ForeignError


@router.post("/sign-in", dependencies=[Depends(own_form)])
async def sign_in(request: Request) -> Response:
    """Open a session for a token that may read. Raises UnauthorizedError and ForbiddenError."""
    token = bearer(request.headers.get("authorization", "")) or await _given(request)
    sessions: Sessions = request.app.state.sessions
    name = sessions.open(standing(request.app.state.keys, token))
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        COOKIE, name, max_age=LASTS_S, httponly=True, samesite="strict", secure=request.url.scheme == "https"
    )
    return answer


@router.post("/sign-out", dependencies=[Depends(own_form)])
async def sign_out(request: Request, _: Annotated[str, Depends(visitor)]) -> Response:
    """End the session."""
    sessions: Sessions = request.app.state.sessions
    sessions.close(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


async def _given(request: Request) -> str:
    """Return the token of the form; empty where there is none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return ""
    found = parse_qs(body.decode("latin-1"), max_num_fields=5).get("token", [""]) if body else [""]
    return found[0].strip()[:WORDS]
