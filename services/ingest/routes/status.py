"""GET /v1/status: how full the log and the disk are, how far back the log reaches, and what waits."""

from typing import Any

from fastapi import APIRouter, Request

from services.ingest.accept.pressure import MEGABYTE, Pressure
from services.ingest.routes.dead_letters import Reader, readable
from services.ingest.store.letters import Letters, oldest_at
from shared.clock import Clock
from shared.log.event_log import EventLog
from shared.metrics import REQUESTS
from shared.settings import Settings
from shared.times import when

router = APIRouter()


@router.get("/v1/status")
def status(request: Request, caller: Reader) -> dict[str, Any]:
    """Return how ingest stands. `unauthorized` counts requests without a valid key since it started."""
    state = request.app.state
    settings: Settings = state.settings
    letters: Letters = state.letters
    pressure: Pressure = state.pressure
    clock: Clock = state.clock
    log: EventLog = state.log
    with readable():
        size, free = pressure.measured()
        oldest = oldest_at(log)
        waiting = sum(each.count for each in letters.waiting(caller.tenant))
    return {
        "log_bytes": size,
        "log_max_bytes": settings.log_max_mb * MEGABYTE,
        "disk_free_bytes": free,
        "disk_bound_bytes": settings.disk_free_mb * MEGABYTE,
        "retention_days": settings.retention_days,
        "oldest_at": when(oldest),
        "dead_letters_waiting": waiting,
        "unauthorized": unauthorized(),
        "now": when(clock.now()),
        "wrong": "; ".join(pressure.unready().values()) or None,
    }


def unauthorized() -> int:
    """Return how many requests at the doors for events came without a valid key since this process started."""
    samples = (sample for metric in REQUESTS.collect() for sample in metric.samples)
    return round(sum(s.value for s in samples if s.name.endswith("_total") and s.labels["status"] == "401"))
