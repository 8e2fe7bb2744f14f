"""How far the journey service has come, and what it could not read."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.journey.consumer import Consumer
from services.journey.learn.on_no_map import AllOnNoMap
from services.journey.learn.picture import AllCounts
from services.journey.routes.answers import Json
from services.journey.routes.reading import Reading, reading
from services.journey.store import lists, maps, offsets, reads
from shared.auth import Caller, Requires
from shared.log.dead_letters import dead_letter_page
from shared.log.event_log import TOUCHPOINTS
from shared.times import SECOND, when

router = APIRouter()

Reads = Annotated[Reading, Depends(reading)]
Reader = Annotated[Caller, Depends(Requires("read"))]


@router.get("/v1/status")
def status(request: Request, caller: Reader, read: Reads) -> Json:
    """Return how many records wait, until when absence is judged, who is known, and who could not be judged.

    `lateness_s` is how late a touchpoint may be before absence is judged: `judged_until` stays that much behind `now`.
    `on_no_map` says who has no journey, and what those of them that came last did: an event that no map knows, perhaps.
    `last_touchpoint_at` is null where none is among the last two thousand of all tenants.
    """
    consumer: Consumer = request.app.state.consumer
    counts: AllCounts = request.app.state.counts
    counted = counts.get(caller.tenant)
    everybody: AllOnNoMap = request.app.state.on_no_map
    on_no_map = everybody.get(caller.tenant)
    with read.database() as db:
        newest = lists.newest_touchpoints(db, caller.tenant, 1)
        consumed = offsets.consumed(db)
        behind = {part: consumer.log.end(TOUCHPOINTS, part) - next_ for part, next_ in consumed.items()}
        return {
            "behind": sum(behind.values()),
            "judged_until": when(max(read.judged_until(db), 0)),
            "lateness_s": read.lateness / SECOND,
            "now": when(read.clock.now()),
            "customers": counted.customers,
            "on_no_map": {
                "customers": on_no_map.customers,
                "events": [{"event": event, "customers": count} for event, count in on_no_map.events],
            },
            "maps": len(maps.newest_maps(db, caller.tenant)),
            "last_touchpoint_at": when(newest[0][0].received_at) if newest else None,
            "unjudged_customers": counted.unjudged,
            "waiting_for_map": reads.waiting_for_map(db, caller.tenant),
            "wrong": consumer.trouble() or None,
        }


@router.get("/v1/dead-letters")
def dead_letters(
    request: Request,
    caller: Reader,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=-1)] = -1,
) -> Json:
    """Return the tenant's records that this service could not read or that conflict, page by page."""
    return dead_letter_page(request.app.state.outbox, caller.tenant, after, limit)
