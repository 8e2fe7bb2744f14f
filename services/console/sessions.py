"""Who is signed in, and who may be by a link: in memory alone, so a restart signs everybody out.

docs/decisions/0861-signing-in-to-the-console.md says why.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass

from shared.auth import ALLOWS, Caller, KeyRing
from shared.clock import monotonic

LASTS_S = 12 * 3600
MOST = 1000  # beyond this the oldest is signed out
LINK_LASTS_S = 600
MOST_LINKS = 100


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor who signed in."""

    token: str
    csrf: str  # stands in every form of the session, and nowhere else
    by: str  # what they call themselves; empty: they did not say
    until: float


class Sessions:
    """The sessions behind the cookies."""

    def __init__(self, keys: KeyRing) -> None:
        """Nobody is signed in."""
        self._keys = keys
        self._open: OrderedDict[str, Session] = OrderedDict()

    def open(self, token: str, by: str = "") -> str:
        """Sign in and return the session's name, as hard to guess as a key."""
        name = secrets.token_urlsafe(24)
        self._open[name] = Session(token, secrets.token_urlsafe(24), by, monotonic() + LASTS_S)
        while len(self._open) > MOST:
            self._open.popitem(last=False)
        return name

    def find(self, name: str) -> Session | None:
        """Return a session; None: there is none, it is over, or its token may no longer read."""
        found = self._open.get(name)
        if found is None:
            return None
        caller = self._keys.find(found.token)
        if monotonic() >= found.until or caller is None or not may_read(caller):
            self.close(name)
            return None
        return found

    def close(self, name: str) -> None:
        """Sign out."""
        self._open.pop(name, None)


class Links:
    """Links that sign in once, each for a token."""

    def __init__(self) -> None:
        """There are none."""
        self._open: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def make(self, token: str) -> str:
        """Return the code of a new link; beyond MOST_LINKS the oldest stops to work."""
        code = secrets.token_urlsafe(24)
        self._open[code] = (token, monotonic() + LINK_LASTS_S)
        while len(self._open) > MOST_LINKS:
            self._open.popitem(last=False)
        return code

    def stands(self, code: str) -> bool:
        """Tell whether a link still works; to look does not use it up."""
        _, until = self._open.get(code, ("", 0.0))
        return monotonic() < until

    def use(self, code: str) -> str:
        """Return the token of a link and end the link; empty: it is unknown, used or too old."""
        token, until = self._open.pop(code, ("", 0.0))
        return token if monotonic() < until else ""


def may_read(caller: Caller) -> bool:
    """Tell whether a key may see the pages."""
    return "read" in ALLOWS[caller.scope]
