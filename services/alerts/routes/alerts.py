"""The alerts of a tenant: ranked lists, one with its trail, and what a person does to it."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, StringConstraints

from services.alerts.domain.alert import LIVE, STATUSES, Status
from services.alerts.domain.rules import RULES
from services.alerts.domain.shown import shown, when
from services.alerts.routes.reading import Admin, Doing, Reader, Reads, readable
from services.alerts.store import alerts, reads
from services.alerts.store.reads import Trail
from shared.errors import InvalidError, NotFoundError

router = APIRouter()

Json = dict[str, Any]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Text = Annotated[str, Query(max_length=500)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class Acknowledgement(BaseModel):
    """Who looks after an alert."""

    by: Name


class Resolution(BaseModel):
    """Who closes an alert, and why."""

    by: Name
    reason: Reason


def _statuses(given: str) -> tuple[Status, ...]:
    words = [word.strip() for word in given.split(",") if word.strip()]
    wrong = [word for word in words if word not in (*STATUSES, "live")]
    if wrong:
        message = f"status is one or more of {', '.join(STATUSES)} or live, joined by commas; not `{wrong[0]}`."
        raise InvalidError(message)
    return tuple(status for status in STATUSES if status in words or ("live" in words and status in LIVE))


def change_answer(change: Trail) -> Json:
    """Return one change of an alert."""
    return {
        "trail": change.trail_no,
        "at": when(change.at),
        "change": change.change,
        "because": msgspec.json.decode(change.because),
    }


@router.get("/v1/alerts")
def list_alerts(  # noqa: PLR0913 (each is a parameter of the address)
    caller: Reader,
    read: Reads,
    *,
    status: Text = "",
    owner: Text = "",
    customer: Text = "",
    rule: Text = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Text = "",
) -> Json:
    """Return alerts, the loudest first, then those that stand longest; `next` is the `after` of the next page."""
    if rule and rule not in RULES:
        message = f"rule is one of {', '.join(RULES)}, not `{rule}`."
        raise InvalidError(message)
    wanted = reads.Filter(_statuses(status), owner, customer, rule)
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


@router.post("/v1/alerts/{number}/resolve")
def resolve(number: Number, body: Resolution, caller: Admin, doing: Doing) -> Json:
    """Close an alert for a reason."""
    with readable():
        return shown(doing.resolve(caller.tenant, number, body.by, body.reason))
