"""How far the alerts service has come, what it could not read, and which webhooks wait."""

from collections import Counter
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request

from services.alerts.delivery import queue
from services.alerts.domain.shown import when
from services.alerts.routes.reading import Admin, Doing, Reader, Reads, readable
from services.alerts.store import offsets, reads
from services.alerts.track.progress import Progress
from shared.errors import InvalidError
from shared.log.dead_letters import dead_letter_page
from shared.log.event_log import FACTS
from shared.log.sql_log import SqlLog

router = APIRouter()

Json = dict[str, Any]
DELIVERY = ("waiting", "delivered", "failed", "gone")


@router.get("/v1/status")
def status(request: Request, caller: Reader, read: Reads) -> Json:
    """Return how many facts wait, until when absence is judged, and how many webhooks wait."""
    progress: Progress = request.app.state.progress
    with read.database() as db:
        places = offsets.load(db, FACTS).values()
        judged_until = min((place.judged_until for place in places), default=0)
        live: Counter[str] = Counter()
        for (_, rule, _), count in reads.live_counts(db, caller.tenant).items():
            live[rule] += count
        return {
            "behind": progress.behind,
            "judged_until": when(max(judged_until, 0)),
            "deliveries_waiting": queue.waiting(db, caller.tenant),
            "webhooks_stopped": queue.disabled(db, request.app.state.settings.webhook_url) or None,
            "live": live,
            "last_change": reads.last_change(db, caller.tenant),
            "now": when(request.app.state.clock.now()),
            "wrong": progress.wrong or None,
        }


@router.get("/v1/dead-letters")
def dead_letters(
    caller: Reader,
    read: Reads,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    after: Annotated[int, Query(ge=-1)] = -1,
) -> Json:
    """Return the tenant's facts that could not be read, page by page."""
    log = SqlLog(read.path)
    try:
        return dead_letter_page(log, caller.tenant, after, limit)
    finally:
        log.close()


@router.get("/v1/deliveries")
def deliveries(
    caller: Reader,
    read: Reads,
    status: Annotated[str, Query(max_length=20)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[int, Query(ge=0, lt=1 << 63)] = 0,
) -> Json:
    """Return webhooks, the newest first; `next` is the `after` of the next page."""
    if status and status not in DELIVERY:
        message = f"status is one of {', '.join(DELIVERY)}, not `{status}`."
        raise InvalidError(message)
    with read.database() as db:
        found = reads.deliveries(db, caller.tenant, status, after, limit + 1)
    page = found[:limit]
    for each in page:
        target = urlsplit(each["target"])  # its path may be a secret
        each.update(
            target=f"{target.scheme}://{target.hostname}",
            next_try=when(each["next_try"]) if each["status"] == "waiting" else None,
            changed_at=when(each["changed_at"]),
        )
    return {"deliveries": page, "next": page[-1]["trail"] if len(found) > limit else None}


@router.post("/v1/deliveries/resume")
def resume(caller: Admin, doing: Doing) -> Json:
    """Deliver again to a receiver that had said that it is gone, and every webhook that was given up."""
    with readable():
        return {"resumed": doing.resume_webhooks(caller.tenant)}
