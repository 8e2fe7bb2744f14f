"""Made-up customers for tests of a whole Waypost: what they do, and what Waypost must hold of them afterwards.

They skip, stall, come back, fail, change devices, share devices and become known late. The other side of each
comparison is pure: `expected` folds what the crowd did, without log, store or services.
"""

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
from msgspec import Raw

from services.journey.domain.judgement.fold import PublishedMap
from services.journey.domain.maps.load import load_map
from shared.clock import DAY, HOUR
from shared.database import connect
from shared.events import VERSION, Touchpoint, encode, strongest_first
from tests.integration.journey.pure import Projection, project, stored_projection
from tests.servers.system import System
from tests.servers.waiting import until

MAP = """
map: crowd
title: From first look to habit
subject: person
opens_on: [Looked]
outcomes:
  reached: [{event: Renewed}]
  lost: [{event: Left, ends: true}]
path:
  - {step: look, match: Looked}
  - {step: sign-up, match: Signed Up, within: 2d}
  - any_order:
      - {step: import-data, match: Imported, failed_by: [Import Failed], within: 3d}
      - {step: review, match: Reviewed, within: 4d}
      - optional: {step: training, match: Trained}
  - {step: go-live, match: Went Live, requires: [import-data, review], within: 2d}
  - repeat:
      do: {step: report, match: Reported, within: 5d}
      redo: {step: refine, match: Refined}
  - {step: renew, match: Renewed, within: 5d}
"""
STEPS = ("Looked", "Signed Up", "Imported", "Reviewed", "Went Live", "Reported", "Renewed")
EXTRAS = ("Trained", "Import Failed", "Called Support", "Refined", "Reported", "Left")
START = 20_000 * DAY  # in 2024
SPAN = 30 * DAY  # in which everything happens
STOP = START + SPAN + 10 * DAY  # where the clock ends
JUDGED = STOP - DAY  # and up to where absence is judged then
ENVIRONMENT = {
    "WAYPOST_LATENESS_S": "86400",
    "WAYPOST_HISTORICAL_DAYS": "36500",  # when something was learned shall make no difference here
    "WAYPOST_BATCH": "37",
}

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Crowd:
    """What customers do within the span, in the order in which it happened."""

    events: list[Event]


def make_crowd(seed: int, customers: int) -> Crowd:
    """Return what so many customers do."""
    chance = random.Random(seed)
    events = [event for number in range(customers) for event in _life(chance, number)]
    return Crowd(sorted(events, key=lambda event: (event["timestamp"], event["messageId"])))


def _life(chance: random.Random, number: int) -> list[Event]:
    steps = [step for step in STEPS if chance.random() > 0.08]
    steps = steps[: chance.randint(1, len(STEPS))] or ["Looked"]
    if chance.random() < 0.4:
        steps.insert(chance.randrange(len(steps) + 1), chance.choice(EXTRAS))
    if chance.random() < 0.2 and len(steps) > 3:
        steps[2], steps[3] = steps[3], steps[2]
    device = f"device-{number if chance.random() < 0.9 else number // 2}"  # some share one
    known_from = chance.randint(0, 2)
    at, events = START + chance.randrange(10 * DAY), []
    for place, step in enumerate(steps):
        ids = {"anonymousId": device} if place < known_from else {"userId": f"user-{number}"}
        if place == known_from and known_from:
            events.append(_event(f"{number}-known", at - HOUR, {"type": "identify", "anonymousId": device} | ids))
        events.append(_event(f"{number}-{place}", at, {"type": "track", "event": step} | ids))
        at += chance.randrange(6 * HOUR, 4 * DAY)
    return [event for event in events if event["timestamp"] < iso(START + SPAN)]


def _event(id_: str, at: int, what: Mapping[str, object]) -> Event:
    at = at // DAY * DAY + (at % DAY) // 1000 * 1000  # whole milliseconds
    return {"messageId": id_, "timestamp": iso(at), **what}


def iso(microseconds: int) -> str:
    """Return a time as clients write it."""
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC).isoformat(timespec="milliseconds")


def micros(text: str) -> int:
    """Return a time as it is stored."""
    return round(datetime.fromisoformat(text).timestamp() * 1000) * 1000


def expected(events: Sequence[Event], map: str = MAP) -> Projection:
    """Return every customer's journeys as the pure fold has them."""
    published = PublishedMap(load_map(map), 1, 0)
    return project([_touchpoint(event) for event in events], [published], JUDGED)


def _touchpoint(event: Event) -> Touchpoint:
    names = (("user", "userId"), ("anonymous", "anonymousId"))
    at = micros(event["timestamp"])
    return Touchpoint(
        v=VERSION,
        tenant="a",
        source="source-of-a",
        event_id=event["messageId"],
        type=event["type"],
        ids=strongest_first([(kind, event[field]) for kind, field in names if field in event]),
        digest=0,
        occurred_at=at,
        received_at=at,
        original_at=at,
        event=event.get("event", ""),
        account=event.get("groupId", ""),
        attributes=Raw(encode(event.get("properties", {}))),
        traits=Raw(encode(event.get("traits", {}))),
    )


def held(system: System, tenant: str = "a") -> Projection:
    """Return every customer's journeys as Waypost has stored them."""
    with closing(connect(system.folder / "journey.db", read_only=True)) as db:
        return stored_projection(db, tenant)


def alerted(system: System) -> set[tuple[Any, ...]]:
    """Return the live alerts: whom they are about, why, how bad, and the touchpoints that prove it."""
    return {
        (
            tuple(sorted(alert["ids"])),
            alert["rule"],
            alert["about"],
            alert["severity"],
            alert["reason"],
            tuple(sorted(proof["event_id"] for proof in alert["proof"])),
        )
        for alert in system.alerts()
    }


def settled(system: System) -> bool:
    """Say whether everything is heard and no journey waits to be judged."""
    late = "SELECT count(*) FROM journeys WHERE due_at < ?"
    return (
        system.heard_until() >= STOP
        and system.get("journey", "/v1/status")["waiting_for_map"] == 0
        and system.rows("journey", late, JUDGED) == [(0,)]
    )


def stored_event_ids(system: System) -> list[str]:
    """Return the event id of every stored touchpoint, as often as it is stored."""
    return [row[0] for row in system.rows("journey", "SELECT event_id FROM touchpoints ORDER BY event_id")]


def deliver(system: System, events: Sequence[Event]) -> None:
    """Send until it is acknowledged, as clients do."""
    while True:
        try:
            answer = system.request("POST", "ingest", "/v1/touchpoints", system.keys["a"].write, json=list(events))
        except httpx.TransportError:
            continue  # killed while it answered
        if answer.status_code == 200:
            assert answer.json()["refused"] == [], answer.text
            return
        assert answer.status_code in {429, 503}, answer.text
        time.sleep(0.05)


def settle(system: System) -> None:
    """Wait until everything is consumed, judged and alerted."""
    system.wait_until_ready()
    system.wait_until_consumed()
    until(lambda: settled(system), 60.0, "everything being judged")
    system.wait_until_consumed()
