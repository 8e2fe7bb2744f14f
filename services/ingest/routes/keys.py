"""Keys over HTTP: listed without their secrets, made and shown once, revoked for every service at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from services.ingest.store.keys import KeyRow, KeyStore, LastAdminError, TooManyKeysError
from shared.auth import Caller, Requires, Scope, hash_key
from shared.bodies import KeyFirst
from shared.errors import ConflictError, NotFoundError
from shared.times import when

router = APIRouter(route_class=KeyFirst)

Json = dict[str, Any]
Admin = Annotated[Caller, Depends(Requires("admin"))]


class Wanted(BaseModel):
    """The key to make: what it may do, and the source that its touchpoints will name, or what it is for."""

    model_config = ConfigDict(extra="forbid")

    scope: Scope
    source: str = Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]*$")


def shown(row: KeyRow) -> Json:
    """Return a key as the API shows it: never the key itself."""
    return {
        "id": row.id,
        "scope": row.scope,
        "source": row.source,
        "created_at": when(row.created_at),
        "revoked_at": when(row.revoked_at),
    }


@router.get("/v1/keys")
def list_keys(request: Request, caller: Annotated[Caller, Depends(Requires("read"))]) -> Json:
    """Return the tenant's keys without their secrets, the oldest first, the revoked ones too."""
    store: KeyStore = request.app.state.key_store
    return {"keys": [shown(row) for row in store.rows(caller.tenant)]}


@router.post("/v1/keys", status_code=201)
def create_key(request: Request, caller: Admin, wanted: Wanted) -> Json:
    """Make a key; the answer is the only place that ever shows it. Raises ConflictError."""
    store: KeyStore = request.app.state.key_store
    try:
        key = store.create(caller.tenant, wanted.scope, wanted.source)
    except TooManyKeysError as error:
        raise ConflictError(str(error)) from error
    store.publish()
    [row] = [row for row in store.rows(caller.tenant) if row.key_hash == hash_key(key)]
    return {"key": key, **shown(row)}


@router.delete("/v1/keys/{key_id}")
def revoke_key(request: Request, caller: Admin, key_id: Annotated[str, Path(max_length=64)]) -> Json:
    """Let a key stand no longer, in every service with its next request. Raises NotFoundError, ConflictError."""
    store: KeyStore = request.app.state.key_store
    try:
        row = store.revoke_id(caller.tenant, key_id)
    except LastAdminError as error:
        raise ConflictError(str(error)) from error
    if row is None:
        message = f"There is no key {key_id}: GET /v1/keys lists them."
        raise NotFoundError(message)
    store.publish()
    return shown(row)
