"""How far the alerts service has come, what it could not read, and how much waits to be delivered."""

import sqlite3
from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from services.alerts.delivery import queue, states
from services.alerts.delivery.channel import Channel
from services.alerts.routes.reading import Reader, Reads
from services.alerts.store import offsets, reads
from services.alerts.track.progress import Progress
from shared.log.dead_letters import dead_letter_page
from shared.log.event_log import FACTS
from shared.log.sql_log import SqlLog
from shared.times import when

router = APIRouter()

Json = dict[str, Any]


@router.get("/v1/status")
def status(request: Request, caller: Reader, read: Reads) -> Json:
    """Return how many facts wait, until when absence is judged, and how much waits on the channels."""
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
            "deliveries_waiting": queue.waiting(db, tenant=caller.tenant),
            "webhooks_stopped": _stopped(request, db) or None,
            "live": live,
            "last_change": reads.last_change(db, caller.tenant),
            "now": when(request.app.state.clock.now()),
            "wrong": progress.wrong or None,
        }


def _stopped(request: Request, db: sqlite3.Connection) -> str:
    """Return what the receiver of webhooks said when it wanted no more; empty: it wants them."""
    webhook: Channel | None = request.app.state.channels.get("webhook")
    state = states.load(db, webhook.listener) if webhook else None
    return state.said if state and state.gone else ""


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
