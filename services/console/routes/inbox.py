"""The inbox: the alerts of the tenant, ranked; one in full; and what a visitor does to it."""

import asyncio
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from starlette.background import BackgroundTask

from services.console.domain.freshness import freshness_of
from services.console.domain.inbox import ALERTS, STATES, Titles, Wanted, filters_of, head_of, line_of
from services.console.domain.inbox_acts import REASONS, SNOOZES, wakes_at
from services.console.domain.inbox_alert import detail_of
from services.console.domain.said import said_of, saying
from services.console.domain.tree import CannotDrawError, Step, read_tree
from services.console.reading import UnansweredError, path_of
from services.console.routes.changing import Changing
from services.console.routes.forms import Form, back, local
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor
from shared.errors import ConflictError, InvalidError

router = APIRouter()

MOST_MAPS = 10  # whose steps are asked for by their titles
REASON = 2000  # letters

Json = dict[str, Any]
Word = Annotated[str, Query(max_length=400)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


def wanted(state: Word = "open", map: Word = "", rule: Word = "", owner: Word = "", severity: Word = "") -> Wanted:
    """FastAPI dependency: which alerts are asked for. Raises InvalidError."""
    if state not in STATES:
        message = f"state is one of {', '.join(STATES)}, not `{state[:60]}`."
        raise InvalidError(message)
    return Wanted(state, map, rule, owner, severity)


Asked = Annotated[Wanted, Depends(wanted)]


@router.get("/inbox")
async def inbox(request: Request, who: Visiting, asked: Asked, after: Word = "", said: Word = "") -> Response:
    """List the alerts that are asked for, the loudest first, then those that stand longest."""
    found, summary, status = await asyncio.gather(
        who.get("alerts", "/v1/alerts", **asked.asked(), limit=ALERTS, after=after),
        who.part("alerts", "/v1/alerts/summary", map=asked.map, status=asked.counted),
        who.part("journey", "/v1/status"),
    )
    titles = await _titles(who, (alert["map"] for alert in found["alerts"]))
    now = await _now(who, status.value)
    lines = [line_of(alert, titles, now) for alert in found["alerts"]]
    counts = summary.value or {}
    waiting = int(counts["open"]) if counts and not asked.narrowed else None
    maps = sorted({*counts.get("by_map", {}), *([asked.map] if asked.map else [])})
    more = found["next"] is not None
    return await show(
        request,
        who,
        "inbox.html",
        here="inbox",
        asked=asked,
        head=head_of(lines, asked, waiting, more=more or bool(after)),
        lines=lines,
        following=asked.address(after=str(found["next"])) if more else "",
        first=not after,
        several=len(maps) > 1,
        filters=filters_of(asked, counts, maps, who.name),
        uncounted=summary,
        fresh=freshness_of(status.value) if status.value else None,
        said=said_of(said),
        own=asked.address(after=after),
        waiting=None if asked.map else summary,
    )


@router.get("/inbox.csv")
async def inbox_as_csv(who: Visiting, asked: Asked) -> Response:
    """Return every alert that is asked for as CSV, as the alerts service writes it."""
    params = {name: value for name, value in asked.asked().items() if value} | {"format": "csv"}
    answer = await who.ask.services.stream(who.ask.token, "alerts", "/v1/alerts", params)
    named = {"Content-Disposition": 'attachment; filename="alerts.csv"', "X-Content-Type-Options": "nosniff"}
    done = BackgroundTask(answer.aclose)
    return StreamingResponse(answer.aiter_bytes(), media_type="text/csv; charset=utf-8", headers=named, background=done)


@router.get("/inbox/{alert}")
async def one_alert(request: Request, who: Visiting, alert: Number, said: Word = "", to: Word = "/inbox") -> Response:
    """Show one alert in full; `to`: the list that the visitor came from."""
    found, status = await asyncio.gather(who.get("alerts", f"/v1/alerts/{alert}"), who.part("journey", "/v1/status"))
    now = await _now(who, status.value)
    return await show(
        request,
        who,
        "alert.html",
        here="inbox",
        alert=detail_of(found, await _titles(who, [found["map"]]), now),
        now=now,
        said=said_of(said),
        snoozes=SNOOZES,
        reasons=REASONS,
        to=to if to == "/inbox" or to.startswith("/inbox?") else "/inbox",
    )


@router.post("/inbox/{alert}/acknowledge")
async def acknowledge(form: Changing, alert: Number) -> Response:
    """Say that the visitor looks after an alert."""
    return await _act(form, alert, "acknowledge", "acknowledged", {})


@router.post("/inbox/{alert}/snooze")
async def snooze(form: Changing, alert: Number) -> Response:
    """Let an alert wait until a time."""
    who = form.visitor
    await who.get("alerts", f"/v1/alerts/{alert}")  # 404 before anything is said of the day
    now = str((await who.get("alerts", "/v1/status"))["now"])
    until = wakes_at(form.text("until"), form.text("day"), now)
    if not until:
        return _back(form, alert, "no-day")
    return await _act(form, alert, "snooze", "snoozed", {"until": until, "reason": form.text("reason", REASON)})


@router.post("/inbox/{alert}/resolve")
async def resolve(form: Changing, alert: Number) -> Response:
    """Close an alert for a reason."""
    await form.visitor.get("alerts", f"/v1/alerts/{alert}")
    reason = ": ".join(filter(None, (form.text("reason", 200), form.text("more", REASON - 300))))
    if not reason:
        return _back(form, alert, "no-reason")
    return await _act(form, alert, "resolve", "resolved", {"reason": reason})


async def _act(form: Form, alert: int, act: str, done: str, body: Json) -> Response:
    """Change an alert and go back with a line about it; one that somebody else closed says so."""
    by = {"by": form.visitor.by}
    try:
        await form.visitor.act("POST", "alerts", f"/v1/alerts/{alert}/{act}", by | body)
    except UnansweredError as error:
        if error.status != ConflictError.status:
            raise
        return _back(form, alert, "closed")
    return _back(form, alert, done)


def _back(form: Form, alert: int, what: str) -> Response:
    return back(saying(local(form.text("back") or f"/inbox/{alert}"), what, alert))


def _steps(text: str) -> dict[str, Step]:
    try:
        return read_tree(text).steps
    except CannotDrawError:
        return {}


async def _titles(who: Visitor, maps: Iterable[str]) -> Titles:
    """Return what maps say of their steps; of a map that cannot be read nothing."""
    names = sorted({str(name) for name in maps})[:MOST_MAPS]
    parts = await asyncio.gather(*(who.part("journey", path_of("maps", name)) for name in names))
    return {name: _steps(part.value["yaml"]) for name, part in zip(names, parts, strict=True) if part.value}


async def _now(who: Visitor, status: Json | None) -> str:
    """Return the domain time, of the journey service or else of the alerts."""
    return str((status or await who.get("alerts", "/v1/status"))["now"])
