"""The designed maps: publish a version, read one, see where everybody stands on it."""

import sqlite3
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool

from services.journey.domain.maps.digest import map_digest
from services.journey.domain.maps.lint import lint, publishable
from services.journey.domain.maps.load import LoadedMap, MapError, load
from services.journey.learn.picture import Pictures
from services.journey.routes.answers import Json
from services.journey.routes.reading import Reading, reading
from services.journey.store import maps
from services.journey.store.maps import MapRow
from shared.auth import Caller, Requires
from shared.bodies import read_text
from shared.database import transaction
from shared.errors import InvalidError, NotFoundError
from shared.times import when
from shared.yaml_text.problems import Problem, problem_answer

router = APIRouter()

Reads = Annotated[Reading, Depends(reading)]
Reader = Annotated[Caller, Depends(Requires("read"))]
Admin = Annotated[Caller, Depends(Requires("admin"))]


def _answer(row: MapRow) -> Json:
    return {"map": row.map, "version": row.version, "published_at": when(row.published_at), "digest": row.digest}


def _read_map(text: str) -> tuple[LoadedMap, list[Problem]]:
    try:
        loaded = load(text)
        problems = lint(loaded.map, loaded.lines)
    except MapError as error:
        problems = list(error.problems)
        loaded = None
    if loaded is None or not publishable(problems):
        message = "this map cannot be published: " + "; ".join(
            f"line {problem.line}: {problem.text}" if problem.line else problem.text
            for problem in problems
            if problem.level == "error"
        )
        raise InvalidError(
            message[:2000], code="invalid_map", details={"problems": [problem_answer(p) for p in problems]}
        )
    return loaded, problems


@router.get("/v1/maps")
def list_maps(caller: Reader, read: Reads) -> Json:
    """Return the newest version of every map of the tenant."""
    with read.database() as db:
        return {"maps": [_answer(row) for row in maps.newest_maps(db, caller.tenant)]}


@router.get("/v1/maps/{name}")
def get_map(
    name: str, caller: Reader, read: Reads, version: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None
) -> Json:
    """Return a map, its newest version or the one asked for, with its text as published."""
    with read.database() as db:
        return _answer(row := _row(db, caller.tenant, name, version)) | {"yaml": row.yaml}


def _row(db: sqlite3.Connection, tenant: str, name: str, version: int | None) -> MapRow:
    row = maps.latest(db, tenant, name) if version is None else maps.version(db, tenant, name, version)
    if row is None:
        message = f"no map is published as `{name}`" + (f" in version {version}" if version else "")
        raise NotFoundError(message)
    return row


@router.put("/v1/maps/{name}")
async def put_map(
    name: str,
    request: Request,
    caller: Admin,
    read: Reads,
    *,
    correct: Annotated[
        bool, Query(description="in the place of the version before: journeys on that are judged anew by this one")
    ] = False,
) -> Json:
    """Publish a map, YAML or JSON, as the next version; the newest content again changes nothing.

    Raises InvalidError, TooLargeError.
    """
    text = await read_text(request, "map", "invalid_map")
    return await run_in_threadpool(_publish, name, text, caller, read, correct=correct)


def _publish(name: str, text: str, caller: Caller, read: Reading, *, correct: bool) -> Json:
    loaded, problems = _read_map(text)
    if loaded.map.name != name:
        message = f"the text is of map `{loaded.map.name}`, the address of `{name}`: make them one"
        raise InvalidError(message, code="invalid_map")
    draft = MapRow(caller.tenant, name, 0, 0, read.clock.now(), map_digest(text), text)
    with read.writing() as db, transaction(db):
        before = maps.latest(db, caller.tenant, name)
        row = maps.publish(db, draft, correct=correct)
    return _answer(row) | {
        "published": before is None or before.version != row.version,
        "problems": [problem_answer(problem) for problem in problems],
    }


@router.get("/v1/maps/{name}/overview")
def overview(request: Request, name: str, caller: Reader, read: Reads) -> Json:
    """Return who stands where on a map and since when, its detours, its worst places, and what it lacks.

    Counted from all journeys in one pass, at most twenty times as long ago as the pass takes: `as_of` says when.
    """
    with read.database() as db:
        row = _row(db, caller.tenant, name, None)
    pictures: Pictures = request.app.state.pictures
    picture = pictures.get(caller.tenant, name, str(row.version))
    return {
        "map": name,
        "version": row.version,
        "title": picture.map.title,
        "subject": picture.map.subject,
        "published_at": when(row.published_at),
        "judged_until": when(max(picture.heard_until - read.lateness, 0)),
        "as_of": when(picture.as_of),
        **picture.overview,
    }


@router.get("/v1/maps/{name}/positions")
def positions(request: Request, name: str, caller: Reader, read: Reads) -> Json:
    """Return how many open journeys stand at each step of a map, how many wait too long for it, and all states.

    The counts of the overview, without its waits and detours.
    """
    whole = overview(request, name, caller, read)
    steps = {step: {"here": each["here"], "stalled": each["stalled"]} for step, each in whole["steps"].items()}
    counted = {step: each for step, each in steps.items() if any(each.values())}
    return {key: whole[key] for key in ("map", "version", "title", "judged_until", "as_of", "open", "states")} | {
        "steps": counted
    }
