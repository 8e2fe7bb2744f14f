"""`/live`: tells an open page by server-sent events that something changed, so that it asks for itself again.

It says no more than that: the page is made in one place, on the server, whether a script asks for it or a person.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.console.routes.visitor import Visiting, Visitor, visitor
from shared.auth import KeyRing
from shared.clock import monotonic
from shared.errors import ApiError, TooBusyError

router = APIRouter()

RETRY_MS = 3000
MOST_TENANTS = 1000  # remembered
RESTLESS = frozenset({"now", "behind", "log_bytes", "disk_free_bytes", "deliveries_waiting"})  # change without news

Pulse = tuple[object, ...]


class _Look(NamedTuple):
    """What a tenant's services said at a moment, and since when, as far as anybody looked, they say so."""

    at: float
    pulse: Pulse
    same_since: float = 0.0


@dataclass(slots=True)
class Watchers:
    """The pages that watch, and what each tenant's services said last: asked once in `look_s` for all of them."""

    most: int = 200
    look_s: float = 1.0  # between two looks for changes
    heartbeat_s: float = 10.0  # of silence, after which a comment is sent so that proxies keep the connection
    now: Callable[[], float] = monotonic
    count: int = 0  # those that have a place; taken before a page begins to watch, so that never more have one
    _last: dict[str, _Look] = field(default_factory=dict)  # by tenant

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place while a page watches. Raises TooBusyError where none is free."""
        if self.count >= self.most:
            message = f"{self.most} pages watch already: this one still shows what is so when it is loaded again."
            raise TooBusyError(message, retry_after_s=30)
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1

    async def pulse(self, tenant: str, who: Visitor) -> Pulse:
        """Return what differs when a tenant's pages would."""
        last = self._last.get(tenant, _Look(0.0, ()))
        if self.now() - last.at < self.look_s * 0.9:
            return last.pulse
        if last.pulse:  # who looks while this one asks is content with what was said before
            self._last[tenant] = last._replace(at=self.now())
        services = ("journey", "alerts", "ingest")
        found = await asyncio.gather(*(who.part(name, "/v1/status") for name in services))
        pulse = tuple(_steady(part.value) if isinstance(part.value, dict) else part.status for part in found)
        if len(self._last) >= MOST_TENANTS:
            self._last.clear()
        at = self.now()
        self._last[tenant] = _Look(at, pulse, last.same_since if pulse == last.pulse else at)
        return pulse

    def same_since(self, tenant: str) -> float:
        """Return since when, as far as anybody looked, nothing of a tenant has changed."""
        found = self._last.get(tenant)
        return found.same_since if found else self.now()


def _steady(status: dict[str, Any]) -> Pulse:
    minute = str(status.get("judged_until"))[:16]
    known = sorted((key, repr(value)) for key, value in status.items() if key not in RESTLESS | {"judged_until"})
    return (minute, *known)


async def place(request: Request) -> AsyncIterator[None]:
    """FastAPI dependency: a place among those that watch, for as long as the answer lasts. Raises TooBusyError."""
    watchers: Watchers = request.app.state.watchers
    with watchers.place():
        yield


@router.get("/live", response_class=EventSourceResponse, dependencies=[Depends(place)])
async def live(request: Request, who: Visiting, since: float = float("inf")) -> AsyncIterator[ServerSentEvent]:
    """Say `changed` whenever something changed, until the page, the session or the service ends.

    `since` is the page's moment: what may have changed between that and the first look is said at once.
    """
    watchers: Watchers = request.app.state.watchers
    keys: KeyRing = request.app.state.keys
    caller = keys.find(who.ask.token)
    tenant = caller.tenant if caller else ""
    seen, said_at = await watchers.pulse(tenant, who), watchers.now()
    yield ServerSentEvent(comment="watching", retry=RETRY_MS)
    if since < watchers.same_since(tenant):
        yield ServerSentEvent(event="changed", data="")
    while not request.app.state.leaving():
        await asyncio.sleep(watchers.look_s)
        if caller is None or not _still_in(request):
            yield ServerSentEvent(event="signed-out", data="")
            return
        now = await watchers.pulse(caller.tenant, who)
        if now != seen:
            yield ServerSentEvent(event="changed", data="")
            seen, said_at = now, watchers.now()
        elif watchers.now() - said_at >= watchers.heartbeat_s:
            yield ServerSentEvent(comment="still here")
            said_at = watchers.now()


def _still_in(request: Request) -> bool:
    try:
        visitor(request)
    except ApiError:
        return False
    return True
