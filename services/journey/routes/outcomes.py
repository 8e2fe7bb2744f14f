"""What came of a map's journeys: attained against target, how soon, by stage, over time."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request

from services.journey.learn.picture import AllResults
from services.journey.routes.answers import Json
from services.journey.routes.reading import Reading, reading
from services.journey.store import maps
from shared.auth import Caller, Requires
from shared.errors import NotFoundError
from shared.times import when

router = APIRouter()

Reads = Annotated[Reading, Depends(reading)]
Reader = Annotated[Caller, Depends(Requires("read"))]


@router.get("/v1/maps/{name}/outcomes")
def outcomes(
    request: Request, name: str, caller: Reader, read: Reads, *, every: Literal["week", "month"] = "week"
) -> Json:
    """Return what was attained against the target, how soon, by stage, and by week or month of the opening.

    Counted from all journeys in one pass, now and then: `as_of` says when. What happened after `judged_until` counts as
    not yet known.
    """
    with read.database() as db:
        row = maps.latest(db, caller.tenant, name)
    if row is None:
        message = f"no map is published as `{name}`"
        raise NotFoundError(message)
    results: AllResults = request.app.state.results
    found = results.get(caller.tenant, name, str(row.version))
    return {
        "map": name,
        "version": row.version,
        "title": found.map.title,
        "as_of": when(found.as_of),
        "judged_until": when(max(found.heard_until - read.lateness, 0)),
        **found.outcomes[every],
    }
