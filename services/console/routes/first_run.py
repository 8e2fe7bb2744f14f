"""The first run: what to paste, and what has come of it, before one's eyes."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from services.console.domain.first_steps import first_steps_of
from services.console.domain.flow_map import draw_ghost
from services.console.domain.tree import CannotDrawError, read_tree
from services.console.reading import path_of
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor
from shared.auth import LOCAL_KEYS, KeyRing
from shared.settings import Settings

router = APIRouter()

NEWEST = 6  # touchpoints that are shown
MOST_MAPS = 10  # that are asked for somebody on them

Json = dict[str, Any]


@router.get("/first-run")
async def first_run(request: Request, who: Visiting) -> Response:
    """Show what to do first, ticked as it is done."""
    return await first_steps(request, who)


async def first_steps(request: Request, who: Visitor) -> Response:
    """Return the page of the first steps."""
    names = await who.maps()
    touchpoints, alerts, *on_maps = await asyncio.gather(
        who.part("journey", "/v1/touchpoints", limit=NEWEST),
        who.part("alerts", "/v1/alerts", limit=1),
        *(who.part("journey", "/v1/customers", map=name, limit=1) for name in names[:MOST_MAPS]),
    )
    steps = first_steps_of(names, touchpoints.value, [part.value for part in on_maps], alerts.value)
    return await show(
        request,
        who,
        "first_run.html",
        here="map",
        steps=steps,
        parts=[touchpoints, alerts, *on_maps],
        ghost=await _ghost(who, names[0] if names else ""),
        ingest=_ingest(request),
        keys=_place_of_keys(request, who),
    )


async def _ghost(who: Visitor, name: str) -> Markup:
    """Return the designed map, drawn with nobody on it; empty where there is none that can be drawn."""
    found = await who.part("journey", path_of("maps", name)) if name else None
    if found is None or not found.value:
        return Markup()
    try:
        drawn, _ = draw_ghost(read_tree(found.value["yaml"]))
    except CannotDrawError:
        return Markup()
    return Markup(drawn)  # noqa: S704 (each word was escaped as it was drawn)


def _ingest(request: Request) -> str:
    """Return where touchpoints are sent, as the visitor's own machine reaches it."""
    settings: Settings = request.app.state.settings
    host = request.url.hostname or settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port_of('ingest')}"


def _place_of_keys(request: Request, who: Visitor) -> str:
    """Return the file that holds the write key, for those who may change things; it is never read here."""
    keys: KeyRing = request.app.state.keys
    caller = keys.find(who.ask.token)
    settings: Settings = request.app.state.settings
    return str(settings.data / LOCAL_KEYS) if caller is not None and caller.scope == "admin" else ""
