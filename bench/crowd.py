"""Touchpoints of a crowd: a simulation of the demo's map, repeated under other names as often as is needed.

Names of one simulation begin with `s<seed>-`, the seed having five digits: a copy differs in the seed alone, so its
stored bytes have the same length and the same meaning.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Raw

from bench.bodies import context
from services.journey.domain.maps.load import load_map
from shared.clock import DAY, HOUR, SECOND
from shared.events import Touchpoint, encode, hash64, strongest_first
from waypost.simulate.simulation import simulate
from waypost.simulate.touches import Touch

MAP = Path("deploy/maps/demo.yaml")
START = 1_767_225_600 * SECOND  # 2026-01-01
LATENESS = HOUR
TENANT = "a"


def token(seed: int) -> str:
    """Return how the names of a simulation begin."""
    return f"s{seed:05d}-"


@dataclass(frozen=True, slots=True)
class Crowd:
    """What some customers send, in order of arrival."""

    seed: int
    sent: list[Touch]
    stop: int


def crowd(customers: int, seed: int, start: int) -> Crowd:
    """Simulate customers of the demo's map."""
    simulation = simulate(load_map(MAP.read_text()), customers, seed, start=start, lateness=LATENESS)
    return Crowd(seed, simulation.sent, simulation.stop)


def touchpoint(touch: Touch) -> Touchpoint:
    """Return a touchpoint as ingest would stamp it, of the usual size."""
    body: Mapping[str, Any] = touch.body
    ids = [(kind, body[key]) for key, kind in (("userId", "user"), ("anonymousId", "anonymous")) if key in body]
    attributes = json.dumps(body.get("properties", {}), separators=(",", ":")).encode()
    where = json.dumps(context(touch.occurred // SECOND % 9973), separators=(",", ":")).encode()
    return Touchpoint(
        v=1,
        tenant=TENANT,
        source="web",
        event_id=touch.message,
        type=body["type"],
        ids=strongest_first(ids),
        digest=hash64(repr(sorted(body.items())).encode()),
        occurred_at=_at(body["timestamp"]),
        received_at=touch.arrival,
        original_at=_at(body["timestamp"]),
        event=body.get("event", ""),
        channel=body.get("channel", ""),
        actor=body.get("actor", ""),
        attributes=Raw(attributes),
        context=Raw(where),
    )


def _at(text: str) -> int:
    whole = datetime.fromisoformat(text)
    return round(whole.timestamp() * 1000) * 1000


def stored_bytes(touches: list[Touch]) -> list[bytes]:
    """Return the values that the log holds for touches."""
    return [encode(touchpoint(touch)) for touch in touches]


def sent_bytes(touches: list[Touch]) -> list[bytes]:
    """Return touches as clients send them, of the usual size: one JSON object each."""
    return [
        json.dumps({**touch.body, "context": context(touch.occurred // SECOND % 9973)}, separators=(",", ":")).encode()
        for touch in touches
    ]


def days(count: float) -> int:
    """Return days in microseconds."""
    return int(count * DAY)
