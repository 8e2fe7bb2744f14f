"""Touchpoints for the tests, from days or from the records that POST /v1/touchpoints takes."""

from datetime import datetime
from typing import Any

import msgspec

from shared.events import EMPTY, Touchpoint, hash64

DAY = 86_400_000_000
ORIGIN = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


def at(text: str) -> int:
    """Return an ISO 8601 time as microseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000_000)


def day(number: float) -> int:
    """Return the n-th day of 2026 as microseconds."""
    return round(ORIGIN.timestamp() * 1_000_000 + number * DAY)


def _raw(value: dict[str, Any] | None) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value)) if value else EMPTY


def touchpoint(record: dict[str, Any], ordinal: int = 0) -> Touchpoint:
    """Return a record of the API's form as a touchpoint."""
    occurred = at(record["timestamp"])
    return Touchpoint(
        v=1,
        tenant="t",
        source="s",
        event_id=record["messageId"],
        type=record["type"],
        ids=[("user", record["userId"])] if record.get("userId") else [],
        digest=hash64(record["messageId"].encode()),
        occurred_at=occurred,
        received_at=at(record["receivedAt"]) if "receivedAt" in record else occurred,
        ordinal=ordinal,
        event=record.get("event", ""),
        channel=record.get("channel", ""),
        actor=record.get("actor", ""),
        account=record.get("groupId", ""),
        attributes=_raw(record.get("properties")),
        traits=_raw(record.get("traits")),
    )


def happened(event: str, on: float, **more: Any) -> Touchpoint:  # noqa: ANN401  the API's fields
    """Return one tracked event on a day."""
    record = {"type": "track", "event": event, "userId": "c1", "messageId": f"{event}@{on}", **more}
    moment = datetime.fromtimestamp(day(on) / 1_000_000, tz=ORIGIN.tzinfo)
    return touchpoint({"timestamp": moment.isoformat(), **record})
