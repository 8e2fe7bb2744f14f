"""Who asks: somebody signed in, or a program with a key. Everybody else gets 401, browsers with a page that helps."""

from fastapi import Request

from services.console.sessions import Sessions, may_read
from shared.auth import KeyRing, bearer
from shared.errors import ForbiddenError, UnauthorizedError

COOKIE = "waypost_session"


def visitor(request: Request) -> str:
    """FastAPI dependency: the token of who asks. Raises UnauthorizedError and ForbiddenError."""
    keys: KeyRing = request.app.state.keys
    if given := request.headers.get("authorization"):
        return standing(keys, bearer(given))
    sessions: Sessions = request.app.state.sessions
    token = sessions.token(request.cookies.get(COOKIE, ""))
    if not token:
        raise UnauthorizedError
    return token


def standing(keys: KeyRing, token: str) -> str:
    """Return a token that may read. Raises UnauthorizedError and ForbiddenError."""
    caller = keys.find(token)
    if caller is None:
        raise UnauthorizedError
    if not may_read(caller):
        scope = "read"
        raise ForbiddenError(scope)
    return token
