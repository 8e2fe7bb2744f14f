"""What lies in a dead letter: whose event it was, and the touchpoint that it may hold."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from shared.events import EMPTY, Touchpoint, decode_touchpoint
from shared.times import rfc3339

OTHERS: Final = {"anonymousId": "anonymous", "account": "account", "groupId": "account"}  # kinds by field

Json = dict[str, Any]


def whose(body: str) -> list[str]:
    """Return the ids in a letter, of an event as received, a touchpoint or a fact, as `waypost customer` takes them.

    The one by which the customer is best found comes first.
    """
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    return list(dict.fromkeys(_ids(said))) if isinstance(said, dict) else []


def _ids(said: Json) -> Iterator[str]:
    yield from _named("user", said.get("userId"))
    ids = said.get("ids")
    if isinstance(ids, dict):
        for kind, values in ids.items():
            for value in values if isinstance(values, list) else [values]:
                yield from _named(kind, value)
    for each in ids if isinstance(ids, list) else ():
        match each:
            case str():  # of a fact
                yield each
            case [str(kind), value]:  # of a touchpoint
                yield from _named(kind, value)
    for field, kind in OTHERS.items():
        yield from _named(kind, said.get(field))


def _named(kind: str, value: object) -> Iterator[str]:
    if value not in (None, "") and isinstance(value, str | int | float):
        yield f"{kind}:{value}"


def event_of(body: str) -> Json | None:
    """Return what POST /v1/touchpoints takes for a touchpoint as it lay in the log; None for anything else."""
    try:
        touchpoint = decode_touchpoint(body.encode())
    except msgspec.DecodeError:
        return None
    ids: dict[str, list[str]] = {}
    for kind, value in touchpoint.ids:
        ids.setdefault(kind, []).append(value)
    event: Json = {
        "messageId": touchpoint.event_id,
        "type": touchpoint.type,
        "ids": ids,
        "ordinal": touchpoint.ordinal,
    }
    if touchpoint.original_at:
        event["timestamp"] = rfc3339(touchpoint.original_at)
    for name in ("event", "channel", "actor", "account"):
        if text := getattr(touchpoint, name):
            event[name] = text
    return event | _objects(touchpoint)


def _objects(touchpoint: Touchpoint) -> Json:
    raw = {"properties": touchpoint.attributes, "traits": touchpoint.traits, "context": touchpoint.context}
    return {name: msgspec.json.decode(value) for name, value in raw.items() if value != EMPTY}
