"""Lists: customers with a journey as asked, and the touchpoints that came last."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from services.journey.learn.names import AllNames, called
from services.journey.learn.on_no_map import subjects_of
from services.journey.routes.answers import Json, touchpoint_answer
from services.journey.routes.customers import seen
from services.journey.routes.reading import Reading, reading
from services.journey.store import lists, reads
from services.journey.store.lists import CursorError
from shared.auth import Caller, Requires
from shared.errors import InvalidError

router = APIRouter()

Reads = Annotated[Reading, Depends(reading)]
Reader = Annotated[Caller, Depends(Requires("read"))]

Step = Annotated[
    str | None, Query(description="with a journey that stands at this step now; with stall: that waits for it too long")
]
Came = Annotated[
    Literal["reached", "lost", "open"] | None,
    Query(description="with a journey of which so much came: reached, ended without (lost), neither so far (open)"),
]
Name = Annotated[
    str, Query(max_length=200, description="with this text in their name, whatever its case; known of journeys only")
]

STATES = ("open", "completed", "reached", "lost")
STALLS = ("any", "overdue", "stalled", "beyond", "cruising")


@router.get("/v1/customers")
def customers(  # noqa: PLR0913 (each is a parameter of the address)
    request: Request,
    caller: Reader,
    read: Reads,
    *,
    map: Annotated[str | None, Query(description="with a journey on this map")] = None,
    step: Step = None,
    state: Annotated[str | None, Query(description="open, completed, reached or lost")] = None,
    stall: Annotated[
        str | None, Query(description="any, overdue (stalled or beyond), stalled, beyond or cruising")
    ] = None,
    outcome: Came = None,
    name: Name = "",
    on_no_map: Annotated[bool, Query(description="without a journey on any map; with no other wish")] = False,
    order: Annotated[
        Literal["number", "longest"], Query(description="longest: who stands longest where they stand; needs a map")
    ] = "number",
    limit: Annotated[int, Query(ge=1, le=500, description="how many at most")] = 50,
    after: Annotated[str, Query(max_length=50, description="the `next` of the page before")] = "",
) -> Json:
    """Return customers that have a journey as asked, or none, page by page: `next` is the `after` of the next page."""
    _refuse_unknown({"state": state, "stall": stall})
    if order == "longest" and map is None:
        message = "order=longest goes by the waits on one map: say which with map="
        raise InvalidError(message)
    if on_no_map and any(value is not None for value in (map, step, state, stall, outcome, name.strip() or None)):
        message = "on_no_map goes with none of map, step, state, stall, outcome and name: those are of journeys"
        raise InvalidError(message)
    names: AllNames = request.app.state.names
    among = called(names.get(caller.tenant), name) if name.strip() else None
    with read.database() as db:
        nowhere = subjects_of(db, read.charts, caller.tenant) if on_no_map else None
        wanted = lists.Filter(map, step, state, stall, outcome, among, nowhere)
        try:
            numbers, following = lists.list_customers(db, caller.tenant, wanted, lists.Page(order, after, limit))
        except CursorError as error:
            raise InvalidError(str(error)) from error
        found = [named for number in numbers if (named := reads.named(db, caller.tenant, number))]
        return {"customers": [seen(read, db, caller.tenant, each) for each in found], "next": following}


def _refuse_unknown(asked: dict[str, str | None]) -> None:
    for name, known in {"state": STATES, "stall": STALLS}.items():
        if asked[name] is not None and asked[name] not in known:
            message = f"{name} is one of {', '.join(known)}, not `{asked[name]}`"
            raise InvalidError(message)


@router.get("/v1/touchpoints")
def touchpoints(
    caller: Reader,
    read: Reads,
    *,
    limit: Annotated[int, Query(ge=1, le=500, description="how many at most")] = 20,
) -> Json:
    """Return the touchpoints of the tenant that were stored last, the newest first."""
    with read.database() as db:
        found = lists.newest_touchpoints(db, caller.tenant, limit)
    return {"touchpoints": [touchpoint_answer(touchpoint) | {"customer": number} for touchpoint, number in found]}
