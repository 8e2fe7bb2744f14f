"""Rows of a file as touchpoints, stamped as an import would stamp them, for replays without a running system."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Raw

from services.ingest.files.opening import Event
from shared.events import VERSION, Touchpoint, hash64, strongest_first

VIEWED: Final = {"page": "Page Viewed", "screen": "Screen Viewed"}
SOURCE: Final = "file"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_encoder = msgspec.json.Encoder(order="deterministic")


def touchpoint_of(event: Event, tenant: str = "default") -> Touchpoint:
    """Return an event in the form of POST /v1/touchpoints as a touchpoint. The event has a time and an id."""
    kind = _text(event, "type") or "track"
    original_at = microseconds(_text(event, "timestamp"))
    received = _text(event, "receivedAt")
    properties = _table(event, "properties")
    if kind in VIEWED and _text(event, "name"):
        properties = {**properties, "name": _text(event, "name")}
    return Touchpoint(
        v=VERSION,
        tenant=tenant,
        source=SOURCE,
        event_id=_text(event, "messageId"),
        type=kind,
        ids=strongest_first(_ids(event, kind)),
        digest=hash64(_encoder.encode(event)),
        occurred_at=original_at,
        received_at=microseconds(received) if received else original_at,
        original_at=original_at,
        ordinal=ordinal if isinstance(ordinal := event.get("ordinal"), int) else 0,
        event=VIEWED.get(kind) or _text(event, "event"),
        channel=_text(event, "channel"),
        actor=_text(event, "actor"),
        account=_text(event, "groupId") or _text(_table(event, "context"), "groupId"),
        attributes=Raw(_encoder.encode(properties)),
        traits=Raw(_encoder.encode(_table(event, "traits"))),
        context=Raw(_encoder.encode(_table(event, "context"))),
    )


def microseconds(text: str) -> int:
    """Return an ISO 8601 time as microseconds UTC. Raises ValueError."""
    found = datetime.fromisoformat(text) - EPOCH
    return (found.days * 86_400 + found.seconds) * 1_000_000 + found.microseconds


def _ids(event: Event, kind: str) -> list[tuple[str, str]]:
    found = [("user", _text(event, "userId")), ("anonymous", _text(event, "anonymousId"))]
    external = _table(event, "context").get("externalIds")
    given = external if isinstance(external, list) else []
    found += [(_text(each, "type"), _text(each, "id")) for each in given if isinstance(each, dict)]
    if kind == "alias":
        found += [("user", _text(event, "previousId")), ("anonymous", _text(event, "previousId"))]
    return [(name, value) for name, value in found if name and value]


def _text(event: Event, key: str) -> str:
    value = event.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)


def _table(event: Event, key: str) -> Event:
    value = event.get(key)
    return value if isinstance(value, dict) else {}
