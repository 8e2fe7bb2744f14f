"""Who is signed in: in memory alone, so a restart signs everybody out. docs/decisions/0603-signing-in.md says why."""

import secrets
from collections import OrderedDict

from shared.auth import ALLOWS, Caller, KeyRing
from shared.clock import monotonic

LASTS_S = 12 * 3600
MOST = 1000  # beyond this the oldest is signed out


class Sessions:
    """The tokens behind the session cookies."""

    def __init__(self, keys: KeyRing) -> None:
        """Nobody is signed in."""
        self._keys = keys
        self._open: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def open(self, token: str) -> str:
        """Sign in and return the session's name, as hard to guess as a key."""
        name = secrets.token_urlsafe(24)
        self._open[name] = (token, monotonic() + LASTS_S)
        while len(self._open) > MOST:
            self._open.popitem(last=False)
        return name

    def token(self, name: str) -> str:
        """Return the token behind a session; empty: there is none, it is over, or the token may no longer read."""
        token, until = self._open.get(name, ("", 0.0))
        if not token:
            return ""
        caller = self._keys.find(token)
        if monotonic() >= until or caller is None or not may_read(caller):
            self.close(name)
            return ""
        return token

    def close(self, name: str) -> None:
        """Sign out."""
        self._open.pop(name, None)


def may_read(caller: Caller) -> bool:
    """Tell whether a key may see the pages."""
    return "read" in ALLOWS[caller.scope]
