"""Who is where: one customer, its timeline, and lists of customers."""

import sqlite3
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.convertors import Convertor, register_url_convertor

from services.journey.routes.answers import Json, customer_answer, touchpoint_answer
from services.journey.routes.reading import Reading, reading
from services.journey.store import reads
from shared.auth import Caller, Requires
from shared.errors import ConflictError, InvalidError, NotFoundError


class _Customer(Convertor[str]):
    """An id in an address: any characters, slashes and line ends included."""

    regex = r"[\s\S]+"

    def convert(self, value: str) -> str:
        """Return the id as written."""
        return value

    def to_string(self, value: str) -> str:
        """Return the id as written."""
        return value


register_url_convertor("customer", _Customer())

router = APIRouter()

Reads = Annotated[Reading, Depends(reading)]
Reader = Annotated[Caller, Depends(Requires("read"))]

STATES = ("open", "completed", "reached", "lost")
STALLS = ("any", "stalled", "beyond", "cruising")


def _find(db: sqlite3.Connection, tenant: str, name: str) -> reads.Named:
    found = reads.find_ids(db, tenant, name)
    numbers = {customer for _, _, customer in found}
    if len(numbers) > 1:
        candidates = ", ".join(f"{kind}:{value}" for kind, value, _ in found)
        message = f"`{name}` names more than one customer: ask for one of {candidates}"
        raise ConflictError(message, code="ambiguous")
    customer = reads.named(db, tenant, numbers.pop()) if numbers else None
    if customer is None:
        message = f"no customer is known as `{name}`: ids read `user:42`, `anonymous:…`, `account:…`, or a bare value"
        raise NotFoundError(message)
    return customer


@router.get("/v1/customers/{name:customer}/timeline")
def timeline(
    request: Request,
    name: str,
    caller: Reader,
    read: Reads,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
) -> Json:
    """Return the last touchpoints of a customer, the oldest first."""
    if request.scope["raw_path"].lower().endswith(b"%2ftimeline"):  # an id that ends so, not its timeline
        return customer(f"{name}/timeline", caller, read)
    with read.database() as db:
        named = _find(db, caller.tenant, name)
        found = reads.timeline(db, named, limit)
    return {"customer": named.number, "touchpoints": [touchpoint_answer(touchpoint) for touchpoint in found]}


@router.get("/v1/customers/{name:customer}")
def customer(name: str, caller: Reader, read: Reads) -> Json:
    """Return one customer with its journeys: position, route ahead, deviations with proof, and stall."""
    with read.database() as db:
        found = _find(db, caller.tenant, name)
        return customer_answer(found, reads.journeys(db, found.number), read.judged_until(db))


@router.get("/v1/customers")
def customers(  # noqa: PLR0913 (each is a parameter of the address)
    caller: Reader,
    read: Reads,
    *,
    map: str | None = None,
    step: str | None = None,
    state: str | None = None,
    stall: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
) -> dict[str, Any]:
    """Return customers that have a journey as asked, page by page: `next` is the `after` of the next page."""
    for name, value, known in (("state", state, STATES), ("stall", stall, STALLS)):
        if value is not None and value not in known:
            message = f"{name} is one of {', '.join(known)}, not `{value}`"
            raise InvalidError(message)
    wanted = reads.Filter(map, step, state, stall)
    with read.database() as db:
        numbers = reads.list_customers(db, caller.tenant, wanted, after, limit + 1)
        judged_until = read.judged_until(db)
        found = [named for number in numbers[:limit] if (named := reads.named(db, caller.tenant, number))]
        page = [customer_answer(each, reads.journeys(db, each.number), judged_until) for each in found]
    return {"customers": page, "next": numbers[limit - 1] if len(numbers) > limit else None}
