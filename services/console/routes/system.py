"""How Waypost itself fares, and what can be done about it: replay or dismiss dead letters, try a channel.

The page is made of parts, and is useful while services are down.
"""

import asyncio
from collections import OrderedDict
from importlib.metadata import version
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from services.console.domain.freshness import freshness_of
from services.console.domain.said import said_of, saying
from services.console.domain.system import (
    Whole,
    channels_of,
    head_of,
    held_back,
    letters_of,
    room_of,
    services_of,
    sources_of,
    trials_of,
)
from services.console.reading import GONE, UnansweredError
from services.console.routes.changing import Changing
from services.console.routes.forms import Form, back
from services.console.routes.showing import show
from services.console.routes.visitor import Visiting, Visitor
from shared.clock import machine_now
from shared.times import rfc3339

router = APIRouter()

BEHIND = ("ingest", "journey", "alerts")
MOST_ROUNDS = 100  # of a thousand dead letters each, in one request
MOST_TRIALS = 100  # remembered
PATH = "/system"

Json = dict[str, Any]
Word = Annotated[str, Query(max_length=400)]


@router.get("/system")
async def system(request: Request, who: Visiting, said: Word = "") -> Response:
    """Show how everything fares."""
    readiness, statuses, sources, letters, channels = await asyncio.gather(
        asyncio.gather(*(_readiness(who, name) for name in BEHIND)),
        asyncio.gather(*(who.part(name, "/v1/status") for name in BEHIND)),
        who.part("ingest", "/v1/sources"),
        who.part("ingest", "/v1/dead-letters/summary"),
        who.part("alerts", "/v1/channels"),
    )
    by_name = dict(zip(BEHIND, statuses, strict=True))
    journey = by_name["journey"]
    now = next((str(part.value["now"]) for part in statuses if part.value), rfc3339(machine_now()))
    whole = Whole(
        services=services_of(dict(zip(BEHIND, readiness, strict=True)), {n: p.value for n, p in by_name.items()}),
        sources=sources_of((sources.value or {}).get("sources", ()), now),
        letters=letters_of((letters.value or {}).get("reasons", ()), now),
        channels=channels_of(channels.value or (), now),
        parked=int((journey.value or {}).get("unjudged_customers") or 0),
    )
    return await show(
        request,
        who,
        "system.html",
        here="system",
        head=head_of(whole),
        whole=whole,
        parts={"sources": sources, "letters": letters, "channels": channels, "room": by_name["ingest"]},
        room=room_of(by_name["ingest"].value) if by_name["ingest"].value else [],
        journey=journey,
        on_no_map=(journey.value or {}).get("on_no_map"),
        strangers=int((by_name["ingest"].value or {}).get("unauthorized") or 0),
        fresh=freshness_of(journey.value) if journey.value else None,
        held=held_back(journey.value, whole.services) if journey.value else "",
        trials=trials_of(trials(request).get(who.ask.token, ()) if said.startswith("tested") else ()),
        said=said_of(said),
        version=version("waypost"),
    )


async def _readiness(who: Visitor, service: str) -> str:
    """Return what keeps a service from its work; empty: nothing."""
    try:
        await who.get(service, "/readyz")
    except UnansweredError as error:
        if error.status == GONE:
            return "does not answer"
        wrong = error.said.get("wrong")
        return "; ".join(map(str, wrong.values())) if isinstance(wrong, dict) and wrong else str(error)
    return ""


@router.post("/system/dead-letters/replay")
async def replay(form: Changing) -> Response:
    """Send dead letters of a reason and source through the door that refused them, once more."""
    done, refused = await _letters(form, "replay", "replayed")
    return back(saying(PATH, "replay", done, refused))


@router.post("/system/dead-letters/dismiss")
async def dismiss(form: Changing) -> Response:
    """Let dead letters of a reason and source wait no longer."""
    done, _ = await _letters(form, "dismiss", "dismissed")
    return back(saying(PATH, "dismiss", done))


async def _letters(form: Form, act: str, counts: str) -> tuple[int, int]:
    """Do something with all letters of a reason and source, a thousand at a time; return how many, and the refused."""
    choice: Json = {"reason": form.text("reason", 128), "source": unquote(form.text("source"))}  # whatever it holds
    done = refused = 0
    for _ in range(MOST_ROUNDS):
        answer = await form.visitor.act("POST", "ingest", f"/v1/dead-letters/{act}", choice)
        done += int(answer[counts])
        refused += sum(not each["accepted"] for each in answer.get("results", ()))
        if answer["next"] is None:
            break
        choice["after"] = answer["next"]
    return done, refused


@router.post("/system/channels/test")
async def test_channels(request: Request, form: Changing) -> Response:
    """Send a test message on a channel, or on all that are set up, and go back with what came of it."""
    channel = form.text("channel", 20)
    answer = await form.visitor.act("POST", "alerts", "/v1/channels/test", {"channel": channel} if channel else {})
    ok = sum(bool(each["ok"]) for each in answer["results"])
    remembered = trials(request)
    remembered[form.visitor.ask.token] = answer["results"]
    while len(remembered) > MOST_TRIALS:
        remembered.popitem(last=False)
    return back(saying(PATH, "tested", ok, len(answer["results"]) - ok))


def trials(request: Request) -> OrderedDict[str, list[Json]]:
    """Return what came of the last test of each visitor, in memory alone: the words are the receivers' own."""
    state = request.app.state
    if not hasattr(state, "trials"):
        state.trials = OrderedDict()
    found: OrderedDict[str, list[Json]] = state.trials
    return found
