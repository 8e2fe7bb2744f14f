"""The alerts of a tenant: ranked lists, one with its trail, and what a person does to it."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, BaseModel, StringConstraints

from services.alerts.domain.alert import LIVE
from services.alerts.domain.shown import shown
from services.alerts.routes.asking import Asked, Text
from services.alerts.routes.reading import Admin, Doing, Reader, Reads, readable
from services.alerts.routes.sheet import sheet
from services.alerts.store import alerts, reads
from services.alerts.store.reads import Filter, Trail
from shared.bodies import KeyFirst
from shared.errors import InvalidError, NotFoundError
from shared.plain_text import one_line
from shared.times import microseconds_of, when

router = APIRouter(route_class=KeyFirst)

Json = dict[str, Any]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


def _seen(text: str) -> str:
    """Return what a person wrote. Raises ValueError when nobody could see it."""
    if not any(char.isprintable() and not char.isspace() for char in text):
        message = "it holds no character that can be seen"
        raise ValueError(message)
    return text


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(one_line),
    AfterValidator(_seen),
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_seen)]


class Acknowledgement(BaseModel):
    """Who looks after an alert."""

    by: Name


class Snooze(BaseModel):
    """Who lets an alert wait, until when (RFC 3339; without an offset: UTC), and why."""

    by: Name
    until: Annotated[str, StringConstraints(max_length=40)]
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""

    def at(self) -> int:
        """Return the time in microseconds UTC. Raises InvalidError."""
        try:
            return microseconds_of(self.until)
        except (ValueError, OverflowError) as error:
            message = f"until is a time such as 2026-12-01T09:00:00Z, not `{self.until}`."
            raise InvalidError(message) from error


class Resolution(BaseModel):
    """Who closes an alert, and why."""

    by: Name
    reason: Reason


def change_answer(change: Trail) -> Json:
    """Return one change of an alert."""
    return {
        "trail": change.trail_no,
        "at": when(change.at),
        "change": change.change,
        "because": msgspec.json.decode(change.because),
    }


@router.get("/v1/alerts", response_model=None)
def list_alerts(  # noqa: PLR0913 (each is a parameter of the address)
    caller: Reader,
    read: Reads,
    wanted: Asked,
    *,
    written: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Text = "",
) -> Json | StreamingResponse:
    """Return alerts, the loudest first, then those that stand longest; `next` is the `after` of the next page.

    As CSV: all of them, whatever the limit.
    """
    if written == "csv":
        lines = sheet(read, caller.tenant, wanted)
        named = {"Content-Disposition": 'attachment; filename="alerts.csv"'}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=named)
    with read.database() as db:
        try:
            found = reads.ranked(db, caller.tenant, wanted, after, limit + 1)
        except ValueError as error:
            raise InvalidError(str(error)) from error
    page = found[:limit]
    return {
        "alerts": [shown(alert) for alert in page],
        "next": reads.cursor_of(page[-1]) if len(found) > limit else None,
    }


@router.get("/v1/alerts/summary")
def summary(
    caller: Reader,
    read: Reads,
    map: Text = "",
    owner: Text = "",
    status: Annotated[
        Literal["live", "open", "acknowledged", "snoozed"], Query(description="which of them `by_…` counts")
    ] = "live",
) -> Json:
    """Return how many alerts are live, by status, and by what they have in common."""
    wanted = Filter(LIVE if status == "live" else (status,), owner, map=map)
    with read.database() as db:
        found: Json = msgspec.to_builtins(reads.summary(db, caller.tenant, wanted))
    return found


@router.get("/v1/alerts/{number}")
def one_alert(number: Number, caller: Reader, read: Reads) -> Json:
    """Return one alert with everything that happened to it."""
    with read.database() as db:
        found = alerts.find(db, number)
        if found is None or found.subject.tenant != caller.tenant:
            message = f"There is no alert {number}."
            raise NotFoundError(message)
        trail = reads.trail(db, number)
    return shown(found) | {"trail": [change_answer(change) for change in trail]}


@router.post("/v1/alerts/{number}/acknowledge")
def acknowledge(number: Number, body: Acknowledgement, caller: Admin, doing: Doing) -> Json:
    """Say who looks after an alert."""
    with readable():
        return shown(doing.acknowledge(caller.tenant, number, body.by))


@router.post("/v1/alerts/{number}/snooze")
def snooze(number: Number, body: Snooze, caller: Admin, doing: Doing) -> Json:
    """Let an alert wait until a time; then it is open again."""
    with readable():
        return shown(doing.snooze(caller.tenant, number, body.at(), {"by": body.by, "reason": body.reason}))


@router.post("/v1/alerts/{number}/resolve")
def resolve(number: Number, body: Resolution, caller: Admin, doing: Doing) -> Json:
    """Close an alert for a reason."""
    with readable():
        return shown(doing.resolve(caller.tenant, number, body.by, body.reason))
