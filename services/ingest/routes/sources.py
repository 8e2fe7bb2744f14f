"""GET /v1/sources: which sources of the tenant were heard, when last, and how much; what it said last, and how late."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from services.ingest.accept.counting import Counting
from shared.auth import Caller, Requires
from shared.times import SECOND, rfc3339

router = APIRouter()


@router.get("/v1/sources")
async def sources(request: Request, caller: Annotated[Caller, Depends(Requires("read"))]) -> dict[str, Any]:
    """Return the sources of the tenant by name, up to this moment."""
    counting: Counting = request.app.state.counting
    heard = await asyncio.to_thread(counting.heard, caller.tenant, counting.take())
    return {
        "sources": [
            {
                "source": each.source,
                "last_heard": rfc3339(each.heard_at),
                "accepted": each.accepted,
                "refused": each.refused,
                "last_event": each.last_event,
                "lag_s": None if each.lag is None else each.lag / SECOND,
            }
            for each in heard
        ]
    }
