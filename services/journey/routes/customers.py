"""One customer: where it stands, its timeline, and the way it took."""

import sqlite3
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from services.journey.learn.ways import TooLongError, Ways
from services.journey.routes.answers import Json, customer_answer, move_answer, touchpoint_answer
from services.journey.routes.reading import Reading, reading
from services.journey.store import reads
from services.journey.store.charts import Chart
from shared.auth import Caller, Requires
from shared.convertors import ANY_NAME
from shared.errors import ConflictError, InvalidError, NotFoundError

router = APIRouter()

Reads = Annotated[Reading, Depends(reading)]
Reader = Annotated[Caller, Depends(Requires("read"))]


def find_customer(db: sqlite3.Connection, tenant: str, name: str) -> reads.Named:
    """Return the customer that an id names. Raises NotFoundError, and ConflictError where it names several."""
    found = reads.find_ids(db, tenant, name)
    numbers = {customer for _, _, customer in found}
    if len(numbers) > 1:
        candidates = [f"{kind}:{value}" for kind, value, _ in found]
        message = f"`{name}` names more than one customer: ask for one of {', '.join(candidates)}"
        raise ConflictError(message, code="ambiguous", details={"candidates": candidates})
    number = numbers.pop() if numbers else _number(name)
    customer = reads.named(db, tenant, number) if number is not None else None
    if customer is None:
        message = (
            f"no customer is known as `{name}`: ids read `user:42`, `anonymous:…`, `account:…`, or a bare value;"
            " `#7` is customer number 7"
        )
        raise NotFoundError(message)
    return customer


def _number(name: str) -> int | None:
    """Return the number of a customer that is asked for as `#7`."""
    digits = name.removeprefix("#")
    return int(digits) if digits != name and digits.isascii() and digits.isdecimal() and len(digits) < 19 else None


def seen(read: Reading, db: sqlite3.Connection, tenant: str, found: reads.Named) -> Json:
    """Return a customer with its journeys, as the API shows it."""

    def chart(journey: reads.SeenJourney) -> Chart:
        return read.charts.of(db, tenant, journey.row.map, journey.row.map_version)

    journeys = reads.journeys(db, found.number)
    name = reads.name_of(db, found, journeys)
    accounts = reads.accounts(db, found.number) if found.subject == "person" else []
    return customer_answer(found, name, journeys, chart, read.judged_until(db)) | {"accounts": accounts}


def _ends_so(request: Request, word: str) -> bool:
    """Tell whether the id itself ends in `/word`: its slash was escaped."""
    return bool(request.scope["raw_path"].lower().endswith(f"%2f{word}".encode()))


@router.get(f"/v1/customers/{ANY_NAME}/timeline")
def timeline(
    request: Request,
    name: str,
    caller: Reader,
    read: Reads,
    limit: Annotated[int, Query(ge=1, le=10_000, description="the last so many")] = 100,
) -> Json:
    """Return the last touchpoints of a customer, the oldest first."""
    if _ends_so(request, "timeline"):
        return customer(f"{name}/timeline", caller, read)
    with read.database() as db:
        named = find_customer(db, caller.tenant, name)
        found = reads.timeline(db, named, limit)
    return {"customer": named.number, "touchpoints": [touchpoint_answer(touchpoint) for touchpoint in found]}


@router.get(f"/v1/customers/{ANY_NAME}/path")
def path(  # noqa: PLR0913 (each is a parameter of the address, or what answers it)
    request: Request,
    name: str,
    caller: Reader,
    read: Reads,
    *,
    map: Annotated[str | None, Query(description="one map; default: all")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="the last so many moves of each journey")] = 2000,
) -> Json:
    """Return the way that a customer took on each map, move by move, and what became of every touchpoint."""
    if _ends_so(request, "path"):
        return customer(f"{name}/path", caller, read)
    ways: Ways = request.app.state.ways
    with read.database() as db:
        named = find_customer(db, caller.tenant, name)
        try:
            found, others = ways.of(db, caller.tenant, named, map)
        except TooLongError as error:
            raise InvalidError(str(error), code="too_long") from error
        charts = {(way.map, way.version): read.charts.of(db, caller.tenant, way.map, way.version) for way in found}
        called = reads.name_of(db, named, reads.journeys(db, named.number))
    return {
        "customer": named.number,
        "name": called,
        "ids": named.ids,
        "journeys": [
            {
                "journey": f"{named.number}/{way.map}/{way.n}",
                "map": way.map,
                "title": charts[way.map, way.version].map.title,
                "version": way.version,
                "state": way.state,
                "earlier": max(0, len(way.moves) - limit),
                "moves": [move_answer(move, charts[way.map, way.version]) for move in way.moves[-limit:]],
            }
            for way in found
        ],
        "others": [touchpoint_answer(touchpoint) for touchpoint in others[-limit:]],
    }


@router.get(f"/v1/customers/{ANY_NAME}")
def customer(name: str, caller: Reader, read: Reads) -> Json:
    """Return one customer with its journeys: position, route ahead, deviations with proof, and stall."""
    with read.database() as db:
        return seen(read, db, caller.tenant, find_customer(db, caller.tenant, name))
