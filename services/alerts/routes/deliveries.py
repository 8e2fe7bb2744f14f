"""The channels: how each fares, a message to try them, and what was or shall be delivered."""

from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from services.alerts.delivery import queue, states
from services.alerts.delivery.breaker import Breaker
from services.alerts.delivery.channel import NAMES, SETTINGS, Channel, Name, Outcome
from services.alerts.delivery.wiring import shown_target
from services.alerts.routes.reading import Admin, Doing, Reader, Reads, readable
from services.alerts.store import reads
from shared.bodies import KeyFirst
from shared.clock import machine_now
from shared.errors import InvalidError
from shared.times import when

router = APIRouter(route_class=KeyFirst)

Json = dict[str, Any]
DELIVERY = ("waiting", "delivered", "failed", "gone", "skipped")


class Trial(BaseModel):
    """Which channel to try; empty: all."""

    channel: Name | None = None


@router.get("/v1/channels")
def list_channels(request: Request, caller: Reader, read: Reads) -> list[Json]:
    """Return every channel and how it fares."""
    found: dict[Name, Channel] = request.app.state.channels
    answers = []
    with read.database() as db:
        for name in NAMES:
            channel = found.get(name)
            state = states.load(db, channel.listener) if channel else Breaker()
            waiting = queue.waiting(db, name, caller.tenant)
            answers.append(
                {
                    "channel": name,
                    "configured": channel is not None,
                    "setting": SETTINGS[name],
                    "state": _word(channel, state, waiting),
                    "breaker": state.state(machine_now()),
                    "retry_at": when(state.retry_at) if state.failures else None,
                    "waiting": waiting,
                    "last_delivered_at": when(state.delivered_at),
                    "said": (channel.wrong if channel else "") or state.said,
                }
            )
    return answers


def _word(channel: Channel | None, state: Breaker, waiting: int) -> str:
    """Return how a channel fares in one word."""
    if channel is None:
        return "off"
    if channel.sender is None or state.state(machine_now()) != "closed":
        return "broken"
    if state.failures:
        return "failing"
    return "waiting" if waiting else "ok" if state.delivered_at else "untried"


@router.post("/v1/channels/test")
def try_channels(request: Request, _: Admin, doing: Doing, body: Trial | None = None) -> Json:
    """Send one message on every channel that is set, or on the one named, and return what came back."""
    found: dict[Name, Channel] = request.app.state.channels
    wanted = [body.channel] if body and body.channel else [name for name in NAMES if name in found] or NAMES
    with ThreadPoolExecutor(len(NAMES)) as pool:
        results = list(pool.map(lambda name: _tried(name, found.get(name)), wanted))
    with readable():
        for name, tried in zip(wanted, results, strict=True):
            if (outcome := tried[1]) is not None:
                doing.note_trial(found[name].listener, outcome)
    return {"results": [answer for answer, _ in results]}


def _tried(name: Name, channel: Channel | None) -> tuple[Json, Outcome | None]:
    """Return the answer about a trial, and what became of it; None: there is nothing to try."""
    answer: Json = {"channel": name, "configured": channel is not None, "ok": False}
    if channel is None:
        return answer | {"said": "not set", "todo": f"Set {SETTINGS[name]} and start Waypost again."}, None
    if channel.sender is None:
        return answer | {"said": channel.wrong, "todo": f"Correct {SETTINGS[name]} and start Waypost again."}, None
    outcome = channel.sender.test()
    return answer | {"ok": outcome.result == "delivered", "said": outcome.said, "todo": outcome.todo}, outcome


@router.get("/v1/deliveries")
def deliveries(
    caller: Reader,
    read: Reads,
    status: Annotated[str, Query(max_length=20)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: Annotated[str, Query(pattern=r"^(\d{1,18}\.[a-z]{1,10})?$")] = "",
) -> Json:
    """Return what was or shall be delivered, the newest first; `next` is the `after` of the next page."""
    if status and status not in DELIVERY:
        message = f"status is one of {', '.join(DELIVERY)}, not `{status}`."
        raise InvalidError(message)
    trail, _, channel = after.partition(".")
    with read.database() as db:
        found = reads.deliveries(db, caller.tenant, status, (int(trail or 0), channel), limit + 1)
    page = found[:limit]
    for each in page:
        each.update(
            target=shown_target(each["target"]),
            next_try=when(each["next_try"]) if each["status"] == "waiting" else None,
            changed_at=when(each["changed_at"]),
        )
    last = page[-1] if len(found) > limit else None
    return {"deliveries": page, "next": f"{last['trail']}.{last['channel']}" if last else None}


@router.post("/v1/deliveries/resume")
def resume(caller: Admin, doing: Doing) -> Json:
    """Use channels again whose receiver had said that it is gone, and send again what was given up."""
    with readable():
        return {"resumed": doing.resume_deliveries(caller.tenant)}
