"""Signing in with a token or by a link, and out again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import RedirectResponse, Response

from services.console.routes.forms import Acting, back, fields_of, local, own_form
from services.console.routes.showing import bare
from services.console.routes.visitor import cookie_name, session_of, signed_in, standing
from services.console.sessions import LASTS_S, LINK_LASTS_S, Links, Sessions
from shared.auth import Caller, Requires, bearer
from shared.errors import UnauthorizedError
from shared.settings import Settings

router = APIRouter()

WORDS = 300  # of a token
NAME = 100  # letters of a visitor's name

Code = Annotated[str, Path(max_length=100)]


@router.get("/sign-in")
def way_in(request: Request) -> Response:
    """Show the form to sign in; who is signed in goes on."""
    return back("/") if signed_in(request) else bare("sign_in.html", message="", to="/")


@router.post("/sign-in", dependencies=[Depends(own_form)])
async def sign_in(request: Request) -> Response:
    """Open a session for a token that may read. Raises UnauthorizedError and ForbiddenError."""
    fields = await fields_of(request)
    given = bearer(request.headers.get("authorization", "")) or fields.get("token", "").strip()[:WORDS]
    return _opened(request, standing(request.app.state.keys, given), fields)


@router.post("/v1/links")
def make_link(request: Request, _: Annotated[Caller, Depends(Requires("read"))]) -> dict[str, str | int]:
    """Make a link that signs in once, with the key of who asks; `waypost sign-in` prints it.

    For programs: a key makes one, the cookie of a session does not, and the address is that of the settings alone.
    """
    links: Links = request.app.state.links
    settings: Settings = request.app.state.settings
    code = links.make(bearer(request.headers["authorization"]))
    return {"url": f"{settings.console}/sign-in/{code}", "valid_s": LINK_LASTS_S}


@router.get("/sign-in/{code}")
def by_link(request: Request, code: Code) -> Response:
    """Show the button of a link: to look at the page does not use the link up, so a preview cannot."""
    links: Links = request.app.state.links
    if links.stands(code):
        return bare("by_link.html", code=code)
    if signed_in(request):
        return back("/")
    return bare("sign_in.html", 401, message=OVER, to="/")


@router.post("/sign-in/{code}", dependencies=[Depends(own_form)])
async def use_link(request: Request, code: Code) -> Response:
    """Open a session by a link. Raises ForbiddenError."""
    fields = await fields_of(request)
    links: Links = request.app.state.links
    try:
        return _opened(request, standing(request.app.state.keys, links.use(code)), fields)
    except UnauthorizedError:
        return bare("sign_in.html", 401, message=OVER, to="/")


@router.post("/sign-out")
async def sign_out(request: Request, _: Acting) -> Response:
    """End the session."""
    sessions: Sessions = request.app.state.sessions
    sessions.close(session_of(request))
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(request), httponly=True, samesite="lax")
    return answer


def _opened(request: Request, token: str, fields: dict[str, str]) -> Response:
    """Open a session in place of the one that the browser had."""
    sessions: Sessions = request.app.state.sessions
    sessions.close(session_of(request))
    name = sessions.open(token, " ".join(fields.get("by", "").split())[:NAME])
    answer = RedirectResponse(local(fields.get("to", "/")), status_code=303)
    secure = request.url.scheme == "https"
    answer.set_cookie(cookie_name(request), name, max_age=LASTS_S, httponly=True, samesite="lax", secure=secure)
    return answer


OVER = (
    "This link was used or is older than ten minutes: `waypost sign-in` prints a new one. A token opens the pages too."
)
