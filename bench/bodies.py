"""Request bodies of the usual size and shape: about 570 bytes a touchpoint, as a browser library sends them."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.clock import machine_now

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EVENTS = ("Signed Up", "Offer Sent", "Contract Signed", "Kickoff Held", "Import Succeeded", "Went Live", "Renewed")


def iso(at: int) -> str:
    """Write microseconds UTC as clients do."""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def context(number: int) -> dict[str, Any]:
    """Return what a browser library says about where something happened."""
    return {
        "library": {"name": "analytics.js", "version": "2.11.1"},
        "page": {
            "path": f"/projects/{number}",
            "title": "Projects",
            "url": f"https://app.example.com/projects/{number}",
        },
        "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
        "ip": "192.0.2.7",
        "locale": "en-GB",
    }


def event(chance: random.Random, at: int) -> dict[str, Any]:
    """Return one touchpoint in the form of the Segment API."""
    number = chance.randrange(10_000_000)
    return {
        "type": "track",
        "messageId": f"ajs-next-{chance.getrandbits(64):016x}",
        "userId": f"user-{number % 200_000}",
        "event": chance.choice(_EVENTS),
        "timestamp": iso(at),
        "properties": {"plan": "team", "seats": number % 50, "value": number / 100, "currency": "EUR"},
        "context": context(number),
    }


def batches(count: int, size: int, seed: int = 1) -> list[bytes]:
    """Return bodies of POST /v1/batch."""
    chance, now = random.Random(seed), machine_now()
    return [
        json.dumps(
            {"batch": [event(chance, now) for _ in range(size)], "sentAt": iso(now)}, separators=(",", ":")
        ).encode()
        for _ in range(count)
    ]


def arrays(count: int, size: int, seed: int = 2) -> list[bytes]:
    """Return bodies of POST /v1/touchpoints."""
    chance, now = random.Random(seed), machine_now()
    return [json.dumps([event(chance, now) for _ in range(size)], separators=(",", ":")).encode() for _ in range(count)]


def singles(count: int, seed: int = 3) -> list[bytes]:
    """Return bodies of POST /v1/track."""
    chance, now = random.Random(seed), machine_now()
    return [
        json.dumps({**event(chance, now), "sentAt": iso(now)}, separators=(",", ":")).encode() for _ in range(count)
    ]
