"""Descriptions of the doors for events, which are plain ASGI (docs/decisions/0404), so FastAPI says nothing of them."""

from typing import Any

Json = dict[str, Any]

TEXT = {"type": "string"}
EVENT: Json = {
    "type": "object",
    "description": "One event. Every field and why an event is refused: docs/ingest.md.",
    "properties": {
        "type": {"enum": ["track", "identify", "group", "alias", "page", "screen", "merge", "split"]},
        "event": TEXT | {"description": "What happened; track only."},
        "userId": TEXT,
        "anonymousId": TEXT,
        "timestamp": TEXT | {"description": "When it happened, ISO 8601."},
        "messageId": TEXT | {"description": "The event's own id: the same one counts once."},
        "properties": {"type": "object"},
        "traits": {"type": "object"},
        "context": {"type": "object"},
    },
}
BATCH: Json = {
    "type": "object",
    "required": ["batch"],
    "properties": {"batch": {"type": "array", "items": EVENT}, "sentAt": TEXT, "writeKey": TEXT},
}
SHORT = {"track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a"}


def door(description: str, schema: Json | None, answer: str = "application/json") -> Json:
    """Return the description of one door."""
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}} if schema else {}
    return {
        "description": f"{description} Raises TooBusyError, UnavailableError.",
        **body,
        "responses": {"200": {"description": "Everything is on disk", "content": {answer: {"schema": {}}}}},
    }


def pixel(kind: str) -> Json:
    """Return the description of a pixel."""
    meaning = "One event as JSON in base64url, its key as `writeKey` in it."
    described = door(f"Send one {kind} as the address of a picture; the answer is the picture.", None, "image/gif")
    return described | {
        "parameters": [{"name": "data", "in": "query", "required": True, "description": meaning, "schema": TEXT}]
    }


TOUCHPOINTS = door(
    "Send touchpoints: one event, a list, or one event a line; the answer has a result for each.",
    {"oneOf": [EVENT, {"type": "array", "items": EVENT}]},
)
SEGMENT = door("Send a batch as Segment's SDKs do.", BATCH)
KINDS = {kind: door(f"Send one {kind} as Segment's SDKs do.", EVENT) for kind in SHORT}

ALIASES = {"/v1/b": "/v1/batch"} | {f"/v1/{short}": f"/v1/{kind}" for kind, short in SHORT.items()}
ALIASES |= {f"/v1/pixel/{short}": f"/v1/pixel/{kind}" for kind, short in SHORT.items()}

_INGEST: Json = {
    "/v1/touchpoints": TOUCHPOINTS,
    "/v1/batch": SEGMENT,
    **{f"/v1/{kind}": described for kind, described in KINDS.items()},
    **{f"/v1/pixel/{kind}": pixel(kind) for kind in SHORT},
}
DOORS: dict[str, Json] = {
    "console": {},
    "journey": {},
    "alerts": {},
    "ingest": _INGEST | {short: _INGEST[long] for short, long in ALIASES.items()},
}
