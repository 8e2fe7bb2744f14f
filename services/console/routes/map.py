"""The map: who stands where, since when, and where it is worst."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from services.console.domain.flow_map import draw_ghost, draw_map, draw_narrow
from services.console.domain.freshness import freshness_of
from services.console.domain.standing import heads_of, hot_spots_of, standings_of
from services.console.domain.tree import CannotDrawError, Tree, read_tree
from services.console.domain.words import name_of, since, span
from services.console.reading import path_of
from services.console.routes.first_run import first_steps
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor

router = APIRouter()

LOUDEST = 5  # alerts beside the map; the inbox has them all

Word = Annotated[str, Query(max_length=300)]
Json = dict[str, Any]


@router.get("/")
async def where_everybody_stands(request: Request, who: Visiting, map: Word = "") -> Response:
    """Show a map and who stands where on it; where there is nothing yet, what to do first."""
    names = await who.maps()
    if map and map not in names:
        return await show(request, who, "no_map.html", status=404, asked=map, maps=names, here="map")
    chosen = map or (names[0] if len(names) == 1 else await _busiest(who, names))
    if not chosen:
        return await first_steps(request, who)
    text, overview, status, alerts = await asyncio.gather(
        who.get("journey", path_of("maps", chosen)),
        who.get("journey", path_of("maps", chosen, "overview")),
        who.part("journey", "/v1/status"),
        who.part("alerts", "/v1/alerts", map=chosen, status="open", limit=LOUDEST),
    )
    if not overview["states"] and not map:
        return await first_steps(request, who)
    return await show(
        request,
        who,
        "map.html",
        here="map",
        maps=names,
        chosen=chosen,
        overview=overview,
        fresh=freshness_of(status.value) if status.value else None,
        on_no_map=(status.value or {}).get("on_no_map"),
        alerts=alerts,
        loudest=[_loud(alert, overview["as_of"]) for alert in (alerts.value or {}).get("alerts", ())],
        **picture(chosen, text["yaml"], overview),
    )


async def _busiest(who: Visitor, names: list[str]) -> str:
    """Return the map that most are on: the one to show when none was asked for."""
    found = await asyncio.gather(*(who.part("journey", path_of("maps", name, "positions")) for name in names))
    most = [(part.value["open"] if part.value else 0, -n) for n, part in enumerate(found)]
    return names[-max(most)[1]] if most else ""


def _loud(alert: Json, now: str) -> Json:
    name = name_of(alert["ids"], str(alert.get("name") or ""), alert["customer"])
    wait = span(since(alert["since"], now))
    return {"name": name, "wait": wait} | {part: alert[part] for part in ("alert", "reason", "severity")}


def picture(chosen: str, text: str, overview: Json) -> Json:
    """Return the drawings and the table; a map that cannot be drawn says why, and its counts stay."""
    tree: Tree | None = None
    undrawn = ""
    try:
        tree = read_tree(text)
    except CannotDrawError as error:
        undrawn = str(error)
    standings = standings_of(overview, tree.steps if tree else {})
    words: Json = {"tree": tree, "undrawn": undrawn, "standings": standings, "hot": hot_spots_of(overview, tree)}
    if tree is None:
        return words | {"wide": "", "narrow": ""}
    addresses = {name: f"/customers?{urlencode({'map': chosen, 'step': name})}" for name in tree.steps}
    heads = heads_of(overview)
    wide = draw_map(tree, standings, heads, addresses)[0] if overview["states"] else draw_ghost(tree)[0]
    narrow = draw_narrow(tree, standings, heads, addresses)
    return words | {"wide": Markup(wide), "narrow": Markup(narrow)}  # noqa: S704 (each word was escaped as it was drawn)
