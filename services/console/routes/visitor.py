"""Who asks: somebody signed in, or a program with a key. Everybody else gets 401, browsers with a page that helps."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request

from services.console.reading import Asking, Part
from services.console.sessions import Sessions, may_read
from shared.auth import KeyRing, bearer
from shared.clock import monotonic
from shared.errors import ForbiddenError, UnauthorizedError
from shared.settings import Settings

COOKIE = "waypost_session"  # and the port: browsers keep the cookies of a host together, whatever the port
NOBODY = "somebody at the console"  # who acts when a visitor did not say a name

# without a key: the way in, and what pages are drawn with; nothing of a tenant's
OPEN = frozenset({"/sign-in", "/sign-in/{code}", "/static/waypost.css", "/static/console.js"})


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and the services as they see them."""

    ask: Asking
    csrf: str = ""  # of the session; empty: a program, which no other site can make send a form
    name: str = ""
    began: float = field(default_factory=monotonic)  # when they asked: what they are shown is no older

    @property
    def by(self) -> str:
        """Under which name they act."""
        return self.name or NOBODY

    async def get(self, service: str, path: str, **params: str | int) -> Any:  # noqa: ANN401 (JSON)
        """Return the JSON of a GET. Raises UnansweredError."""
        return await self.ask.get(service, path, **params)

    async def maps(self) -> list[str]:
        """Return the names of the published maps. Raises UnansweredError."""
        return [str(each["map"]) for each in (await self.get("journey", "/v1/maps"))["maps"]]

    async def part(self, service: str, path: str, **params: str | int) -> Part:
        """Return the JSON of a GET, or why it is missing."""
        return await self.ask.part(service, path, **params)

    async def act(self, method: str, service: str, path: str, body: object = None) -> Any:  # noqa: ANN401 (JSON)
        """Change something. Raises UnansweredError."""
        return await self.ask.act(method, service, path, body)


def visitor(request: Request) -> Visitor:
    """FastAPI dependency: who asks. Raises UnauthorizedError and ForbiddenError."""
    if given := request.headers.get("authorization"):
        token = standing(request.app.state.keys, bearer(given))
        return Visitor(Asking(request.app.state.services, token))
    found = signed_in(request)
    if found is None:
        raise UnauthorizedError
    return found


def signed_in(request: Request) -> Visitor | None:
    """Return who is behind the session cookie, or None."""
    sessions: Sessions = request.app.state.sessions
    session = sessions.find(session_of(request))
    if session is None:
        return None
    return Visitor(Asking(request.app.state.services, session.token), session.csrf, session.by)


def cookie_name(request: Request) -> str:
    """Return what the cookie of a session is called, so that two consoles of one host sign nobody out."""
    settings: Settings = request.app.state.settings
    return f"{COOKIE}_{settings.port_of('console')}"


def session_of(request: Request) -> str:
    """Return the name of the session that a browser sends; empty: none."""
    return request.cookies.get(cookie_name(request), "")


def standing(keys: KeyRing, token: str) -> str:
    """Return a token that may read. Raises UnauthorizedError and ForbiddenError."""
    caller = keys.find(token)
    if caller is None:
        raise UnauthorizedError
    if not may_read(caller):
        scope = "read"
        raise ForbiddenError(scope)
    return token


Visiting = Annotated[Visitor, Depends(visitor)]
