"""One customer: the way taken over the designed map, what comes next and whose move it is, and what proves it."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from services.console.domain.customer import Chosen, choose, detours_of, next_of, stall_of
from services.console.domain.inbox import line_of
from services.console.domain.passage import way_of
from services.console.domain.story import story_of
from services.console.domain.tree import CannotDrawError, Tree, read_tree
from services.console.domain.way_map import draw_narrow_way, draw_way
from services.console.domain.words import customer_address, name_of
from services.console.reading import Part, UnansweredError, path_of
from services.console.routes.customers import not_one
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor
from shared.convertors import ANY_NAME

router = APIRouter()

TOLD, MOST_TOLD = 60, 2000  # touchpoints in the list, and when all are asked for
ALERTS = 20

Word = Annotated[str, Query(max_length=400)]
Json = dict[str, Any]


@router.get(f"/customers/{ANY_NAME}")
async def one_customer(
    request: Request, who: Visiting, name: str, *, journey: Word = "", more: Annotated[bool, Query()] = False
) -> Response:
    """Show one customer."""
    try:
        found, status = await asyncio.gather(
            who.get("journey", path_of("customers", name)), who.part("journey", "/v1/status")
        )
    except UnansweredError as error:
        return await not_one(request, who, name, error)
    now = str((status.value or {}).get("now") or found["judged_until"] or "")
    chosen = choose(found["journeys"], journey)
    alerts, moves = await asyncio.gather(
        who.part("alerts", "/v1/alerts", customer=str(found["customer"]), status="live", limit=ALERTS),
        _moves(who, name, chosen),
    )
    called = name_of(found["ids"], str(found.get("name") or ""), found["customer"])
    drawn = await _drawn(who, chosen, moves, called, now)
    tree: Tree | None = drawn["tree"]
    loudest = _loudest(alerts, chosen)
    return await show(
        request,
        who,
        "customer.html",
        here="customers",
        customer=found,
        accounts=[(name, customer_address([name])) for name in found.get("accounts") or ()],
        name=called,
        own=customer_address(found["ids"]),
        chosen=chosen,
        journey=chosen.journey,
        now=now,
        next=next_of(chosen.journey, tree, str((loudest or {}).get("owner") or "")),
        stall=stall_of(chosen.journey, now),
        detours=detours_of(chosen.journey, now, (alerts.value or {}).get("alerts", ())),
        alerts=alerts,
        lines=[line_of(alert, {}, now) for alert in (alerts.value or {}).get("alerts", ())],
        loudest=loudest,
        moves=moves,
        story=story_of((moves.value or {}).get("moves", ()), now, MOST_TOLD if more else TOLD),
        **drawn,
    )


def _loudest(alerts: Part, chosen: Chosen) -> Json | None:
    """Return the first alert about the journey that is shown."""
    shown = chosen.journey["journey"] if chosen.journey else ""
    return next((alert for alert in (alerts.value or {}).get("alerts", ()) if alert["journey"] == shown), None)


async def _moves(who: Visitor, name: str, chosen: Chosen) -> Part:
    """Return what each touchpoint counted as in a journey; of somebody on no map the bare touchpoints."""
    if chosen.journey is None:
        part = await who.part("journey", path_of("customers", name, "timeline"), limit=TOLD)
        bare = [{"kind": "none", "touchpoint": each} for each in (part.value or {}).get("touchpoints", ())]
        return Part({"moves": bare}, part.missing, part.status)
    part = await who.part("journey", path_of("customers", name, "path"), map=str(chosen.journey["map"]))
    for each in (part.value or {}).get("journeys", ()):
        if each["journey"] == chosen.journey["journey"]:
            return Part(each)
    return Part({"moves": []}, part.missing, part.status)


async def _drawn(who: Visitor, chosen: Chosen, moves: Part, called: str, now: str) -> Json:
    """Return the drawings of a journey over the version of the map that it runs on, or why there are none."""
    nothing: Json = {"tree": None, "way": None, "wide": "", "narrow": "", "undrawn": ""}
    if chosen.journey is None:
        return nothing
    path = path_of("maps", str(chosen.journey["map"]))
    text = await who.part("journey", path, version=int(chosen.journey["version"]))
    if not text.value:
        return nothing | {"undrawn": text.missing}
    try:
        tree = read_tree(text.value["yaml"])
    except CannotDrawError as error:
        return nothing | {"undrawn": str(error)}
    way = way_of(tree, chosen.journey, (moves.value or {}).get("moves", ()), now)
    wide, narrow = draw_way(tree, way, called)[0], draw_narrow_way(tree, way, called)
    drawings = {"wide": Markup(wide), "narrow": Markup(narrow)}  # noqa: S704 (each word was escaped as it was drawn)
    return nothing | {"tree": tree, "way": way, **drawings}
