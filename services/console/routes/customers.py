"""The customers behind a figure, and finding one of them."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.console.domain.people import OUTCOMES, STALLS, STATES, Choice, person_of
from services.console.domain.words import customer_address
from services.console.reading import UnansweredError, path_of
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor
from shared.errors import ConflictError, InvalidError, NotFoundError

router = APIRouter()

A_PAGE = 50
MOST_OF_NAME = 200  # letters by which the journey service looks for names

Word = Annotated[str, Query(max_length=400)]
Cursor = Annotated[str, Query(max_length=200)]
Json = dict[str, Any]


@router.get("/customers")
async def customers(  # noqa: PLR0913 (each is a parameter of the address)
    request: Request,
    who: Visiting,
    *,
    q: Word = "",
    map: Word = "",
    step: Word = "",
    state: Word = "",
    stall: Word = "",
    outcome: Word = "",
    order: Word = "",
    name: Annotated[str, Query(max_length=MOST_OF_NAME)] = "",
    on_no_map: bool = False,
    after: Cursor = "",
) -> Response:
    """List customers, those at a step of a map first of all; `q` finds one of them by an id, a number or a name."""
    if q.strip():
        return await _find(request, who, q.strip())
    _refuse_unknown({"state": state, "stall": stall, "outcome": outcome})
    default = "open" if step and not state else ""
    chosen = Choice(map, step, state or default, stall, outcome, order if order == "longest" and map else "", name)
    if on_no_map:
        chosen = Choice(on_no_map="true")
    maps, status, found = await asyncio.gather(
        who.maps(),
        who.part("journey", "/v1/status"),
        who.get("journey", "/v1/customers", **chosen.params(), limit=A_PAGE, after=after),
    )
    now = str((status.value or {}).get("now") or "")
    following = chosen.params(after=str(found["next"])) if found["next"] is not None else None
    return await show(
        request,
        who,
        "customers.html",
        here="customers",
        chosen=chosen,
        step_title=await _title(who, map, step),
        maps=maps,
        people=[person_of(each, chosen, now) for each in found["customers"]],
        following=f"/customers?{urlencode(following)}" if following else "",
        first=not after,
        states=STATES,
        stalls=STALLS,
        outcomes=OUTCOMES,
    )


def _refuse_unknown(asked: dict[str, str]) -> None:
    """Raise InvalidError where something is asked for that there is not."""
    for name, known in {"state": STATES, "stall": STALLS, "outcome": OUTCOMES}.items():
        if asked[name] not in ("", *known):
            message = f"{name} is one of {', '.join(known)}."
            raise InvalidError(message)


async def _title(who: Visitor, map: str, step: str) -> str:
    """Return what the map calls a step."""
    if not map or not step:
        return step
    part = await who.part("journey", path_of("maps", map, "overview"))
    found = ((part.value or {}).get("steps") or {}).get(step) or {}
    return str(found.get("title") or step)


async def _find(request: Request, who: Visitor, q: str) -> Response:
    """Go to the one customer that a text names, to those who have it in their name, or say that there is none."""
    try:
        found = [await _named(who, q)]
    except UnansweredError as error:
        found = await _called(who, q) if error.status == NotFoundError.status else []
        if not found:
            return await not_one(request, who, q, error)
    to = customer_address(found[0]["ids"]) if len(found) == 1 else f"/customers?{urlencode({'name': q})}"
    return RedirectResponse(to, status_code=303)


async def _named(who: Visitor, q: str) -> Json:
    """Return the customer that a text names: by an id, else by their number. Raises UnansweredError."""
    try:
        found: Json = await who.get("journey", path_of("customers", q))
    except UnansweredError as error:
        if error.status != NotFoundError.status or not q.isdecimal():
            raise
        found = await who.get("journey", path_of("customers", f"#{q}"))
    return found


async def _called(who: Visitor, q: str) -> list[Json]:
    """Return some customers who have a text in their name. Raises UnansweredError."""
    if len(q) > MOST_OF_NAME:
        return []
    found: list[Json] = (await who.get("journey", "/v1/customers", name=q, limit=2))["customers"]
    return found


async def not_one(request: Request, who: Visitor, asked: str, refusal: UnansweredError) -> Response:
    """Say that a text names nobody, or several, and whom. Raises what else the service said."""
    if refusal.status not in (NotFoundError.status, ConflictError.status):
        raise refusal
    choices = [(str(each), customer_address([str(each)])) for each in refusal.said.get("candidates") or ()]
    return await show(
        request,
        who,
        "no_customer.html",
        status=refusal.status,
        here="customers",
        asked=asked,
        choices=choices,
        message=str(refusal),
    )
