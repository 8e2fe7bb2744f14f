"""The pages: made on the server from what the services answer to the visitor."""

import asyncio
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from services.console.domain import board
from services.console.domain.drawing import draw_map
from services.console.domain.itinerary import draw_itinerary
from services.console.domain.tree import CannotDrawError, Tree, read_tree
from services.console.reading import UnansweredError
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor

router = APIRouter()

MOST_ALERTS, MOST_PEOPLE, AT_ONCE = 100, 50, 10
ALERTS_A_PAGE, ALERT_PAGES = 500, 4  # what is asked for, of all maps: the alerts service ranks, it does not know maps

Word = Annotated[str, Query(max_length=300)]
Json = dict[str, Any]


@router.get("/")
async def where_everybody_stands(request: Request, who: Visiting, map: Word = "", step: Word = "") -> Response:
    """Show a map, who stands where on it, and who needs somebody now."""
    maps = [found["map"] for found in (await who.get("journey", "/v1/maps"))["maps"]]
    if not maps:
        return await show(request, who, "empty.html", ingest=_ingest(request), here="map")
    if map and map not in maps:
        return await show(request, who, "no_map.html", status=404, asked=map, maps=maps, here="map")
    chosen = map or maps[0]
    path = f"/v1/maps/{quote(chosen, safe='')}"
    text, positions, status = await asyncio.gather(
        who.get("journey", path),
        who.get("journey", f"{path}/positions"),
        who.get("journey", "/v1/status"),
    )
    drawn = _drawn(text["yaml"], positions, chosen)
    tree: Tree | None = drawn["tree"]
    alerts, further, missing = await _alerts(who)
    wanted = board.wanted_of(alerts, chosen, tree, further=further)
    return await show(
        request,
        who,
        "map.html",
        **drawn,
        **await _people(who, chosen, step, tree),
        here="map",
        maps=maps,
        chosen=chosen,
        title=positions["title"] or chosen,
        version_of_map=positions["version"],
        states=positions["states"],
        open=positions["open"],
        fresh=board.freshness_of(status),
        wanted=wanted,
        notes=wanted.notes[:MOST_ALERTS],
        unalarmed=not missing and not further and board.stalled(drawn["standing"]) > wanted.stalls,
        missing=missing,
        ingest=_ingest(request),
        many=board.people,
        at_once=AT_ONCE,
    )


def _ingest(request: Request) -> str:
    settings = request.app.state.settings
    return f"http://{request.url.hostname or settings.host}:{settings.port_of('ingest')}"


def _drawn(text: str, positions: Json, chosen: str) -> Json:
    """Return the two drawings and the table; a map that cannot be drawn is named, and its counts stay."""
    try:
        tree = read_tree(text)
    except CannotDrawError as error:
        here = board.here_of(positions)
        return {"tree": None, "standing": here, "wide": "", "narrow": "", "width": 0, "undrawn": str(error)}
    here = board.here_of(positions)
    addresses = {name: f"?{urlencode({'map': chosen, 'step': name})}#people" for name in tree.steps}
    wide, width = draw_map(tree, here, addresses)
    narrow = draw_itinerary(tree, here, addresses)
    drawings = {"wide": Markup(wide), "narrow": Markup(narrow)}  # noqa: S704 (each word was escaped as it was drawn)
    return {"tree": tree, "standing": here, "width": round(width), "undrawn": "", **drawings}


async def _alerts(who: Visitor) -> tuple[list[Json], bool, str]:
    """Return the alerts that want somebody, whether there are further ones, and why they are missing where they are."""
    alerts: list[Json] = []
    after: dict[str, str] = {}
    for _ in range(ALERT_PAGES):
        try:
            found = await who.get("alerts", "/v1/alerts", status="open,acknowledged", limit=ALERTS_A_PAGE, **after)
        except UnansweredError as error:
            return alerts, bool(alerts), str(error)
        alerts += found["alerts"]
        if not found["next"]:
            return alerts, False, ""
        after = {"after": str(found["next"])}
    return alerts, True, ""


async def _people(who: Visitor, map: str, step: str, tree: Tree | None) -> Json:
    """Return who stands at the step asked for."""
    if not step or (tree is not None and step not in tree.steps):
        return {"step": "", "step_title": "", "people": [], "more": False}
    try:
        found = await who.get("journey", "/v1/customers", map=map, step=step, state="open", limit=MOST_PEOPLE)
    except UnansweredError:
        found = {"customers": [], "next": None}
    people = [board.person_of(customer, map, step) for customer in found["customers"]]
    people.sort(key=lambda person: not person.stall)
    return {"step": step, "step_title": board.title_of(step, tree), "people": people, "more": bool(found["next"])}
