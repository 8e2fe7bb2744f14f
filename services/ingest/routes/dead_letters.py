"""Dead letters of ingest: listed for who reads, replayed for who administers, each tenant's own."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from msgspec import to_builtins
from pydantic import BaseModel, ConfigDict, Field

from services.ingest.accept.replaying import Replayer
from services.ingest.store.letters import Letters, Status
from shared.auth import Caller, Requires
from shared.errors import InvalidError, UnavailableError
from shared.log.event_log import LogUnavailableError

AT_ONCE = 1000

router = APIRouter()


class Wanted(BaseModel):
    """Which letters to replay: some by offset, or all that wait, in steps of a thousand from `after` on."""

    model_config = ConfigDict(extra="forbid")

    offsets: list[Annotated[int, Field(ge=0, lt=1 << 63)]] = Field(default=[], max_length=AT_ONCE)
    all: bool = False
    after: int = Field(-1, ge=-1, lt=1 << 63)


@router.get("/v1/dead-letters")
def list_dead_letters(
    request: Request,
    caller: Annotated[Caller, Depends(Requires("read"))],
    limit: Annotated[int, Query(ge=1, le=AT_ONCE)] = 100,
    after: Annotated[int, Query(ge=-1, lt=1 << 63)] = -1,
    status: Status = "waiting",
) -> dict[str, Any]:
    """Return the tenant's dead letters, oldest first, page by page. Raises UnavailableError."""
    letters: Letters = request.app.state.letters
    try:
        return letters.page(caller.tenant, after, limit, status)
    except LogUnavailableError as error:
        raise UnavailableError(str(error)) from error


@router.post("/v1/dead-letters/replay")
async def replay_dead_letters(
    request: Request, caller: Annotated[Caller, Depends(Requires("admin"))], wanted: Wanted
) -> dict[str, Any]:
    """Replay letters through the door that refused them. Raises InvalidError, UnavailableError, TooBusyError."""
    if wanted.all == bool(wanted.offsets):
        message = 'Say which letters: {"offsets": [0, 5]}, or {"all": true}.'
        raise InvalidError(message)
    letters: Letters = request.app.state.letters
    replayer: Replayer = request.app.state.replayer
    following: int | None = None
    try:
        if wanted.all:
            found = await asyncio.to_thread(letters.some, caller.tenant, wanted.after, AT_ONCE + 1, "waiting")
            following = found[AT_ONCE - 1].record.offset if len(found) > AT_ONCE else None
            found = found[:AT_ONCE]
        else:
            found = list((await asyncio.to_thread(letters.at, caller.tenant, wanted.offsets)).values())
    except LogUnavailableError as error:
        raise UnavailableError(str(error)) from error
    results = await replayer.replay(caller.tenant, found)
    missing = sorted(set(wanted.offsets) - {letter.record.offset for letter in found})
    return {
        "replayed": sum(result.accepted for result in results),
        "results": [to_builtins(result) for result in results]
        + [
            {"offset": offset, "event_id": "", "accepted": False, "code": "not_found", "message": "No such letter."}
            for offset in missing
        ],
        "next": following,
    }
