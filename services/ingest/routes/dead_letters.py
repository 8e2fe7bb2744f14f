"""Dead letters of ingest: listed and counted for who reads, replayed or dismissed by who administers."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from msgspec import to_builtins
from pydantic import BaseModel, ConfigDict, Field

from services.ingest.accept.replaying import Replayer
from services.ingest.domain.hints import hint_for
from services.ingest.store.letters import Choice, Letters, Status
from shared.auth import Caller, Requires
from shared.bodies import KeyFirst
from shared.errors import InvalidError, UnavailableError
from shared.log.dead_letters import Letter
from shared.log.event_log import LogUnavailableError
from shared.times import rfc3339

AT_ONCE = 1000

router = APIRouter(route_class=KeyFirst)

Json = dict[str, Any]
Reader = Annotated[Caller, Depends(Requires("read"))]
Admin = Annotated[Caller, Depends(Requires("admin"))]


class Page(BaseModel):
    """Which letters to list: those above offset `after`, of a status, and of a reason or a source where given."""

    limit: int = Field(100, ge=1, le=AT_ONCE)
    after: int = Field(-1, ge=-1, lt=1 << 63)
    status: Status = "waiting"
    reason: str = Field("", max_length=128)
    source: str = Field("", max_length=128)


class Wanted(BaseModel):
    """Which letters: some by offset; those that wait of a reason, a source or both; or all that wait.

    Other than by offset in steps of a thousand, from `after` on.
    """

    model_config = ConfigDict(extra="forbid")

    offsets: list[Annotated[int, Field(ge=0, lt=1 << 63)]] = Field(default=[], max_length=AT_ONCE)
    reason: str = Field("", max_length=128)
    source: str = Field("", max_length=128)
    all: bool = False
    after: int = Field(-1, ge=-1, lt=1 << 63)


@contextmanager
def readable() -> Iterator[None]:
    """Answer that the log cannot be read now. Raises UnavailableError."""
    try:
        yield
    except LogUnavailableError as error:
        raise UnavailableError(str(error)) from error


@router.get("/v1/dead-letters")
def list_dead_letters(request: Request, caller: Reader, page: Annotated[Page, Query()]) -> Json:
    """Return the tenant's dead letters, oldest first, page by page. Raises UnavailableError."""
    letters: Letters = request.app.state.letters
    with readable():
        return letters.page(caller.tenant, page.after, page.limit, Choice(page.status, page.reason, page.source))


@router.get("/v1/dead-letters/summary")
def summary(request: Request, caller: Reader) -> Json:
    """Return the tenant's letters that wait, counted by reason and source, with what to do. Raises UnavailableError."""
    letters: Letters = request.app.state.letters
    with readable():
        waiting = letters.waiting(caller.tenant)
    return {
        "reasons": [
            {
                "reason": each.reason,
                "source": each.source,
                "count": each.count,
                "first_at": rfc3339(each.first_at),
                "last_at": rfc3339(each.last_at),
                "offset": each.offset,
                "error": each.error,
                "hint": hint_for(each.reason),
            }
            for each in waiting
        ]
    }


@router.post("/v1/dead-letters/replay")
async def replay_dead_letters(request: Request, caller: Admin, wanted: Wanted) -> Json:
    """Replay letters through the door that refused them. Raises InvalidError, UnavailableError, TooBusyError."""
    letters: Letters = request.app.state.letters
    replayer: Replayer = request.app.state.replayer
    found, following = await asyncio.to_thread(chosen, letters, caller.tenant, wanted)
    results = await replayer.replay(caller.tenant, found)
    return {
        "replayed": sum(result.accepted for result in results),
        "results": [to_builtins(result) for result in results]
        + [
            {"offset": offset, "event_id": "", "accepted": False, "code": "not_found", "message": "No such letter."}
            for offset in missing(wanted, found)
        ],
        "next": following,
    }


@router.post("/v1/dead-letters/dismiss")
def dismiss_dead_letters(request: Request, caller: Admin, wanted: Wanted) -> Json:
    """Let letters wait no longer; they stay listed as dismissed. Raises InvalidError, UnavailableError."""
    letters: Letters = request.app.state.letters
    found, following = chosen(letters, caller.tenant, wanted)
    letters.remember(caller.tenant, [letter.record.offset for letter in found], "dismissed")
    return {"dismissed": len(found), "missing": missing(wanted, found), "next": following}


def chosen(letters: Letters, tenant: str, wanted: Wanted) -> tuple[list[Letter], int | None]:
    """Return the letters that are meant, and the `after` of the next thousand.

    Raises InvalidError, UnavailableError.
    """
    if (bool(wanted.offsets), wanted.all, bool(wanted.reason or wanted.source)).count(True) != 1:
        message = 'Say which letters: {"offsets": [0, 5]}, {"reason": …, "source": …}, or {"all": true}.'
        raise InvalidError(message)
    with readable():
        if wanted.offsets:
            return list(letters.at(tenant, wanted.offsets).values()), None
        choice = Choice("waiting", wanted.reason, wanted.source)
        found = letters.some(tenant, wanted.after, AT_ONCE + 1, choice)
    return found[:AT_ONCE], found[AT_ONCE - 1].record.offset if len(found) > AT_ONCE else None


def missing(wanted: Wanted, found: list[Letter]) -> list[int]:
    """Return the offsets asked for that hold no letter of the tenant."""
    return sorted(set(wanted.offsets) - {letter.record.offset for letter in found})
