"""Erasure: whoever administers says who is to be forgotten, and sees what was."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from services.ingest.accept.erasing import Erasing
from services.ingest.store.erasures import ErasureRow, ErasureStore
from shared.auth import Caller, Requires
from shared.bodies import KeyFirst
from shared.errors import InvalidError
from shared.times import when

router = APIRouter(route_class=KeyFirst)

Json = dict[str, Any]
Id = Annotated[str, Field(min_length=1, max_length=1024)]


class Wanted(BaseModel):
    """The ids of whom to forget, each as `kind:value`, as GET /v1/customers/{id} of journey lists them."""

    model_config = ConfigDict(extra="forbid")

    ids: list[Id] = Field(min_length=1, max_length=500)


def shown(row: ErasureRow) -> Json:
    """Return an erasure as the API shows it: not whom it named."""
    return {
        "erasure": row.number,
        "erased_at": when(row.erased_at),
        "ids": row.ids,
        "scrubbed_at": when(row.scrubbed_at),
    }


@router.post("/v1/erasures", status_code=202)
async def erase(request: Request, caller: Annotated[Caller, Depends(Requires("admin"))], wanted: Wanted) -> Json:
    """Forget a customer. It is decided with the answer; the services do it within moments, the log follows."""
    pairs = []
    for name in dict.fromkeys(wanted.ids):
        kind, colon, value = name.partition(":")
        if not (kind and colon and value):
            message = f"`{name}` is no id: write `kind:value`, e.g. `user:42`, as journey lists them."
            raise InvalidError(message)
        pairs.append((kind, value))
    erasing: Erasing = request.app.state.erasing
    return shown(await erasing.erase(caller, pairs))


@router.get("/v1/erasures")
def list_erasures(
    request: Request,
    caller: Annotated[Caller, Depends(Requires("read"))],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Json:
    """Return the tenant's erasures, the newest first: when, how many ids, and since when the log holds nothing."""
    store: ErasureStore = request.app.state.erasures
    return {"erasures": [shown(row) for row in store.of(caller.tenant, limit)]}
